// The trace that a call belongs to, as it came and as an observer has set it.
//
//   trace.begin(SpanContext::parse_or_empty(came), came, header("tracestate"));
//   trace.set({.own = made});                      // an observer, in began()
//   send(trace.traceparent());
#pragma once

#include <array>
#include <string>
#include <string_view>

#include "base/span_context.h"

namespace ofn {

// W3C Trace Context and W3C Baggage. Lifetime: the call's; it keeps its memory from call to call. Threads: one at a time, but any may
// read after traceparent() has been called.
class TraceContext {
 public:
  // The call's span.
  struct Span {
    SpanContext own{};     // zeros: nothing is passed on
    SpanId parent{};       // zeros: there is none
    SpanContext linked{};  // the event's own context; zeros: there is none
    bool is_recorded = false;
    bool is_first = false;  // the process' first call
  };

  // As it came, until set() was called; zeros: there is none, or it breaks the rules.
  const SpanContext& context() const noexcept { return span_.own; }
  // The same as a text, which may break the rules. Cost: the first call after set() writes the text, some ten nanoseconds.
  std::string_view traceparent() const noexcept {
    if (!is_written_) write();
    return traceparent_;
  }
  std::string_view tracestate() const noexcept { return tracestate_; }
  // W3C Baggage that goes to the sidecar; empty until set() was called.
  std::string_view baggage() const noexcept { return baggage_; }
  // What set() got. Before, only its context is defined.
  const Span& span() const noexcept { return span_; }

  // Returns true if an observer has replaced what came.
  bool is_set() const noexcept { return is_set_; }
  // Replaces it in everything that the function sends from now on, and in its Context's metadata. Copies all.
  void set(const Span& span, std::string_view tracestate = {}, std::string_view baggage = {}) {
    span_ = span;
    is_set_ = true;
    is_written_ = false;
    tracestate_ = baggage_ = {};
    if (tracestate.empty() && baggage.empty()) return;
    kept_.assign(tracestate).append(baggage);
    tracestate_ = std::string_view(kept_).substr(0, tracestate.size());
    baggage_ = std::string_view(kept_).substr(tracestate.size());
  }
  // For the next call: what came with it. The texts are borrowed; `context` is what the first one says.
  void begin(const SpanContext& context, std::string_view traceparent,
             std::string_view tracestate) noexcept {
    span_.own = context;
    traceparent_ = traceparent;
    tracestate_ = tracestate;
    baggage_ = {};
    is_set_ = false;
    is_written_ = true;
  }

 private:
  void write() const noexcept {
    is_written_ = true;
    traceparent_ = {};
    if (span_.own.empty()) return;
    text_ = span_.own.traceparent();
    traceparent_ = {text_.data(), text_.size()};
  }

  Span span_{};
  std::string kept_;
  mutable std::array<char, SpanContext::kTextSize> text_;
  mutable std::string_view traceparent_;
  std::string_view tracestate_;
  std::string_view baggage_;
  bool is_set_ = false;
  mutable bool is_written_ = true;
};

}  // namespace ofn
