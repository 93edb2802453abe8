#include "metrics/call_series.h"

#include <new>

namespace ofn::metrics {

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
  const auto mixed = (reinterpret_cast<std::uintptr_t>(key.owner) ^ key.outcome.number() ^
                      static_cast<std::uint64_t>(key.method) << 40U) *
                     0x9E3779B97F4A7C15U;
  return static_cast<std::size_t>(mixed >> 56U) % kBuckets;
}

CallSeries* CallSeriesTable::find(const CallKey& key) const noexcept {
  CallSeries* at = buckets_[bucket_of(key)];
  while (at != nullptr && at->key != key) at = at->in_bucket_;
  return at;
}

CallSeries* CallSeriesTable::make(const CallKey& wanted, const Fresh& fresh) {
  CallKey key = wanted;
  const bool is_overflow =
      !limit_.admits(key, fresh.ran == nullptr ? std::string_view() : fresh.trigger);
  if (is_overflow) {
    key.owner = &limit_;
    key.outcome.status = 0;
    key.version = HttpVersion::kNone;
    if (CallSeries* found = find(key)) return found;
  }
  auto* const series = new (std::nothrow) CallSeries;
  if (series == nullptr) return nullptr;
  series->key = key;
  series->is_overflow = is_overflow;
  series->route = is_overflow ? std::string_view() : fresh.route;
  series->input = is_overflow ? nullptr : fresh.input;
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
