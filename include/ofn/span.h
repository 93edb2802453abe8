// Spans of your own, in the trace of the call (docs/operations.md):
//
//   void charge(const std::string& order) {
//     ofn::Span span("charge");            // a child of the call's span, until its scope ends
//     span.set("rows", 3);
//     ofn::Span inner("parse", span);      // a child of another span
//     inner.failed("not a number");
//     ofn::set_attribute("order.id", order);  // of the call's own span
//   }
//
// A span belongs to the call in which it begins, also in a coroutine, on a worker and in a hook. On a thread that the function has
// started, only a span with an outer one is recorded. What is sent to outputs, sidecars and other functions while a span lives is a
// child of the call's span, not of it.
//
// Nothing is recorded if tracing is off or the call is not sampled, outside of a call, and after its end: a span that still lives
// then ends with the call. A call keeps 128 spans; the attribute ofn.dropped_spans of its own span has the number of the others. The
// limits OTEL_SPAN_… hold for attributes.
//
// Names are string literals, so that none is copied.
// Threads: any; one span by one thread at a time.
// Errors: none. A span or an attribute is lost if there is no memory for it.
// Cost: a few nanoseconds if the call is not recorded; otherwise some hundred for a span, and its memory until the call has ended.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <string>
#include <string_view>
#include <utility>

#include <ofn/host.h>
#include <ofn/value.h>

namespace ofn {

// A text that is known when the program is compiled.
class Literal {
 public:
  // NOLINTNEXTLINE(google-explicit-constructor): a literal is written where one is wanted.
  consteval Literal(const char* text) noexcept : text_(text) {}
  constexpr const char* text() const noexcept { return text_; }

 private:
  const char* text_;
};

namespace abi {

// A span of the author's, at the host. It keeps the host's record of the call until release().
struct SpanRef {
  static constexpr std::uint32_t kNone = UINT32_MAX;

  void* call = nullptr;         // null: the call is not recorded
  std::uint32_t index = kNone;  // kNone: the call has too many
};

// The host's spans. Texts and values are borrowed. Threads: any.
struct SpanHost {
  std::uint32_t size = sizeof(SpanHost);
  // `outer`: null for a child of the call that runs on this thread.
  SpanRef (*begin)(const char* name, const SpanRef* outer) noexcept = nullptr;
  void (*set)(const SpanRef& span, const char* name, const Value& value) noexcept = nullptr;
  void (*fail)(const SpanRef& span, std::string_view text) noexcept = nullptr;
  void (*end)(const SpanRef& span) noexcept = nullptr;
  void (*release)(const SpanRef& span) noexcept = nullptr;  // once for each call of begin()
  // An attribute of the span of the call that runs on this thread.
  void (*set_of_call)(const char* name, const Value& value) noexcept = nullptr;
  std::string_view (*traceparent)() noexcept = nullptr;
};

}  // namespace abi

namespace internal {

// Null: the program is served by no host.
inline const abi::SpanHost* span_host() noexcept {
  const abi::Host* const host = host_slot.load(std::memory_order_acquire);
  return host == nullptr ? nullptr : host->spans;
}

}  // namespace internal

class Span {
 public:
  explicit Span(Literal name) noexcept : host_(internal::span_host()) {
    if (host_ != nullptr) begin(name, nullptr);
  }
  // `outer` may have ended.
  Span(Literal name, const Span& outer) noexcept : host_(outer.host_) {
    if (host_ != nullptr) begin(name, &outer.ref_);
  }
  Span(Span&& other) noexcept
      : host_(std::exchange(other.host_, nullptr)), ref_(other.ref_), thrown_(other.thrown_) {}
  Span& operator=(Span&&) = delete;
  // Ends it. It has failed if an exception destroys it.
  ~Span() {
    if (host_ == nullptr) return;
    if (std::uncaught_exceptions() > thrown_) failed("left by an exception");
    host_->end(ref_);
    host_->release(ref_);
  }

  // Returns true if somebody will see it. Ask before you compute an expensive attribute.
  bool is_recorded() const noexcept {
    return host_ != nullptr && ref_.index != abi::SpanRef::kNone;
  }
  // Sets an attribute, or replaces it.
  Span& set(Literal name, const Value& value) noexcept {
    if (host_ != nullptr) host_->set(ref_, name.text(), value);
    return *this;
  }
  // Its status is Error from now on. `text`: what was wrong.
  void failed(std::string_view text = {}) noexcept {
    if (host_ != nullptr) host_->fail(ref_, text);
  }
  // Ends it before its destructor does. What is set later is lost.
  void end() noexcept {
    if (host_ != nullptr) host_->end(ref_);
  }

 private:
  void begin(Literal name, const abi::SpanRef* outer) noexcept {
    ref_ = host_->begin(name.text(), outer);
    if (ref_.call == nullptr) {
      host_ = nullptr;
    } else {
      thrown_ = std::uncaught_exceptions();
    }
  }

  const abi::SpanHost* host_;  // null: it is not recorded
  abi::SpanRef ref_{};
  int thrown_ = 0;
};

// Sets an attribute of the span of the call that runs on this thread, or replaces one of these.
inline void set_attribute(Literal name, const Value& value) noexcept {
  if (const abi::SpanHost* const host = internal::span_host())
    host->set_of_call(name.text(), value);
}

// Returns the W3C traceparent that the call passes on: "00-<trace>-<span>-<flags>". It is there as soon as a caller has sent a
// valid one, or tracing is on; otherwise the result is empty. Lifetime: the call's.
inline std::string_view traceparent() noexcept {
  const abi::SpanHost* const host = internal::span_host();
  return host == nullptr ? std::string_view() : host->traceparent();
}

// Returns the id of the call's trace, 32 hexadecimal digits, as the log has it; empty if there is none. Lifetime: the call's.
inline std::string_view trace_id() noexcept {
  const std::string_view text = traceparent();
  return text.size() < 55 ? std::string_view() : text.substr(3, 32);
}

}  // namespace ofn
