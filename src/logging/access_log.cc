#include "logging/access_log.h"

#include <array>
#include <chrono>
#include <cstddef>
#include <string>
#include <string_view>

#include "base/call_fields.h"
#include "base/utf8.h"

namespace ofn {

namespace {

// A longer one would only fill the log.
constexpr std::size_t kLongestPath = 1024;

std::string_view path_of(std::string_view target) {
  const std::string_view path = target.substr(0, target.find_first_of("?#"));
  return clipped(path, kLongestPath);
}

std::string_view protocol_of(HttpVersion version) {
  switch (version) {
    case HttpVersion::kNone:
      break;
    case HttpVersion::k10:
      return "HTTP/1.0";
    case HttpVersion::k11:
      return "HTTP/1.1";
    case HttpVersion::k2:
      return "HTTP/2";
  }
  return "";
}

// Google's format takes the fields from method to protocol together.
void add_request(CallFields& fields, const CallRecord& record) {
  const CallStart& start = record.start;
  fields.add_if_any("method", start.method).add_if_any("path", path_of(start.target));
  if (record.outcome.status != 0) fields.add("status", record.outcome.status);
  fields.add("bytes_in", record.bytes_in).add("bytes_out", record.bytes_out);
  fields.add("duration_ms", std::chrono::duration<double, std::milli>(record.answered).count());
  fields.add_if_any("protocol", protocol_of(start.version)).add_if_any("route", start.route);
}

void add_delivery(CallFields& fields, const CallRecord& record) {
  fields.add_if_any("input", record.start.route);
  if (record.outcome.status != 0) fields.add("status", record.outcome.status);
  fields.add("bytes_in", record.bytes_in);
  fields.add("duration_ms", std::chrono::duration<double, std::milli>(record.answered).count());
}

}  // namespace

void AccessLog::ended(const CallRecord& record) {
  const bool failed = record.outcome.status == 0 || record.outcome.status >= 400;
  if (record.outcome.refusal == Refusal::kProbe || (which_ == Which::kErrors && !failed)) return;
  if (!log_.enabled(Level::kInfo)) return;
  const CallStart& start = record.start;
  CallFields fields({.request = start.id,
                     .execution = start.execution_id,
                     .trace = record.trace == nullptr ? SpanContext() : record.trace->context()});
  if (start.function != nullptr) fields.add("function", start.function->name);
  const bool is_request = start.kind == CallKind::kRequest;
  is_request ? add_request(fields, record) : add_delivery(fields, record);
  log_.write(Level::kInfo, is_request ? "request" : "delivery", fields.span());
}

}  // namespace ofn
