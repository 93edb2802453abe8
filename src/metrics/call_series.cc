#include "metrics/call_series.h"

#include <new>

namespace ofn::metrics {

CallFacts CallFacts::unpacked(std::uint32_t packed) noexcept {
  using namespace detail;
  const auto bits = [packed](unsigned at, unsigned count) {
    return (packed >> at) & ((1U << count) - 1U);
  };
  CallFacts facts;
  facts.status = static_cast<std::uint16_t>(bits(kStatusAt, 10));
  facts.method = static_cast<HttpMethod>(bits(kMethodAt, 4));
  facts.version = static_cast<std::uint8_t>(bits(kVersionAt, 2));
  facts.kind = static_cast<CallKind>(bits(kKindAt, 2));
  facts.refusal = static_cast<Refusal>(bits(kRefusalAt, 4));
  facts.verdict = static_cast<Verdict>(bits(kVerdictAt, 2));
  facts.placement = static_cast<Placement>(bits(kPlacementAt, 2));
  facts.is_call = bits(kIsCallAt, 1) != 0;
  facts.dropped = bits(kDroppedAt, 1) != 0;
  facts.timed_out = bits(kTimedOutAt, 1) != 0;
  facts.is_overflow = bits(kOverflowAt, 1) != 0;
  return facts;
}

bool SeriesLimit::admits(const CallKey& key, std::string_view ran_by) {
  const std::scoped_lock lock(mutex_);
  if (first_ran_by_.empty()) first_ran_by_ = ran_by;
  if (keys_.contains(key)) return true;
  if (keys_.size() >= most_) return false;
  keys_.insert(key);
  return true;
}

std::string_view SeriesLimit::first_ran_by() const {
  const std::scoped_lock lock(mutex_);
  return first_ran_by_;
}

CallSeriesTable::~CallSeriesTable() {
  for (CallSeries* at = newest_.load(std::memory_order_relaxed); at != nullptr;) {
    CallSeries* const gone = at;
    at = at->next_;
    delete gone;
  }
}

std::size_t CallSeriesTable::bucket_of(const CallKey& key) noexcept {
  const auto mixed =
      (reinterpret_cast<std::uintptr_t>(key.owner) ^ key.facts) * 0x9E3779B97F4A7C15U;
  return static_cast<std::size_t>(mixed >> 56U) % kBuckets;
}

CallSeries* CallSeriesTable::find(const CallKey& key) const noexcept {
  CallSeries* at = buckets_[bucket_of(key)];
  while (at != nullptr && at->key != key) at = at->in_bucket_;
  return at;
}

CallSeries* CallSeriesTable::make(const CallKey& wanted, const Fresh& fresh) {
  CallKey key = wanted;
  CallFacts facts = CallFacts::unpacked(key.facts);
  if (!facts.is_overflow &&
      !limit_.admits(key, fresh.ran == nullptr ? std::string_view() : fresh.trigger)) {
    facts.is_overflow = true;
    facts.status = 0;
    facts.version = 0;
    key = {.owner = nullptr, .facts = facts.packed()};
    if (CallSeries* found = find(key)) return found;
  }
  auto* const series = new (std::nothrow) CallSeries;
  if (series == nullptr) return nullptr;
  series->key = key;
  series->route = facts.is_overflow ? std::string_view() : fresh.route;
  series->input = facts.is_overflow ? nullptr : fresh.input;
  series->trigger = fresh.trigger;
  series->ran = fresh.ran;
  CallSeries*& bucket = buckets_[bucket_of(key)];
  series->in_bucket_ = bucket;
  bucket = series;
  series->next_ = newest_.load(std::memory_order_relaxed);
  newest_.store(series, std::memory_order_release);
  return series;
}

}  // namespace ofn::metrics
