// Composes one line of the log in one of its formats. The log (logging/logger.h) lets the text grow; a signal handler composes in
// a fixed buffer (os/fixed_line.h). docs/operations.md has a table of the fields.
//
//   GrowingText text;
//   const LogShape shape{.format = LogFormat::kEcs};
//   LogLine<GrowingText&> line(text, shape);
//   line.begin(unix_micros, Level::kWarning, "output failed");
//   line.field("output", "archive");
//   line.end();
//   say(text.take());
#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "base/log.h"
#include "base/log_text.h"

namespace ofn {

enum class LogFormat : std::uint8_t {
  kReadable,  // for people: 15:38:00.123 warning output failed output=archive
  kJson,      // one JSON object a line
  kEcs,       // the same with the names of the Elastic Common Schema
  kGcp,       // the same with the names that Google Cloud Logging reads
};

// Borrowed; lives as long as the log.
struct LogShape {
  LogFormat format = LogFormat::kJson;
  std::string_view project{};  // of Google Cloud; empty: unknown
  std::string_view service{};  // what serves, for kEcs and kGcp; empty: unknown
  std::string_view version{};  // of the service; empty: unknown
};

// A text without a limit. Cost: allocates once for a line of usual length. A piece costs its copy and a few instructions, which
// std::string's own functions do not promise.
class GrowingText {
 public:
  void add(std::string_view added) {
    if (text_.size() - size_ < added.size()) [[unlikely]]
      grow(added.size());
    if (!added.empty()) std::memcpy(text_.data() + size_, added.data(), added.size());
    size_ += added.size();
  }
  void add(char byte) {
    if (size_ == text_.size()) [[unlikely]]
      grow(1);
    text_[size_++] = byte;
  }
  static std::size_t left() { return std::numeric_limits<std::size_t>::max(); }
  // Returns the text, which is empty from then on.
  std::string take() {
    text_.resize(std::exchange(size_, 0));
    return std::exchange(text_, {});
  }

 private:
  static constexpr std::size_t kUsual = 512;

  void grow(std::size_t by) {
    text_.resize_and_overwrite(std::max(kUsual, 2 * (size_ + by)),
                               [](char* /*data*/, std::size_t size) { return size; });
  }

  std::string text_;  // as long as its memory; what is behind size_ is not defined
  std::size_t size_ = 0;
};

// `Out` has add(text), add(char) and left(), the bytes that still fit.
// Threads: one. If the text is limited, a field is added as a whole or not at all, and its value is cut if it is too long; so the
// line is complete whenever end() is called. A signal handler may use it with a text that neither grows nor locks.
template <class Out>
class LogLine {
 public:
  LogLine(Out out, const LogShape& shape) : out_(out), shape_(shape) {}

  void begin(std::int64_t unix_micros, Level level, std::string_view message);
  // `name` is plain: letters, digits, '_'.
  void field(std::string_view name, const LogValue& value);
  // A field whose name an author has chosen.
  void authors_field(std::string_view name, const LogValue& value);
  // Ends the line, without a line feed.
  void end();

 private:
  bool has_room_for(std::string_view name) const {
    return out_.left() >= name.size() + log_text::kRoomOfField;
  }
  void readable(std::string_view name, const LogValue& value);
  void json(std::string_view name, const LogValue& value) {
    out_.add(",\"");
    out_.add(name);
    out_.add("\":");
    add_value(value);
  }
  void add_value(const LogValue& value);
  void add_quoted_number(const LogValue& value) {
    LogRoom room;
    log_text::add_json(out_, written(value, room));
  }
  void ecs(std::string_view name, const LogValue& value);
  void gcp(std::string_view name, const LogValue& value);
  bool gcp_request(std::string_view name, const LogValue& value);
  void gcp_report();

