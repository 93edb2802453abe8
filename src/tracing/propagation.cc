#include "tracing/propagation.h"

#include <algorithm>
#include <array>
#include <vector>

#include "base/trimmed.h"
#include "tracing/fields.h"

namespace ofn::tracing {
namespace {

bool is_token(std::string_view text) {
  static constexpr std::string_view kMarks = "!#$%&'*+-.^_`|~";
  return !text.empty() && std::ranges::all_of(text, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           kMarks.find(c) != std::string_view::npos;
  });
}

// A vendor's key: lower case, digits and some marks; at most 256 characters.
bool is_state_key(std::string_view key) {
  static constexpr std::string_view kMarks = "_-*/@";
  if (key.empty() || key.size() > 256) return false;
  const auto is_first = [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); };
  return is_first(key.front()) && std::ranges::all_of(key, [&](char c) {
           return is_first(c) || kMarks.find(c) != std::string_view::npos;
         });
}

bool is_state_value(std::string_view value) {
  if (value.empty() || value.size() > 256 || value.back() == ' ') return false;
  return std::ranges::all_of(value,
                             [](char c) { return c >= ' ' && c <= '~' && c != ',' && c != '='; });
}

bool is_baggage_value(std::string_view value) {
  return std::ranges::all_of(value, [](char c) {
    return c > ' ' && c <= '~' && c != '"' && c != ',' && c != ';' && c != '\\';
  });
}

// An entry with its properties, which are passed on as they are.
bool is_baggage_entry(std::string_view entry) {
  const std::size_t equals = entry.find('=');
  if (equals == std::string_view::npos) return false;
  if (!is_token(trimmed(entry.substr(0, equals)))) return false;
  const std::string_view rest = entry.substr(equals + 1);
  const std::size_t properties = rest.find(';');
  if (!is_baggage_value(trimmed(rest.substr(0, properties)))) return false;
  return properties == std::string_view::npos ||
         std::ranges::all_of(rest.substr(properties),
                             [](char c) { return (c >= ' ' && c <= '~') || c == '\t'; });
}

// Percent-encodes what an entry's value may not contain.
std::string encoded(std::string_view value) {
  constexpr std::string_view kDigits = "0123456789ABCDEF";
  std::string result;
  for (const char c : value) {
    if (c != '%' && is_baggage_value({&c, 1})) {
      result += c;
    } else {
      const auto byte = static_cast<unsigned char>(c);
      result += {'%', kDigits[byte >> 4U], kDigits[byte & 0xFU]};
    }
  }
  return result;
}

bool read_b3_trace_id(std::string_view text, TraceId& id) {
  if (text.size() == 2 * id.size()) return read_hex(text, id);
  SpanId half{};  // the short form has 64 bits
  if (!read_hex(text, half)) return false;
  std::ranges::copy(half, id.begin() + 8);
  return true;
}

// Nearly all fields cost only the look at their size.
bool is_of_w3c(const Field& field) noexcept {
  switch (field.name.size()) {
    case std::string_view("baggage").size():
      return same_field_name(field.name, "baggage");
    case std::string_view("tracestate").size():
      return same_field_name(field.name, "tracestate");
    case std::string_view("traceparent").size():
      return same_field_name(field.name, "traceparent");
    case std::string_view("ce-traceparent").size():
      return same_field_name(field.name, "ce-traceparent");
    default:
      return false;
  }
}

std::optional<SpanContext> b3_context(std::string_view trace_id, std::string_view span_id,
                                      bool sampled) {
  SpanContext context;
  if (!read_b3_trace_id(trace_id, context.trace_id) || !read_hex(span_id, context.span_id))
    return std::nullopt;
  if (context.trace_id == TraceId{} || context.span_id == SpanId{}) return std::nullopt;
  context.flags = sampled ? SpanContext::kSampled : 0;
  return context;
}

}  // namespace

std::string_view checked_tracestate(std::string_view value) noexcept {
  if (value.size() > Propagation::kMaxTracestate) return {};
  std::size_t entries = 0;
  for (std::size_t at = 0; at <= value.size();) {
    const std::size_t end = std::min(value.find(',', at), value.size());
    const std::string_view entry = trimmed(value.substr(at, end - at));
    at = end + 1;
    if (entry.empty()) continue;
    const std::size_t equals = entry.find('=');
    if (equals == std::string_view::npos || ++entries > Propagation::kMaxTracestateEntries ||
        !is_state_key(entry.substr(0, equals)) || !is_state_value(entry.substr(equals + 1))) {
      return {};
    }
  }
  return value;
}

