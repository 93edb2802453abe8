#include "invocation/call_spans.h"

#include <algorithm>
#include <limits>
#include <mutex>
#include <new>
#include <string_view>
#include <utility>

#include "os/calls_in_flight.h"

namespace ofn {

namespace {

constexpr SteadyTime kNotEnded = SteadyTime::min();

std::variant<std::string, std::int64_t, double, bool> copy_of(const Value& value) {
  switch (value.kind()) {
    case Value::Kind::kText:
      break;
    case Value::Kind::kInteger:
      return value.integer();
    case Value::Kind::kUnsigned:
      return static_cast<std::int64_t>(
          std::min<std::uint64_t>(value.natural(), std::numeric_limits<std::int64_t>::max()));
    case Value::Kind::kReal:
      return value.real();
    case Value::Kind::kBool:
      return value.flag();
  }
  return std::string(value.text());
}

void set_in(std::vector<RecordedAttribute>& attributes, const char* name, const Value& value) {
  const auto same = std::ranges::find(attributes, std::string_view(name), &RecordedAttribute::name);
  if (same != attributes.end()) {
    same->value = copy_of(value);
  } else {
    attributes.push_back({.name = name, .value = copy_of(value)});
  }
}

}  // namespace

// The call and its spans own it together: a span may outlive the call.
struct CallSpans::Shared {
  explicit Shared(const Clock& with) : clock(with) {}

  void release() noexcept {
    {
      const std::scoped_lock lock(mutex);
      if (--owners > 0) return;
    }
    delete this;
  }

  const Clock& clock;  // not used when it is over
  std::mutex mutex;
  std::size_t owners = 1;
  bool is_over = false;
  RecordedSpans recorded;
};

// The functions that the programs are lent.
struct SpanTable {
  using Shared = CallSpans::Shared;

  // Returns null if the call that runs on this thread is not recorded.
  static Shared* here() noexcept {
    const os::CallMark* const mark = os::CallMark::here();
    CallSpans* const spans = mark == nullptr ? nullptr : mark->spans();
    if (spans == nullptr) return nullptr;
    if (spans->shared_ == nullptr) spans->shared_ = new (std::nothrow) Shared(spans->clock_);
    return spans->shared_;
  }

  // Does this under the lock, unless it is over. A change for which there is no memory is lost.
  template <class Change>
  static void change(void* call, Change change) noexcept {
    auto& shared = *static_cast<Shared*>(call);
    const std::scoped_lock lock(shared.mutex);
    if (shared.is_over) return;
    try {
      change(shared);
    } catch (const std::bad_alloc&) {  // NOLINT(bugprone-empty-catch): see above
    }
  }
  // The same with a span that has not ended.
  template <class Change>
  static void change_span(const abi::SpanRef& ref, Change change_it) noexcept {
    if (ref.index == abi::SpanRef::kNone) return;
    change(ref.call, [&](Shared& shared) {
      RecordedSpan& span = shared.recorded.spans[ref.index];
      if (span.ended == kNotEnded) change_it(shared, span);
    });
  }

  static abi::SpanRef begin(const char* name, const abi::SpanRef* outer) noexcept {
    static_assert(RecordedSpan::kCall == abi::SpanRef::kNone);
    Shared* const call = outer == nullptr ? here() : static_cast<Shared*>(outer->call);
    abi::SpanRef made;
    if (call == nullptr) return made;
    change(call, [&](Shared& shared) {
      RecordedSpans& recorded = shared.recorded;
      if (recorded.spans.size() < CallSpans::kMost) {
        recorded.spans.push_back({.name = name,
                                  .parent = outer == nullptr ? RecordedSpan::kCall : outer->index,
                                  .began = shared.clock.now(),
                                  .ended = kNotEnded});
        made.index = static_cast<std::uint32_t>(recorded.spans.size() - 1);
      } else {
        ++recorded.dropped;
      }
      ++shared.owners;
      made.call = &shared;
    });
    return made;
  }
  static void set(const abi::SpanRef& ref, const char* name, const Value& value) noexcept {
    change_span(ref, [&](Shared&, RecordedSpan& span) { set_in(span.attributes, name, value); });
  }
  static void fail(const abi::SpanRef& ref, std::string_view text) noexcept {
    change_span(ref, [&](Shared&, RecordedSpan& span) {
      span.has_failed = true;
      span.failure = text;
    });
  }
  static void end(const abi::SpanRef& ref) noexcept {
    change_span(ref, [](Shared& shared, RecordedSpan& span) { span.ended = shared.clock.now(); });
  }
  static void release(const abi::SpanRef& ref) noexcept {
    static_cast<Shared*>(ref.call)->release();
  }
  static void set_of_call(const char* name, const Value& value) noexcept {
    if (Shared* const call = here())
      change(call, [&](Shared& shared) { set_in(shared.recorded.attributes, name, value); });
  }
  static std::string_view traceparent() noexcept {
    const os::CallMark* const mark = os::CallMark::here();
    return mark == nullptr ? std::string_view() : mark->traceparent();
  }
};

const abi::SpanHost& CallSpans::host() {
  static constexpr abi::SpanHost kHost{.begin = SpanTable::begin,
                                       .set = SpanTable::set,
                                       .fail = SpanTable::fail,
                                       .end = SpanTable::end,
                                       .release = SpanTable::release,
                                       .set_of_call = SpanTable::set_of_call,
                                       .traceparent = SpanTable::traceparent};
  return kHost;
}

const RecordedSpans* CallSpans::end_all() noexcept {
  const SteadyTime now = clock_.now();
  const std::scoped_lock lock(shared_->mutex);
  shared_->is_over = true;
  for (RecordedSpan& span : shared_->recorded.spans) {
    if (span.ended == kNotEnded) span.ended = now;
  }
  return &shared_->recorded;
}

void CallSpans::forget() noexcept {
  static_cast<void>(end_all());  // also if nobody wanted it
  std::exchange(shared_, nullptr)->release();
}

}  // namespace ofn
