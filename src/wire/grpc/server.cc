#include "wire/grpc/server.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "base/check.h"
#include "wire/grpc/compression.h"

namespace ofn::wire::grpc {

namespace {

constexpr Field kContentType = {"content-type", "application/grpc"};
constexpr Field kAcceptEncoding = {"grpc-accept-encoding", kAcceptedEncodings};

// An application's metadata as fields, what is none left out; views of what it is given, and of what it owns.
struct MetadataFields {
  explicit MetadataFields(std::span<const Field> metadata) {
    encoded.reserve(metadata.size());
    for (const Field& field : metadata) {
      if (!valid_metadata_name(field.name)) continue;
      if (is_binary(field.name)) {
        fields.push_back({field.name, encoded.emplace_back(encode_binary(field.value))});
      } else if (valid_metadata_value(field.value)) {
        fields.push_back(field);
      }
    }
  }
  MetadataFields(const MetadataFields&) = delete;
  MetadataFields& operator=(const MetadataFields&) = delete;

  std::vector<std::string> encoded;
  std::vector<Field> fields;
};

// Whether an answer tells which encodings the server reads.
enum class Encodings { kOmit, kTell };

// The fields that say how a call ended; views of what it owns.
class StatusFields {
 public:
  StatusFields(const Status& status, std::span<const Field> trailing) : trailing_(trailing) {
    code_ = std::to_string(static_cast<int>(status.code));
    fields_.push_back({"grpc-status", code_});
    if (!status.message.empty()) {
      message_ = percent_encode(status.message);
      fields_.push_back({"grpc-message", message_});
    }
    if (!status.details.empty()) {
      details_ = encode_binary(status.details);
      fields_.push_back({"grpc-status-details-bin", details_});
    }
    fields_.insert(fields_.end(), trailing_.fields.begin(), trailing_.fields.end());
  }
  StatusFields(const StatusFields&) = delete;
  StatusFields& operator=(const StatusFields&) = delete;

  // Trailers-only answers carry them in the head.
  std::span<const Field> as_head(Encodings encodings) {
    fields_.insert(fields_.begin(), kContentType);
    if (encodings == Encodings::kTell) fields_.push_back(kAcceptEncoding);
    return fields_;
  }
  std::span<const Field> as_trailers() const { return fields_; }

