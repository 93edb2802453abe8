#include "otlp/answers.h"

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <utility>

#include "context/units.h"
#include "document/json.h"
#include "document/node.h"
#include "document/problem.h"
#include "otlp/protobuf_reader.h"

namespace ofn::otlp {
namespace {

constexpr std::string_view kProtobuf = "application/x-protobuf";
constexpr std::string_view kJson = "application/json";
constexpr Duration kLongestPause = std::chrono::hours(24);

Duration seconds(std::uint64_t count) {
  const auto longest = std::chrono::duration_cast<std::chrono::seconds>(kLongestPause).count();
  return std::chrono::seconds(std::min(count, static_cast<std::uint64_t>(longest)));
}

// Returns the media type without its parameters, in lower case.
std::string media_type(std::string_view content_type) {
  std::string type(content_type.substr(0, content_type.find(';')));
  while (type.ends_with(' ')) type.pop_back();
  std::ranges::transform(type, type.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c;
  });
  return type;
}

std::string words_of(std::string_view text) {
  return text.empty() ? std::string() : quoted(text, kMaxAnswerText);
}

// Reads ExportPartialSuccess: field 1 is the number of rejected items, field 2 a message.
bool read_partial(std::string_view bytes, Answer& answer) {
  ProtobufReader in(bytes);
  while (const auto field = in.next()) {
    if (field->number == 1) {
      // A negative number says nothing.
      answer.rejected_items =
          field->value > std::numeric_limits<std::int64_t>::max() ? 0 : field->value;
    } else if (field->number == 2) {
      answer.text = words_of(field->bytes);
    }
  }
  return !in.failed();
}

// Reads Export…ServiceResponse, whose field 1 is the partial success. Returns nullopt if it is something else.
std::optional<Answer> read_response(std::string_view bytes) {
  Answer answer;
  ProtobufReader in(bytes);
  while (const auto field = in.next()) {
    if (field->number != 1) continue;
    if (field->type != protobuf::WireType::kBytes || !read_partial(field->bytes, answer))
      return std::nullopt;
  }
  return in.failed() ? std::nullopt : std::optional(std::move(answer));
}

// The same in JSON, where the number may be a text.
std::optional<Answer> read_json_response(std::string_view text) {
  const auto root = document::json_value(text);
  if (!root || !root->is(document::Node::Kind::kObject)) return std::nullopt;
  Answer answer;
  const document::Node* partial = root->find_value("partialSuccess");
  if (partial == nullptr) return answer;
  for (const std::string_view name : {"rejectedSpans", "rejectedDataPoints"}) {
    const document::Node* count = partial->find_value(name);
    if (count != nullptr) answer.rejected_items = parse_number(count->text()).value_or(0);
  }
  answer.text = words_of(partial->find_text("errorMessage"));
  return answer;
}

// Returns the message of a google.rpc.Status: its field 2.
std::string status_message(std::string_view bytes) {
  std::string_view message;
  ProtobufReader in(bytes);
  while (const auto field = in.next()) {
    if (field->number == 2) message = field->bytes;
  }
  return in.failed() ? std::string() : words_of(message);
}

// Returns for people what an answer other than 2xx says. A page in HTML has nothing to say in one line.
std::string error_text(const HttpAnswer& answer) {
  const std::string type = media_type(answer.content_type);
  std::string said;
  if (type == kProtobuf) said = status_message(answer.body);
  if (type == kJson || type == "text/plain") said = words_of(answer.body);
  return "HTTP status " + std::to_string(answer.status) + (said.empty() ? "" : ": ") + said;
}

Answer read_success(const HttpAnswer& answer) {
  if (answer.body.empty()) return {};
  const std::string type = media_type(answer.content_type);
  std::optional<Answer> read;
  if (type == kProtobuf) read = read_response(answer.body);
  if (type == kJson) read = read_json_response(answer.body);
  if (read) return *std::move(read);
  return {.verdict = Verdict::kRefused,
          .text = "HTTP status " + std::to_string(answer.status) +
                  " with a body that is not OTLP's; is this address a collector's?"};
}

// google.protobuf.Duration: seconds and nanoseconds.
std::optional<Duration> read_duration(std::string_view bytes) {
  std::uint64_t whole = 0;
  std::uint64_t nanos = 0;
  ProtobufReader in(bytes);
  while (const auto field = in.next()) {
    if (field->number == 1) whole = field->value;
    if (field->number == 2) nanos = field->value;
  }
  const bool is_negative = whole > std::numeric_limits<std::int64_t>::max();
  if (in.failed() || is_negative || nanos >= 1'000'000'000) return std::nullopt;
  return seconds(whole) + std::chrono::nanoseconds(nanos);
}

// The pause that a google.rpc.Status asks for: a RetryInfo among its details (field 3, each an Any).
std::optional<Duration> retry_info(std::string_view details) {
  ProtobufReader status(details);
  while (const auto detail = status.next()) {
    if (detail->number != 3) continue;
    std::string_view type;
    std::string_view value;
    ProtobufReader any(detail->bytes);
    while (const auto field = any.next()) {
      if (field->number == 1) type = field->bytes;
      if (field->number == 2) value = field->bytes;
    }
    if (any.failed() || !type.ends_with("/google.rpc.RetryInfo")) continue;
    // Its field 1 is the pause.
    ProtobufReader info(value);
    while (const auto field = info.next()) {
      if (field->number == 1) return read_duration(field->bytes);
    }
    return info.failed() ? std::nullopt : std::optional(Duration::zero());
  }
  return std::nullopt;
}

bool may_repeat(Code code, bool has_retry_info) {
  switch (code) {
    case Code::kCancelled:
    case Code::kDeadlineExceeded:
    case Code::kAborted:
    case Code::kOutOfRange:
    case Code::kUnavailable:
    case Code::kDataLoss:
      return true;
    case Code::kResourceExhausted:
      return has_retry_info;
    default:
      return false;
  }
}

}  // namespace

Answer read_http(const HttpAnswer& answer) {
  if (answer.status / 100 == 2) return read_success(answer);
  const bool may_repeat = answer.status == 429 || (answer.status >= 502 && answer.status <= 504);
  Answer read{.verdict = may_repeat ? Verdict::kRetry : Verdict::kRefused,
              .text = error_text(answer)};
  if (answer.status / 100 == 3) read.text += "; redirections are not followed";
  // A date is also possible, and then the exporter's own pause counts.
  const auto pause = parse_number(answer.retry_after);
  if (may_repeat && pause) read.retry_after = seconds(*pause);
  return read;
}

Answer read_grpc(const wire::grpc::Status& status, std::string_view message) {
  if (status.ok()) {
    auto read = read_response(message);
    if (read) return *std::move(read);
    return {.verdict = Verdict::kRefused,
            .text = "the answer is not OTLP's; is this address a collector's?"};
  }
  const std::optional<Duration> pause = retry_info(status.details);
  return {
      .verdict = may_repeat(status.code, pause.has_value()) ? Verdict::kRetry : Verdict::kRefused,
      .text = std::string(code_name(status.code)) + (status.message.empty() ? "" : ": ") +
              words_of(status.message),
      .retry_after = pause};
}

}  // namespace ofn::otlp
