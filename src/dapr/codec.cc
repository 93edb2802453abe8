#include "dapr/codec.h"

#include <dapr.pb.h>
#include <utility>
#include <well_known.pb.h>

#include "base/utf8.h"
#include "dapr/message.h"

namespace ofn::dapr {
namespace {

namespace pb = ::dapr::proto::runtime::v1;

// Writes the messages of each call directly, because filling a protobuf object first would cost
// more. It supports only strings, bytes and maps of strings
// (https://protobuf.dev/programming-guides/encoding).
class FieldWriter {
 public:
  // `size`: the approximate size of the whole message.
  explicit FieldWriter(std::size_t size) { bytes_.reserve(size); }

  // Writes nothing if the text is empty, as proto3 requires.
  void write(int number, std::string_view value) {
    if (!value.empty()) put(number, value);
  }
  void write(int number, const std::vector<Header>& map) {
    for (const Header& entry : map) {
      tag(number, size_of(entry.name) + size_of(entry.value));
      put(1, entry.name);
      put(2, entry.value);
    }
  }
  Result<std::string> finish() {
    if (auto bad = too_large(bytes_.size())) return std::unexpected(*std::move(bad));
    return std::move(bytes_);
  }

  static std::size_t size_of(const std::vector<Header>& map) {
    std::size_t size = 0;
    for (const Header& entry : map)
      size += kLongestTag + size_of(entry.name) + size_of(entry.value);
    return size;
  }
  // The largest size of a tag and a length, for field numbers up to 15.
  static constexpr std::size_t kLongestTag = 11;

 private:
  // Returns the size with tag and length.
  static std::size_t size_of(std::string_view value) {
    std::size_t size = 2 + value.size();
    for (std::size_t rest = value.size(); rest >= 0x80; rest >>= 7) ++size;
    return size;
  }
  void tag(int number, std::size_t length) {
    constexpr int kLengthDelimited = 2;
    bytes_ += static_cast<char>(number << 3 | kLengthDelimited);
    for (; length >= 0x80; length >>= 7) bytes_ += static_cast<char>(length | 0x80);
    bytes_ += static_cast<char>(length);
  }
  void put(int number, std::string_view value) {
    tag(number, value.size());
    bytes_ += value;
  }

