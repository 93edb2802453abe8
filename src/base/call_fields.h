// The fields by which the lines of one call are found.
//
//   log.write(Level::kWarning, "output failed", CallFields(ids).add("output", name).span());
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "base/check.h"
#include "base/log.h"
#include "base/span_context.h"

namespace ofn {

// Lifetime: borrowed for the length of the call. An empty text: there is none.
struct CallIds {
  std::string_view request{};  // as in the answer's X-Request-Id
  std::string_view
      execution{};  // a Function-Execution-Id that is safe in a log; empty: the request's id counts
  SpanContext trace{};  // as it came, or as an observer has set it; zeros: there is none

  bool operator==(const CallIds&) const = default;
};

// The same for as long as it lives: for what is written after the call has ended.
class OwnCallIds {
 public:
  explicit OwnCallIds(const CallIds& ids = {})
      : request_(ids.request), execution_(ids.execution), trace_(ids.trace) {}
  CallIds view() const { return {.request = request_, .execution = execution_, .trace = trace_}; }

 private:
  std::string request_;
  std::string execution_;
  SpanContext trace_;
};

// The fields of one line about a call: its ids, and what is added. Lifetime: borrows everything but the trace's text. Threads: one.
// Cost: no allocation. A signal handler may use it.
class CallFields {
 public:
  static constexpr std::size_t kMost = 16;  // fields that can be added

  // A sink makes an "execution_id" of the "request_id" unless one comes before it.
  explicit CallFields(const CallIds& ids) noexcept {
    if (!ids.execution.empty()) add("execution_id", ids.execution);
    if (!ids.request.empty()) add("request_id", ids.request);
    if (ids.trace.empty()) return;
    trace_ = ids.trace.traceparent();
    trace_at_ = count_;
    count_ += 3;
    point_at_own_trace();
  }
  CallFields(const CallFields& other) noexcept
      : fields_(other.fields_),
        count_(other.count_),
        trace_at_(other.trace_at_),
        trace_(other.trace_) {
    if (trace_at_ != kNoTrace) point_at_own_trace();
  }
  CallFields& operator=(const CallFields&) = delete;
  ~CallFields() = default;
  CallFields& add(std::string_view name, const LogValue& value) noexcept {
    OFN_CHECK(count_ < fields_.size());
    fields_[count_++] = {.name = name, .value = value};
    return *this;
  }
  // The same, unless the text is empty.
  CallFields& add_if_any(std::string_view name, std::string_view text) noexcept {
    return text.empty() ? *this : add(name, text);
  }
  std::span<const LogField> span() const noexcept { return std::span(fields_).first(count_); }

 private:
  static constexpr std::size_t kNoTrace = SIZE_MAX;

  void point_at_own_trace() noexcept {
    const std::string_view text(trace_.data(), trace_.size());
    fields_[trace_at_] = {.name = "trace_id", .value = text.substr(3, 32)};
    fields_[trace_at_ + 1] = {.name = "span_id", .value = text.substr(36, 16)};
    fields_[trace_at_ + 2] = {.name = "trace_flags", .value = text.substr(53, 2)};
  }

  std::array<LogField, kMost + 5> fields_;
  std::size_t count_ = 0;
  std::size_t trace_at_ = kNoTrace;  // the place of the first of its three fields
  std::array<char, SpanContext::kTextSize> trace_;
};

}  // namespace ofn