  Out out_;
  const LogShape& shape_;
  Level level_ = Level::kInfo;
  bool has_execution_id_ = false;
  bool is_in_request_ = false;  // kGcp: within httpRequest
  bool is_report_ = false;      // kGcp: for Error Reporting
};

template <class Out>
void LogLine<Out>::begin(std::int64_t unix_micros, Level level, std::string_view message) {
  using log_text::add_json;
  level_ = level;
  switch (shape_.format) {
    case LogFormat::kReadable:
      log_text::add_time(out_, unix_micros);
      out_.add(' ');
      out_.add(log_text::word_of(level));
      out_.add(' ');
      return log_text::is_one_line(message) ? out_.add(message) : add_json(out_, message);
    case LogFormat::kJson:
    case LogFormat::kGcp:
      out_.add(R"({"time":")");
      log_text::add_date_and_time(out_, unix_micros);
      out_.add(R"(","severity":")");
      out_.add(log_text::severity_of(level));
      if (shape_.format == LogFormat::kJson) {
        out_.add(R"(","level":")");
        out_.add(log_text::word_of(level));
      }
      out_.add(R"(","message":)");
      return add_json(out_, message);
    case LogFormat::kEcs:
      out_.add(R"({"@timestamp":")");
      log_text::add_date_and_time(out_, unix_micros);
      out_.add(R"(","log.level":")");
      out_.add(log_text::word_of(level));
      out_.add(R"(","message":)");
      add_json(out_, message);
      out_.add(R"(,"ecs.version":"8.11.0")");
      if (!shape_.service.empty()) json("service.name", shape_.service);
      if (!shape_.version.empty()) json("service.version", shape_.version);
  }
}

template <class Out>
void LogLine<Out>::field(std::string_view name, const LogValue& value) {
  if (!has_room_for(name)) return;
  // Every call has an execution id; it is the request's if none came.
  if (name == "execution_id") has_execution_id_ = true;
  switch (shape_.format) {
    case LogFormat::kReadable:
      return readable(name, value);
    case LogFormat::kJson:
      json(name, value);
      break;
    case LogFormat::kEcs:
      ecs(name, value);
      break;
    case LogFormat::kGcp:
      gcp(name, value);
      break;
  }
  if (name == "request_id" && !has_execution_id_) field("execution_id", value);
}

template <class Out>
void LogLine<Out>::authors_field(std::string_view name, const LogValue& value) {
  if (!has_room_for(name)) return;
  if (shape_.format == LogFormat::kReadable) return readable(name, value);
  if (is_in_request_) out_.add('}');
  is_in_request_ = false;
  out_.add(",");
  const bool is_taken = shape_.format != LogFormat::kEcs && log_text::is_own_name(name);
  log_text::add_json(out_, name, shape_.format == LogFormat::kEcs ? "labels." : "",
                     is_taken ? "_" : "");
  out_.add(':');
  add_value(value);
}

template <class Out>
void LogLine<Out>::end() {
  if (is_in_request_) out_.add('}');
  if (shape_.format != LogFormat::kReadable) out_.add('}');
}

template <class Out>
void LogLine<Out>::add_value(const LogValue& value) {
  if (value.is_text()) return log_text::add_json(out_, value.text());
  if (value.kind() == LogValue::Kind::kReal && !std::isfinite(value.real()))
    return add_quoted_number(value);
  LogRoom room;
  out_.add(written(value, room));
}

// The ids that only programs use are left out.
template <class Out>
void LogLine<Out>::readable(std::string_view name, const LogValue& value) {
  if (name == "execution_id" || name == "span_id" || name == "trace_flags") return;
  out_.add(' ');
  log_text::is_plain_word(name) ? out_.add(name) : log_text::add_json(out_, name);
  out_.add('=');
  LogRoom room;
  const std::string_view text = written(value, room);
  // No value can look like a line of its own.
  const bool fits = text.size() + log_text::kReserve <= out_.left();
  fits&& log_text::is_plain_word(text) ? out_.add(text) : log_text::add_json(out_, text);
}

// Spec: https://www.elastic.co/guide/en/ecs/8.11/ecs-field-reference.html. A name of ours could be the name of an object there, so
// all that it does not know are labels.
template <class Out>
void LogLine<Out>::ecs(std::string_view name, const LogValue& value) {
  if (name == "duration_ms" && !value.is_text())
    return json("event.duration", static_cast<std::int64_t>(value.real() * 1e6));
  if (name == "protocol" && value.is_text())
    return json("http.version", value.text().substr(value.text().find('/') + 1));
  if (name == "location" && value.is_text()) {
    const auto [file, line] = log_text::split_location(value.text());
    json("log.origin.file.name", file);
    out_.add(R"(,"log.origin.file.line":)");
    return out_.add(line);
  }
  const std::string_view known = log_text::ecs_name(name);
  if (!known.empty()) return json(known, value);
  out_.add(",\"labels.");
  out_.add(name);
  out_.add("\":");
  add_value(value);
}

// Spec: https://cloud.google.com/logging/docs/structured-logging#structured_logging_special_fields
template <class Out>
void LogLine<Out>::gcp(std::string_view name, const LogValue& value) {
  if (gcp_request(name, value)) return;
  if (level_ == Level::kError && (name == "exception" || name == "signal" || name == "call"))
    gcp_report();
  if (name == "trace_id" && !shape_.project.empty()) {
    out_.add(R"(,"logging.googleapis.com/trace":"projects/)");
    out_.add(shape_.project);
    out_.add("/traces/");
    out_.add(value.text());
    return out_.add('"');
  }
  if (name == "span_id") return json("logging.googleapis.com/spanId", value);
  if (name == "trace_flags")
    return json("logging.googleapis.com/trace_sampled", log_text::is_sampled(value.text()));
  if (name == "execution_id") {
    out_.add(R"(,"logging.googleapis.com/labels":{"execution_id":)");
    add_value(value);
    return out_.add('}');
  }
  if (name == "location" && value.is_text()) {
    const auto [file, line] = log_text::split_location(value.text());
    out_.add(R"(,"logging.googleapis.com/sourceLocation":{"file":)");
    log_text::add_json(out_, file);
    out_.add(R"(,"line":")");
    out_.add(line);
    return out_.add("\"}");
  }
  json(name, value);
}

// The fields of a request lie together, the method first.
template <class Out>
bool LogLine<Out>::gcp_request(std::string_view name, const LogValue& value) {
  const bool begins = name == "method" && !is_in_request_;
  const std::string_view known = begins || is_in_request_ ? log_text::gcp_request_name(name) : "";
  if (known.empty()) {
    if (is_in_request_) out_.add('}');
    is_in_request_ = false;
    return false;
  }
  is_in_request_ = true;
  out_.add(begins ? R"(,"httpRequest":{")" : ",\"");
  out_.add(known);
  out_.add("\":");
  if (name == "duration_ms") {
    LogRoom room;
    out_.add('"');
    out_.add(written(value.real() / 1000, room));
    out_.add("s\"");
  } else if (name == "bytes_in" || name == "bytes_out") {
    add_quoted_number(value);
  } else {
    add_value(value);
  }
  return true;
}

// Spec: https://cloud.google.com/error-reporting/docs/formatting-error-messages
template <class Out>
void LogLine<Out>::gcp_report() {
  if (std::exchange(is_report_, true)) return;
  out_.add(
      R"(,"@type":"type.googleapis.com/google.devtools.clouderrorreporting.v1beta1.ReportedErrorEvent")");
  if (shape_.service.empty()) return;
  out_.add(R"(,"serviceContext":{"service":)");
  log_text::add_json(out_, shape_.service);
  if (!shape_.version.empty()) {
    out_.add(R"(,"version":)");
    log_text::add_json(out_, shape_.version);
  }
  out_.add('}');
}

}  // namespace ofn
