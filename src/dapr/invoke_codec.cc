#include "dapr/invoke_codec.h"

#include <algorithm>
#include <app_callback.pb.h>
#include <array>
#include <cmath>
#include <common.pb.h>
#include <cstdint>
#include <dapr.pb.h>
#include <status.pb.h>
#include <utility>
#include <vector>
#include <well_known.pb.h>

#include "base/http_status.h"
#include "base/utf8.h"
#include "dapr/message.h"
#include "document/json.h"

namespace ofn::dapr {
namespace {

namespace pb = ::dapr::proto::runtime::v1;
namespace common = ::dapr::proto::common::v1;

using document::Node;
using ofn::well_known::Value;

constexpr std::array<std::string_view, 10> kVerbs = {
    "", "GET", "HEAD", "POST", "PUT", "DELETE", "CONNECT", "OPTIONS", "TRACE", "PATCH"};

constexpr std::string_view kErrorInfo = "type.googleapis.com/google.rpc.ErrorInfo";
constexpr std::string_view kJsonValue = "type.googleapis.com/google.protobuf.Value";

// Google's convention for the metadata of an ErrorInfo, which daprd keeps, too.
constexpr std::size_t kLongestMetadata = 63;

Result<void> fill_call(common::InvokeRequest& request, const InvokeService& call) {
  if (auto bad = bad_text({{"the app's id", call.app_id},
                           {"the method", call.method},
                           {"the content type", call.content_type},
                           {"the query", call.query}},
                          {})) {
    return std::unexpected(*std::move(bad));
  }
  const auto* const verb = std::ranges::find(kVerbs, call.verb);
  if (verb == kVerbs.end()) {
    return fail(Code::kInvalidArgument,
                "the verb '" + call.verb + "' is not one that Dapr supports");
  }
  request.set_method(call.method);
  request.mutable_data()->set_value(call.data);
  request.set_content_type(call.content_type);
  if (verb != kVerbs.begin() || !call.query.empty()) {
    request.mutable_http_extension()->set_verb(
        static_cast<common::HTTPExtension_Verb>(verb - kVerbs.begin()));
    request.mutable_http_extension()->set_querystring(call.query);
  }
  return {};
}

InvokeService take_call(common::InvokeRequest& request) {
  const auto verb = static_cast<std::size_t>(request.http_extension().verb());
  return {.app_id = {},
          .method = std::move(*request.mutable_method()),
          .data = std::move(*request.mutable_data()->mutable_value()),
          .content_type = std::move(*request.mutable_content_type()),
          .verb = std::string(verb < kVerbs.size() ? kVerbs[verb] : "UNKNOWN"),
          .query = std::move(*request.mutable_http_extension()->mutable_querystring())};
}

Node number_of(double number) {
  constexpr double kExact = 9007199254740992;  // above 2⁵³ a double does not have all digits
  if (!std::isfinite(number)) return {};
  if (std::abs(number) < kExact && std::trunc(number) == number)
    return Node::number(static_cast<std::int64_t>(number));
  return Node::number(number);
}

// Recurses as deep as the value nests; protobuf's parser allows a hundred levels.
Node to_node(const Value& value) {  // NOLINT(misc-no-recursion)
  switch (value.kind_case()) {
    case Value::kBoolValue:
      return Node::scalar(Node::Kind::kBool, value.bool_value() ? "true" : "false");
    case Value::kNumberValue:
      return number_of(value.number_value());
    case Value::kStringValue:
      return value.string_value();
    case Value::kListValue: {
      Node list = Node::list();
      for (const Value& item : value.list_value().values()) list.add(to_node(item));
      return list;
    }
    case Value::kStructValue: {
      std::vector<Node> members;
      for (const auto& [name, member] : value.struct_value().fields())
        members.push_back(std::move(to_node(member).with_key(name)));
      std::ranges::sort(members, {}, &Node::key);
      return Node::object_of(std::move(members));
    }
    default:
      return {};
  }
}

}  // namespace

Result<std::string> encode(const InvokeService& call) {
  pb::InvokeServiceRequest message;
  if (auto filled = fill_call(*message.mutable_message(), call); !filled)
    return std::unexpected(std::move(filled.error()));
  message.set_id(call.app_id);
  return serialize(message);
}

Result<InvokeService> decode_invoke_service(std::string_view bytes) {
  auto message = parse<pb::InvokeServiceRequest>(bytes);
  if (!message) return std::unexpected(std::move(message.error()));
  InvokeService call = take_call(*message->mutable_message());
  call.app_id = std::move(*message->mutable_id());
  return call;
}

std::string encode(const InvokeReply& reply) {
  common::InvokeResponse message;
  message.mutable_data()->set_value(reply.data);
  if (is_utf8(reply.content_type)) message.set_content_type(reply.content_type);
  return message.SerializeAsString();
}

Result<InvokeReply> decode_invoke_reply(std::string_view bytes) {
  auto message = parse<common::InvokeResponse>(bytes);
  if (!message) return std::unexpected(std::move(message.error()));
  return InvokeReply{.data = std::move(*message->mutable_data()->mutable_value()),
                     .content_type = std::move(*message->mutable_content_type())};
}

Result<std::string> encode_on_invoke(const InvokeService& call) {
  common::InvokeRequest message;
  if (auto filled = fill_call(message, call); !filled)
    return std::unexpected(std::move(filled.error()));
  return serialize(message);
}

Result<InvokeService> decode_on_invoke(std::string_view bytes) {
  auto message = parse<common::InvokeRequest>(bytes);
  if (!message) return std::unexpected(std::move(message.error()));
  InvokeService call = take_call(*message);
  if (std::ranges::find(kVerbs, call.verb) == kVerbs.end())
    return fail(Code::kInvalidArgument, "the call's verb is not one that Dapr has");
  return call;
}

Result<JobEvent> decode_job_event(std::string_view bytes) {
  auto message = parse<pb::JobEventRequest>(bytes);
  if (!message) return std::unexpected(std::move(message.error()));
  JobEvent event{.name = std::move(*message->mutable_name())};
  if (message->data().type_url() == kJsonValue) {
    auto value = parse<Value>(message->data().value());
    if (!value) return std::unexpected(std::move(value.error()));
    event.data = document::to_json(to_node(*value));
  } else {
    event.data = std::move(*message->mutable_data()->mutable_value());
  }
  return event;
}

Result<std::string> encode(const JobEvent& event) {
  if (auto bad = bad_text({{"the job's name", event.name}}, {})) {
    return std::unexpected(*std::move(bad));
  }
  pb::JobEventRequest message;
  message.set_name(event.name);
  message.mutable_data()->set_value(event.data);
  message.set_method("job/" + event.name);
  message.mutable_http_extension()->set_verb(common::HTTPExtension::POST);
  return serialize(message);
}

std::string encode_status_details(Code code, std::string_view message, int http_status,
                                  std::string_view http_body) {
  ofn::rpc::ErrorInfo info;
  info.set_reason(std::string(reason_phrase(http_status)));
  info.set_domain("dapr.io");
  auto& metadata = *info.mutable_metadata();
  metadata["http.code"] = std::to_string(http_status);
  const std::string_view detail = clipped(http_body, kLongestMetadata);
  metadata["http.error_message"] = is_utf8(detail) ? std::string(detail) : std::string();
  ofn::rpc::Status status;
  status.set_code(static_cast<int>(code));
  status.set_message(std::string(message));
  ofn::well_known::Any& any = *status.add_details();
  any.set_type_url(std::string(kErrorInfo));
  any.set_value(info.SerializeAsString());
  return status.SerializeAsString();
}

}  // namespace ofn::dapr
