#include "dapr/invocation.h"

#include <algorithm>
#include <array>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/free_memory.h"
#include "base/http_status.h"
#include "base/utf8.h"
#include "base/while_alive.h"
#include "dapr/invoke_codec.h"
#include "dapr/trace_context.h"
#include "wire/field_rules.h"
#include "wire/grpc/codec.h"

namespace ofn::dapr {
namespace {

namespace grpc = wire::grpc;
using CallPtr = std::unique_ptr<grpc::ServerCall>;

constexpr std::string_view kPrefix = "dapr-";
constexpr std::string_view kHttpStatus = "ofn-http-status";

// A gRPC client accepts about 8 KiB of fields. The status and its details need a part of it.
constexpr std::size_t kMostMetadata = std::size_t{5} * 1024;
constexpr std::size_t kLongestMessage = 500;  // in bytes; percent-encoded up to three times as long

// The request's fields to which daprd adds a prefix, because gRPC or HTTP/2 could misread them.
// Fields that concern one connection, and the body's length and type, are not taken from there.
// Spec: dapr/pkg/messaging/v1/util.go, isPermanentHTTPHeader.
constexpr std::array kPrefixed = std::to_array<std::string_view>({"accept",
                                                                  "accept-charset",
                                                                  "accept-language",
                                                                  "accept-ranges",
                                                                  "cache-control",
                                                                  "cookie",
                                                                  "date",
                                                                  "from",
                                                                  "host",
                                                                  "if-match",
                                                                  "if-modified-since",
                                                                  "if-none-match",
                                                                  "if-schedule-tag-match",
                                                                  "if-unmodified-since",
                                                                  "max-forwards",
                                                                  "origin",
                                                                  "pragma",
                                                                  "referer",
                                                                  "via",
                                                                  "warning"});
constexpr std::array kNotPassedOn = std::to_array<std::string_view>(
    {"connection", "keep-alive", "proxy-connection", "transfer-encoding", "upgrade", "expect",
     "content-length", "content-type"});

// The fields of the gRPC call that are not the caller's.
constexpr std::array kOwn = std::to_array<std::string_view>(
    {"te", "user-agent", "host", "content-type", "content-length", "dapr-api-token"});

bool is_in(std::span<const std::string_view> names, std::string_view name) {
  return std::ranges::find(names, name) != names.end();
}

// Returns the field of the request, or nullopt if the field is not for the function.
std::optional<Field> request_field(const Field& field) {
  if (field.name.starts_with(':') || field.name.starts_with("grpc-") ||
      grpc::is_binary(field.name) || is_in(kOwn, field.name))
    return std::nullopt;
  if (!field.name.starts_with(kPrefix)) return field;
  const std::string_view name = field.name.substr(kPrefix.size());
  if (is_in(kNotPassedOn, name)) return std::nullopt;
  return is_in(kPrefixed, name) ? Field{name, field.value} : field;
}

bool is_hex(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

enum class Part { kPath, kQuery };

// Appends text to a target, as Go's HTTP client would: a byte that may not stand there is
// percent-encoded, and an escape stays. Spec: RFC 3986 §3.3, §3.4.
void append_encoded(std::string& target, std::string_view text, Part part) {
  static constexpr std::string_view kHex = "0123456789ABCDEF";
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    const bool is_escape =
        c == '%' && i + 2 < text.size() && is_hex(text[i + 1]) && is_hex(text[i + 2]);
    const bool is_plain =
        (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
        std::string_view("-._~!$&'()*+,;=:@/").find(c) != std::string_view::npos ||
        (c == '?' && part == Part::kQuery);
    if (is_escape || is_plain) {
      target += c;
      continue;
    }
    const auto byte = static_cast<unsigned char>(c);
    target += '%';
    target += kHex[byte >> 4U];
    target += kHex[byte & 0xfU];
  }
}

bool has_control_character(std::string_view text) {
  return std::ranges::any_of(text, [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return byte < 0x20 || byte == 0x7f;
  });
}

// What the handler gets. Views refer to the gRPC call, or to this object.
struct InvokedRequest {
  std::string method;
  std::string target;
  std::string content_type;
  std::string body;
};

Result<InvokedRequest> request_of(InvokeService call) {
  if (has_control_character(call.method) || has_control_character(call.query))
    return fail(Code::kInvalidArgument, "the method or its query has a control character");
  if (call.verb == "CONNECT")
    return fail(Code::kInvalidArgument, "a function cannot be called with CONNECT");
  InvokedRequest request{.method = call.verb.empty() ? "POST" : std::move(call.verb),
                         .target = call.method.starts_with('/') ? "" : "/",
                         .content_type = std::move(call.content_type),
                         .body = std::move(call.data)};
  const std::string_view method = call.method;
  const std::size_t mark = std::min(method.find('?'), method.size());
  append_encoded(request.target, method.substr(0, mark), Part::kPath);
  std::string query(method.substr(std::min(mark + 1, method.size())));
  if (!query.empty() && !call.query.empty()) query += '&';
  query += call.query;
  if (!query.empty()) {
    request.target += '?';
    append_encoded(request.target, query, Part::kQuery);
  }
  return request;
}

Result<InvokedRequest> request_of(JobEvent event) {
  if (has_control_character(event.name))
    return fail(Code::kInvalidArgument, "the job's name has a control character");
  InvokedRequest request{.method = "POST",
                         .target = "/job/",
                         .content_type = "application/json",
                         .body = std::move(event.data)};
  std::string_view name = event.name;
  if (name.starts_with('/')) name.remove_prefix(1);
  append_encoded(request.target, name, Part::kPath);
  return request;
}

enum class Kind { kInvocation, kJob };

// daprd takes NOT_FOUND for a job that needs no second try, and UNIMPLEMENTED means here that no
// jobs are served at all.
Code code_of_failed_job(int http_status) {
  const Code code = code_of_answer(http_status);
  if (code == Code::kNotFound) return Code::kFailedPrecondition;
  return code == Code::kUnimplemented ? Code::kInternal : code;
}

// The metadata of the answer, from the response's fields.
class AnswerMetadata {
 public:
  void add(std::string_view name, std::string_view value) {
    std::string lower(name);
    for (char& c : lower) {
      if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    }
    if (lower == "content-type") content_type_ = value;
    if (is_in(kNotPassedOn, lower) || grpc::is_binary(lower) || is_in(kOwn, lower)) return;
    if (size_ + lower.size() + value.size() > kMostMetadata) return;
    size_ += lower.size() + value.size();
    entries_.push_back({std::move(lower), std::string(value)});
  }
  std::vector<Field> fields() const {
    std::vector<Field> fields;
    for (const Header& entry : entries_) fields.push_back({entry.name, entry.value});
    return fields;
  }
  const std::string& content_type() const { return content_type_; }

 private:
  std::vector<Header> entries_;
  std::string content_type_;
  std::size_t size_ = 0;
};

// A gRPC call as the exchange of a request.
class InvokedExchange final : public wire::Exchange {
 public:
  InvokedExchange(CallPtr call, InvokedRequest request, Kind kind, const InvocationLimits& limits)
      : call_(std::move(call)), request_(std::move(request)), kind_(kind), limits_(limits) {
    message_.method = request_.method;
    message_.target = request_.target;
    message_.scheme = "http";
    message_.body = request_.body;
    message_.body_bytes = &request_.body;
    message_.peer = call_->peer();
    message_.version = wire::Version::kHttp2;
    take_fields();
  }

  const wire::Message& request() const override { return message_; }
  bool hold(std::size_t bytes) override { return call_->hold(bytes); }
  void respond(Response&& response, std::span<const Field> extra,
               std::span<const Field> trailers) override {
    take_head(response, extra);
    answer(std::move(response).body(), trailers);
  }
  void begin(Response head, std::span<const Field> extra,
             std::function<void()> /*on_room*/) override {
    take_head(head, extra);
  }
  // The answer is one message, so its pieces are collected.
  void write(std::string_view bytes) override {
    if (answered_) return;
    if (pieces_.size() + bytes.size() > limits_.answer) {
      return end_early({.code = Code::kResourceExhausted,
                        .message = "the answer is larger than a message may be (" +
                                   std::to_string(limits_.answer) + " bytes)"});
    }
    if (!call_->hold(bytes.size())) {
      return end_early({.code = Code::kUnavailable, .message = "not enough memory for the answer"});
    }
    pieces_ += bytes;
  }
  std::size_t unsent() const override { return 0; }
  void finish(std::span<const Field> trailers) override { answer(std::move(pieces_), trailers); }
  void abort() override {
    end({.code = Code::kInternal, .message = "the function failed within its answer"});
  }
  bool abandoned() const override { return lost_ || call_->cancelled(); }
  void on_abandoned(std::function<void()> callback) override {
    callback_ = std::move(callback);
    call_->on_cancelled([this] { tell(); });
  }
  Loop& loop() override { return call_->loop(); }

 private:
  void release() override { delete this; }

  void take_fields() {
    bool has_trace = false;
    fields_.reserve(call_->metadata().size() + 2);
    for (const Field& each : call_->metadata()) {
      const std::optional<Field> field = request_field(each);
      if (!field) continue;
      if (field->name == "host") message_.authority = field->value;
      has_trace = has_trace || field->name == "traceparent";
      fields_.push_back(*field);
    }
    if (!request_.content_type.empty()) fields_.push_back({"content-type", request_.content_type});
    const auto binary = call_->binary_metadata("grpc-trace-bin");
    if (!has_trace && binary) {
      traceparent_ = traceparent_of(binary->front()).value_or("");
      if (!traceparent_.empty()) fields_.push_back({"traceparent", traceparent_});
    }
    message_.fields = fields_;
  }

  void take_head(const Response& response, std::span<const Field> extra) {
    status_ = response.status();
    for (const Header& header : response.headers()) metadata_.add(header.name, header.value);
    for (const Field& field : extra) metadata_.add(field.name, field.value);
    if (status_ != 200) metadata_.add(kHttpStatus, std::to_string(status_));
  }

  void answer(std::string body, std::span<const Field> trailers) {
    if (request_.method == "HEAD" || !wire::allows_body(status_)) body.clear();
    if (status_ >= 400) return fail(body);
    if (kind_ == Kind::kJob) return end({});
    // A text that is not UTF-8 cannot travel in a message; encode() leaves it out.
    const std::string bytes =
        encode(InvokeReply{.data = std::move(body), .content_type = metadata_.content_type()});
    end({}, bytes, trailers);
  }

  void fail(const std::string& body) {
    std::string_view text = clipped(body, kLongestMessage);
    while (text.ends_with('\n') || text.ends_with('\r')) text.remove_suffix(1);
    if (text.empty() || !is_utf8(text)) text = reason_phrase(status_);
    const Code code = kind_ == Kind::kJob ? code_of_failed_job(status_) : code_of_answer(status_);
    end({.code = code,
         .message = std::string(text),
         .details = encode_status_details(code, text, status_, body)});
  }

  void end(const grpc::Status& status, std::string_view bytes = {},
           std::span<const Field> trailers = {}) {
    if (std::exchange(answered_, true)) return;
    callback_ = nullptr;
    call_->respond(status, bytes, trailers, metadata_.fields());
  }
  // The function still writes: it is told that nobody reads, as if its client had left.
  void end_early(const grpc::Status& status) {
    auto callback = std::exchange(callback_, nullptr);
    end(status);
    lost_ = true;
    free_memory(pieces_);
    callback_ = std::move(callback);
    loop().post(while_alive_([this] { tell(); }));
  }
  // May destroy this.
  void tell() {
    if (const auto callback = std::exchange(callback_, nullptr)) callback();
  }

  CallPtr call_;
  InvokedRequest request_;
  const Kind kind_;
  const InvocationLimits limits_;
  wire::Message message_;
  std::vector<Field> fields_;
  std::string traceparent_;
  AnswerMetadata metadata_;
  int status_ = 200;
  std::string pieces_;
  std::function<void()> callback_;
  bool answered_ = false;
  bool lost_ = false;
  WhileAlive while_alive_;
};

void hand_over(CallPtr call, Result<InvokedRequest> request, Kind kind, wire::Handler& requests,
               const InvocationLimits& limits) {
  if (!request) {
    return call->respond({.code = request.error().code(), .message = request.error().message()},
                         "");
  }
  if (request->target.size() > limits.target || !wire::well_formed_target(request->target)) {
    return call->respond({.code = Code::kInvalidArgument,
                          .message = "the method must be a path of at most " +
                                     std::to_string(limits.target) + " bytes, such as orders/7"},
                         "");
  }
  // The message and the body that was read from it are both in memory.
  if (!call->hold(request->body.size())) {
    return call->respond({.code = Code::kUnavailable,
                          .message = "not enough memory for the message; try again later"},
                         "");
  }
  requests.handle(
      wire::ExchangePtr(new InvokedExchange(std::move(call), *std::move(request), kind, limits)));
}

template <class Value>
Result<InvokedRequest> request_from(Result<Value> value) {
  if (!value) return std::unexpected(std::move(value.error()));
  return request_of(*std::move(value));
}

}  // namespace

Code code_of_answer(int http_status) noexcept {
  switch (http_status) {
    case 400:
      return Code::kInvalidArgument;
    case 401:
      return Code::kUnauthenticated;
    case 403:
      return Code::kPermissionDenied;
    case 404:
      return Code::kNotFound;
    case 408:
      return Code::kCancelled;
    case 409:
      return Code::kAborted;
    case 429:
      return Code::kResourceExhausted;
    case 501:
      return Code::kUnimplemented;
    case 503:
      return Code::kUnavailable;
    case 504:
      return Code::kDeadlineExceeded;
    default:
      return http_status < 500 ? Code::kFailedPrecondition : Code::kInternal;
  }
}

void answer_invocation(CallPtr call, wire::Handler& requests, const InvocationLimits& limits) {
  auto request = request_from(decode_on_invoke(call->request()));
  hand_over(std::move(call), std::move(request), Kind::kInvocation, requests, limits);
}

void answer_job(CallPtr call, wire::Handler& requests, const InvocationLimits& limits) {
  auto request = request_from(decode_job_event(call->request()));
  hand_over(std::move(call), std::move(request), Kind::kJob, requests, limits);
}

}  // namespace ofn::dapr
