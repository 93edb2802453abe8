// What the author's code records of one call (<ofn/span.h>): spans, and attributes of the call's own span.
//
//   CallSpans spans(clock);
//   mark.set_spans(&spans);         // from now on the author's code finds it
//   record.spans = spans.end();     // null: nothing was recorded
//   spans.clear();
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include <ofn/span.h>

#include "base/clock.h"

namespace ofn {

// An attribute; a text is a copy.
struct RecordedAttribute {
  std::string_view name{};  // the program's
  std::variant<std::string, std::int64_t, double, bool> value;
};

struct RecordedSpan {
  static constexpr std::uint32_t kCall = UINT32_MAX;

  std::string_view name{};  // the program's
  std::uint32_t parent =
      kCall;  // the place of its parent, which is before it; kCall: the call's span
  SteadyTime began{};
  SteadyTime ended{};
  std::vector<RecordedAttribute> attributes{};
  bool has_failed = false;
  std::string failure{};  // what was wrong; may be empty
};

struct RecordedSpans {
  std::vector<RecordedSpan> spans;            // in the order of their begin
  std::vector<RecordedAttribute> attributes;  // of the call's span
  std::size_t dropped = 0;                    // spans for which there was no room
};

// Lifetime: reusable, for one call after the other; the clock outlives it. What a span refers to lives as long as the span.
// Threads: one at a time; the author's spans may be touched by any.
// Cost: nothing for a call without spans of the author's.
class CallSpans {
 public:
  static constexpr std::size_t kMost = 128;

  explicit CallSpans(const Clock& clock) : clock_(clock) {}
  CallSpans(const CallSpans&) = delete;
  CallSpans& operator=(const CallSpans&) = delete;
  ~CallSpans() { clear(); }

  // Ends what lives, and returns everything; null: there is nothing. Lifetime: until clear().
  const RecordedSpans* end() noexcept { return shared_ == nullptr ? nullptr : end_all(); }
  // For the next call.
  void clear() noexcept {
    if (shared_ != nullptr) forget();
  }

  // What the programs are lent.
  static const abi::SpanHost& host();

 private:
  struct Shared;
  const RecordedSpans* end_all() noexcept;
  void forget() noexcept;
  friend struct SpanTable;

  const Clock& clock_;
  Shared* shared_ = nullptr;
};

}  // namespace ofn