  std::string bytes_;
};

}  // namespace

Result<std::string> encode(const BindingCall& call) {
  if (auto bad =
          bad_text({{"the component's name", call.component}, {"the operation", call.operation}},
                   call.metadata)) {
    return std::unexpected(*std::move(bad));
  }
  using Message = pb::InvokeBindingRequest;
  FieldWriter writer(3 * FieldWriter::kLongestTag + call.component.size() + call.operation.size() +
                     call.data.size() + FieldWriter::size_of(call.metadata));
  writer.write(Message::kNameFieldNumber, call.component);
  writer.write(Message::kDataFieldNumber, call.data);
  writer.write(Message::kMetadataFieldNumber, call.metadata);
  writer.write(Message::kOperationFieldNumber, call.operation);
  return writer.finish();
}

Result<std::string> encode(const PublishCall& call) {
  if (auto bad = bad_text({{"the component's name", call.component},
                           {"the topic", call.topic},
                           {"the content type", call.content_type}},
                          call.metadata)) {
    return std::unexpected(*std::move(bad));
  }
  using Message = pb::PublishEventRequest;
  FieldWriter writer(4 * FieldWriter::kLongestTag + call.component.size() + call.topic.size() +
                     call.data.size() + call.content_type.size() +
                     FieldWriter::size_of(call.metadata));
  writer.write(Message::kPubsubNameFieldNumber, call.component);
  writer.write(Message::kTopicFieldNumber, call.topic);
  writer.write(Message::kDataFieldNumber, call.data);
  writer.write(Message::kDataContentTypeFieldNumber, call.content_type);
  writer.write(Message::kMetadataFieldNumber, call.metadata);
  return writer.finish();
}

std::string encode(const SidecarReply& reply) {
  pb::InvokeBindingResponse message;
  message.set_data(reply.data);
  for (const Header& entry : reply.metadata) {
    if (is_utf8(entry.name) && is_utf8(entry.value)) {
      (*message.mutable_metadata())[entry.name] = entry.value;
    }
  }
  return message.SerializeAsString();
}

std::string encode(const SidecarInfo& info) {
  pb::GetMetadataResponse message;
  message.set_id(info.id);
  message.set_runtime_version(info.runtime_version);
  for (const SidecarInfo::Component& component : info.components) {
    pb::RegisteredComponents& entry = *message.add_registered_components();
    entry.set_name(component.name);
    entry.set_type(component.type);
    entry.set_version(component.version);
    for (const std::string& capability : component.capabilities) entry.add_capabilities(capability);
  }
  for (const SidecarInfo::Topic& topic : info.subscriptions) {
    pb::PubsubSubscription& entry = *message.add_subscriptions();
    entry.set_pubsub_name(topic.component);
    entry.set_topic(topic.topic);
  }
  if (info.app) {
    message.mutable_app_connection_properties()->set_port(info.app->port);
    message.mutable_app_connection_properties()->set_protocol(info.app->protocol);
  }
  return message.SerializeAsString();
}

Result<BindingRequest> decode_binding_request(std::string_view bytes) {
  auto message = parse<pb::InvokeBindingRequest>(bytes);
  if (!message) return std::unexpected(std::move(message.error()));
  return BindingRequest{.component = std::move(*message->mutable_name()),
                        .operation = std::move(*message->mutable_operation()),
                        .data = std::move(*message->mutable_data()),
                        .metadata = take(*message->mutable_metadata())};
}

Result<PublishRequest> decode_publish_request(std::string_view bytes) {
  auto message = parse<pb::PublishEventRequest>(bytes);
  if (!message) return std::unexpected(std::move(message.error()));
  return PublishRequest{.component = std::move(*message->mutable_pubsub_name()),
                        .topic = std::move(*message->mutable_topic()),
                        .data = std::move(*message->mutable_data()),
                        .content_type = std::move(*message->mutable_data_content_type()),
                        .metadata = take(*message->mutable_metadata())};
}

Result<SidecarReply> decode_binding_reply(std::string_view bytes) {
  if (bytes.empty()) return SidecarReply{};  // the usual confirmation
  auto message = parse<pb::InvokeBindingResponse>(bytes);
  if (!message) return std::unexpected(std::move(message.error()));
  return SidecarReply{.data = std::move(*message->mutable_data()),
                      .metadata = take(*message->mutable_metadata())};
}

Result<SidecarInfo> decode_sidecar_info(std::string_view bytes) {
  auto message = parse<pb::GetMetadataResponse>(bytes);
  if (!message) return std::unexpected(std::move(message.error()));
  SidecarInfo info{.id = std::move(*message->mutable_id()),
                   .runtime_version = std::move(*message->mutable_runtime_version()),
                   .components = {}};
  for (pb::RegisteredComponents& entry : *message->mutable_registered_components()) {
    info.components.push_back(
        {.name = std::move(*entry.mutable_name()),
         .type = std::move(*entry.mutable_type()),
         .version = std::move(*entry.mutable_version()),
         .capabilities = {entry.capabilities().begin(), entry.capabilities().end()}});
  }
  for (pb::PubsubSubscription& entry : *message->mutable_subscriptions()) {
    info.subscriptions.push_back(
        {std::move(*entry.mutable_pubsub_name()), std::move(*entry.mutable_topic())});
  }
  if (message->has_app_connection_properties()) {
    const auto& app = message->app_connection_properties();
    info.app = {.port = app.port(), .protocol = app.protocol()};
  }
  return info;
}

Result<void> decode_empty(std::string_view bytes) {
  if (bytes.empty()) return {};
  auto message = parse<ofn::well_known::Empty>(bytes);
  if (!message) return std::unexpected(std::move(message.error()));
  return {};
}

}  // namespace ofn::dapr
