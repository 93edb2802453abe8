// Reads what came with a call of the traces that it belongs to, in the notations that OTEL_PROPAGATORS names.
//
//   const Propagation propagation(settings.traces.propagators, {});
//   const Caller caller = propagation.read(start.fields);
//   if (caller.parent) continue_trace(*caller.parent);
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

#include <ofn/field.h>

#include "base/span_context.h"
#include "context/function_context.h"
#include "otlp/settings.h"

namespace ofn::tracing {

// Lifetime: the texts lie in the fields.
struct Caller {
  std::optional<SpanContext> parent{};
  std::string_view tracestate{};
  std::string_view baggage{};
  std::optional<SpanContext> event{};  // the event's own context, of an event over HTTP

  const SpanContext* parent_or_null() const { return parent ? &*parent : nullptr; }
};

// W3C Trace Context level 2, W3C Baggage, and B3 in one header or several. What breaks their rules is left out: then the call begins a
// trace. The first notation that gives a context counts; the order is W3C, B3.
// Threads: any (const). Cost: one pass over the fields; allocates nothing.
class Propagation {
 public:
  // `own_baggage` is added to what goes out, before what came in.
  Propagation(std::span<const otlp::Propagator> propagators, const Metadata& own_baggage);

  // Returns true if no notation is wanted: nothing is read, and nothing is passed on.
  bool is_off() const noexcept { return is_off_; }
  Caller read(std::span<const Field> fields) const noexcept {
    return has_any(fields) ? read_all(fields) : Caller();
  }
  // The same for a delivery, whose call has its trace apart from the fields.
  Caller read(std::string_view traceparent, std::string_view tracestate,
              std::string_view baggage) const noexcept;
  // Returns the baggage that goes out, for baggage that came in; it lies there, or in `kept`. At most kMaxBaggage bytes: entries that
  // would not fit are left out.
  std::string_view outgoing(std::string_view baggage, std::string& kept) const {
    return own_baggage_.empty() ? baggage : with_own(baggage, kept);
  }

  static constexpr std::size_t kMaxBaggage = 8192;
  static constexpr std::size_t kMaxBaggageEntries = 64;
  static constexpr std::size_t kMaxTracestate = 512;
  static constexpr std::size_t kMaxTracestateEntries = 32;

 private:
  bool has_any(std::span<const Field> fields) const noexcept;
  Caller read_all(std::span<const Field> fields) const noexcept;
  std::string_view with_own(std::string_view baggage, std::string& kept) const;

  bool is_off_ = false;
  bool w3c_ = false;
  bool baggage_ = false;
  bool b3_ = false;
  bool b3_multi_ = false;
  std::string own_baggage_;  // encoded
};

// Returns the value if it is a tracestate of level 2 within its limits, otherwise nothing.
std::string_view checked_tracestate(std::string_view value) noexcept;
// Returns the entries of the value that are well formed and within the limits, up to the first that is not.
std::string_view checked_baggage(std::string_view value) noexcept;
// Reads the header b3: {trace id}-{span id}-{sampled}-{parent}; the last two may be missing.
// Spec: https://github.com/openzipkin/b3-propagation
std::optional<SpanContext> parse_b3(std::string_view value) noexcept;

}  // namespace ofn::tracing