std::string_view checked_baggage(std::string_view value) noexcept {
  const std::size_t most = std::min(value.size(), Propagation::kMaxBaggage);
  std::size_t good = 0;
  std::size_t entries = 0;
  for (std::size_t at = 0; at < value.size();) {
    const std::size_t end = std::min(value.find(',', at), value.size());
    const std::string_view entry = trimmed(value.substr(at, end - at));
    if (end > most || ++entries > Propagation::kMaxBaggageEntries || !is_baggage_entry(entry))
      break;
    good = end;
    at = end + 1;
  }
  return value.substr(0, good);
}

std::optional<SpanContext> parse_b3(std::string_view value) noexcept {
  std::array<std::string_view, 4> parts{};
  std::size_t count = 0;
  for (std::size_t at = 0; at <= value.size();) {
    if (count == parts.size()) return std::nullopt;
    const std::size_t end = std::min(value.find('-', at), value.size());
    parts[count++] = value.substr(at, end - at);
    at = end + 1;
  }
  if (count < 2) return std::nullopt;  // "0": only a decision, without a trace
  const std::string_view sampled = parts[2];
  if (count > 2 && sampled != "0" && sampled != "1" && sampled != "d") return std::nullopt;
  // Without a decision this program decides; it records.
  return b3_context(parts[0], parts[1], sampled != "0");
}

Propagation::Propagation(std::span<const otlp::Propagator> propagators, const Metadata& own) {
  is_off_ = propagators.empty();
  const auto has = [&](otlp::Propagator one) {
    return std::ranges::find(propagators, one) != propagators.end();
  };
  w3c_ = has(otlp::Propagator::kTraceContext);
  baggage_ = has(otlp::Propagator::kBaggage);
  b3_ = has(otlp::Propagator::kB3);
  b3_multi_ = has(otlp::Propagator::kB3Multi);
  if (!baggage_) return;
  for (const auto& [name, value] : own) {
    if (!is_token(name)) continue;
    if (!own_baggage_.empty()) own_baggage_ += ',';
    own_baggage_ += name + "=" + encoded(value);
  }
}

bool Propagation::has_any(std::span<const Field> fields) const noexcept {
  return b3_ || b3_multi_ || std::ranges::any_of(fields, is_of_w3c);
}

Caller Propagation::read_all(std::span<const Field> fields) const noexcept {
  Once traceparent, tracestate, baggage, event;
  for (const Field& field : fields) {
    traceparent.add(field, "traceparent");
    tracestate.add(field, "tracestate");
    baggage.add(field, "baggage");
    event.add(field, "ce-traceparent");
  }
  Caller caller = read(traceparent.value(), tracestate.value(), baggage.value());
  if (w3c_) caller.event = SpanContext::parse(event.value());
  if (!caller.parent && b3_) caller.parent = parse_b3(value_once(fields, "b3"));
  if (!caller.parent && b3_multi_) {
    const std::string_view sampled = value_once(fields, "x-b3-sampled");
    const bool is_sampled =
        value_once(fields, "x-b3-flags") == "1" || (sampled != "0" && sampled != "false");
    caller.parent = b3_context(value_once(fields, "x-b3-traceid"),
                               value_once(fields, "x-b3-spanid"), is_sampled);
  }
  return caller;
}

Caller Propagation::read(std::string_view traceparent, std::string_view tracestate,
                         std::string_view baggage) const noexcept {
  Caller caller;
  if (w3c_) caller.parent = SpanContext::parse(traceparent);
  if (caller.parent && !tracestate.empty()) caller.tracestate = checked_tracestate(tracestate);
  if (baggage_ && !baggage.empty()) caller.baggage = checked_baggage(baggage);
  return caller;
}

std::string_view Propagation::with_own(std::string_view baggage, std::string& kept) const {
  if (baggage.empty()) return checked_baggage(own_baggage_);
  kept.assign(own_baggage_).append(1, ',').append(baggage);
  return checked_baggage(kept);
}

}  // namespace ofn::tracing
