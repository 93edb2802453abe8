#include "dapr/trace_context.h"

#include <algorithm>

#include "base/span_context.h"

namespace ofn::dapr {
namespace {

// The binary form: version 0, then each member behind its number.
constexpr std::size_t kSize = 29;
constexpr std::size_t kTraceId = 2;
constexpr std::size_t kSpanId = 19;
constexpr std::size_t kFlags = 28;

bool all_zero(std::string_view bytes) {
  return bytes.find_first_not_of('\0') == std::string_view::npos;
}

}  // namespace

std::optional<std::string> trace_bin(std::string_view traceparent) {
  const auto context = SpanContext::parse(traceparent);
  if (!context) return std::nullopt;
  std::string bytes(kSize, '\0');
  std::ranges::copy(context->trace_id, bytes.begin() + kTraceId);
  bytes[kSpanId - 1] = '\1';
  std::ranges::copy(context->span_id, bytes.begin() + kSpanId);
  bytes[kFlags - 1] = '\2';
  bytes[kFlags] = static_cast<char>(context->flags);
  return bytes;
}

std::optional<std::string> traceparent_of(std::string_view trace_bin) {
  if (trace_bin.size() < kSize || trace_bin[0] != '\0' || trace_bin[1] != '\0' ||
      trace_bin[kSpanId - 1] != '\1' || trace_bin[kFlags - 1] != '\2') {
    return std::nullopt;
  }
  SpanContext context;
  const std::string_view trace_id = trace_bin.substr(kTraceId, context.trace_id.size());
  const std::string_view span_id = trace_bin.substr(kSpanId, context.span_id.size());
  if (all_zero(trace_id) || all_zero(span_id)) return std::nullopt;
  std::ranges::copy(trace_id, context.trace_id.begin());
  std::ranges::copy(span_id, context.span_id.begin());
  context.flags = static_cast<std::uint8_t>(trace_bin[kFlags]);
  const auto text = context.traceparent();
  return std::string(text.data(), text.size());
}

}  // namespace ofn::dapr