 private:
  std::string code_;
  std::string message_;
  std::string details_;
  MetadataFields trailing_;
  std::vector<Field> fields_;
};

void refuse(Exchange& exchange, const Status& status, Encodings encodings = Encodings::kOmit) {
  exchange.respond(Response(), StatusFields(status, {}).as_head(encodings));
}

}  // namespace

// --- the server ----------------------------------------------------------------------------------

void Server::add(std::string path, Method method) {
  const bool added = methods_.emplace(std::move(path), std::move(method)).second;
  OFN_CHECK(added);
}

std::optional<Response> Server::refuse_call(const Message& head) {
  if (methods_.contains(head.target)) return std::nullopt;
  return unimplemented(words_ ? words_(head.target) : "unknown method " + std::string(head.target));
}

Response unimplemented(std::string_view words) {
  return Response()
      .header("content-type", "application/grpc")
      .header("grpc-status", std::to_string(static_cast<int>(Code::kUnimplemented)))
      .header("grpc-message", percent_encode(words));
}

void Server::handle(ExchangePtr exchange) {
  const Message& request = exchange->request();
  if (request.version != Version::kHttp2)
    return exchange->respond(Response("gRPC needs HTTP/2\n").status(505));
  if (request.method != "POST")
    return exchange->respond(Response("gRPC calls are POST\n").status(405).header("allow", "POST"));
  const Field* type = find_field(request.fields, "content-type");
  if (type == nullptr || !is_grpc_content_type(type->value))
    return exchange->respond(Response("the content type must be application/grpc\n").status(415));

  const auto method = methods_.find(request.target);
  if (method == methods_.end())
    return refuse(*exchange, {.code = Code::kUnimplemented,
                              .message = words_ ? words_(request.target)
                                                : "unknown method " + std::string(request.target)});

  Deadline deadline;
  if (const Field* timeout = find_field(request.fields, "grpc-timeout")) {
    const std::optional<Duration> left = parse_timeout(timeout->value);
    if (!left)
      return refuse(*exchange, {.code = Code::kInternal, .message = "grpc-timeout is malformed"});
    const SteadyTime now = exchange->loop().clock().now();
    if (*left < SteadyTime::max() - now) deadline = Deadline(now + *left);
    if (deadline.passed(now))
      return refuse(*exchange, {.code = Code::kDeadlineExceeded,
                                .message = "the deadline had passed on arrival"});
  }

  const Field* encoding = find_field(request.fields, "grpc-encoding");
  std::string inflated;
  const auto message =
      unframe(request.body, {.max_size = options_.max_message,
                             .encoding = encoding == nullptr ? "" : encoding->value,
                             .inflated = &inflated});
  if (!message)
    return refuse(
        *exchange, message.error(),
        message.error().code == Code::kUnimplemented ? Encodings::kTell : Encodings::kOmit);

  const bool compressed = message->data() == inflated.data();
  if (compressed && !exchange->hold(inflated.capacity()))
    return refuse(*exchange, {.code = Code::kUnavailable,
                              .message = "not enough memory for the message; try again later"});

  // From here on the call owns itself until its turn comes, then its method does.
  auto* call = new ServerCall(std::move(exchange), method->second, options_.max_message);
  call->inflated_ = std::move(inflated);
  call->message_ = compressed ? std::string_view(call->inflated_) : *message;
  call->deadline_ = deadline;
  if (!deadline.is_never()) {
    call->timer_.emplace(call->loop(), [call] {
      if (!call->answered_) {
        call->respond({.code = Code::kDeadlineExceeded, .message = "the deadline has passed"}, "");
        call->cancel();
      }
    });
    call->timer_->arm(deadline.at());
  }
  call->watch();
  call->loop().run_soon(*call);
}

// --- one call ------------------------------------------------------------------------------------

ServerCall::ServerCall(ExchangePtr exchange, const Method& method, std::size_t max_message)
    : exchange_(std::move(exchange)), method_(method), max_message_(max_message) {}

ServerCall::~ServerCall() {
  on_cancelled_ = nullptr;
  if (!answered_ && !cancelled_)
    respond({.code = Code::kInternal, .message = "the method ended without an answer"}, "");
}

void ServerCall::run_ready() {
  std::unique_ptr<ServerCall> self(this);
  if (!cancelled_) method_(std::move(self));
}

void ServerCall::watch() {
  exchange_->on_abandoned([this] {
    if (exchange_->abandoned()) return cancel();
    watch();  // a peer that only finished sending still reads
  });
}

void ServerCall::cancel() {
  if (cancelled_) return;
  cancelled_ = true;
  if (auto callback = std::exchange(on_cancelled_, nullptr)) callback();  // may destroy this
}

void ServerCall::on_cancelled(std::function<void()> callback) {
  if (!answered_ && !cancelled_) on_cancelled_ = std::move(callback);
}

std::optional<std::string_view> ServerCall::metadata(std::string_view name) const {
  const Field* field = find_field(metadata(), name);
  if (field == nullptr) return std::nullopt;
  return field->value;
}

std::optional<std::vector<std::string>> ServerCall::binary_metadata(std::string_view name) const {
  std::vector<std::string> values;
  for (const Field& field : metadata()) {
    if (!same_field_name(field.name, name)) continue;
    auto some = decode_binary(field.value);
    if (!some) return std::nullopt;
    std::ranges::move(*some, std::back_inserter(values));
  }
  if (values.empty()) return std::nullopt;
  return values;
}

void ServerCall::respond(const Status& status, std::string_view message,
                         std::span<const Field> trailing, std::span<const Field> initial) {
  if (cancelled_) return;
  if (status.ok() && message.size() > max_message_) {
    return respond(
        {.code = Code::kResourceExhausted,
         .message = "grpc: trying to send message larger than max (" +
                    std::to_string(message.size()) + " vs. " + std::to_string(max_message_) + ")"},
        "", trailing, initial);
  }
  OFN_CHECK(!answered_);
  answered_ = true;
  if (timer_) timer_->disarm();
  StatusFields fields(status, trailing);
  if (!initial.empty()) {
    MetadataFields head(initial);
    head.fields.insert(head.fields.begin(), kContentType);
    exchange_->respond(status.ok() ? Response(frame(message)) : Response(), head.fields,
                       fields.as_trailers());
  } else if (status.ok()) {
    exchange_->respond(Response(frame(message)), std::span(&kContentType, 1), fields.as_trailers());
  } else {
    exchange_->respond(Response(), fields.as_head(Encodings::kOmit));
  }
}

}  // namespace ofn::wire::grpc
