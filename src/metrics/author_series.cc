#include "metrics/author_series.h"

#include <algorithm>
#include <functional>
#include <new>
#include <span>
#include <utility>

#include "base/utf8.h"
#include "metrics/snapshot.h"

namespace ofn::metrics {

namespace {

std::string_view cut(std::string_view value) noexcept {
  return clipped(value, AuthorSeriesTable::kLongestValue);
}

std::size_t hash_of(const std::string_view* values, std::size_t count) noexcept {
  std::size_t hash = 0;
  for (std::size_t i = 0; i < count; ++i)
    hash = (hash ^ std::hash<std::string_view>()(cut(values[i]))) * 0x9E3779B97F4A7C15U;
  return hash;
}

}  // namespace

void SharedHistogram::record(double value) noexcept {
  counts_[buckets_.index(value)].fetch_add(1, std::memory_order_relaxed);
  sum_.fetch_add(value, std::memory_order_relaxed);
}

void SharedHistogram::keep_exemplar(double value, const SpanContext& span, SystemTime at) {
  if (keeps_.test_and_set(std::memory_order_acquire)) return;
  if (owned_ == nullptr) {
    owned_.reset(new (std::nothrow) Exemplars(layout()));
    exemplars_.store(owned_.get(), std::memory_order_release);
  }
  if (owned_ != nullptr) owned_->keep(layout().classic_of[buckets_.index(value)], span, value, at);
  keeps_.clear(std::memory_order_release);
}

AuthorSeriesTable::~AuthorSeriesTable() {
  for (const AuthorSeries* at = newest_.load(std::memory_order_relaxed); at != nullptr;) {
    const AuthorSeries* const gone = at;
    at = at->next_;
    delete gone;
  }
}

AuthorSeries* AuthorSeriesTable::find(const std::string_view* values,
                                      std::size_t hash) const noexcept {
  const auto is_same = [&](const AuthorSeries& series) {
    if (series.hash != hash || series.is_overflow) return false;
    for (std::size_t i = 0; i < labels_; ++i) {
      if (series.values[i] != cut(values[i])) return false;
    }
    return true;
  };
  AuthorSeries* at = buckets_by_hash_[hash % kBuckets].load(std::memory_order_acquire);
  while (at != nullptr && !is_same(*at)) at = at->in_bucket_;
  return at;
}

AuthorSeries* AuthorSeriesTable::of(const std::string_view* values) noexcept {
  if (AuthorSeries* const found = find(values, hash_of(values, labels_))) return found;
  AuthorSeries* const rest = rest_.load(std::memory_order_acquire);
  if (rest != nullptr &&
      std::ranges::all_of(std::span(values, labels_),
                          [](std::string_view value) { return is_utf8(cut(value)); }))
    return rest;
  try {
    return make(values);
  } catch (const std::bad_alloc&) {
    return nullptr;
  }
}

AuthorSeries* AuthorSeriesTable::make(const std::string_view* values) {
  auto series = std::make_unique<AuthorSeries>();
  std::vector<std::string_view> clean;
  for (const std::string_view value : std::span(values, labels_))
    series->values.push_back(readable(std::string(cut(value))));
  for (const std::string& value : series->values) clean.emplace_back(value);
  series->hash = hash_of(clean.data(), labels_);
  const std::scoped_lock lock(mutex_);
  // Another thread may have made it, or values that are not UTF-8 have become the same.
  if (AuthorSeries* const found = find(clean.data(), series->hash)) return found;
  if (count_ + 1 < most_ || labels_ == 0) return put(std::move(series));
  AuthorSeries* rest = rest_.load(std::memory_order_relaxed);
  if (rest == nullptr) {
    series->is_overflow = true;
    series->values.clear();
    rest = put(std::move(series));
    rest_.store(rest, std::memory_order_release);
  }
  return rest;
}

AuthorSeries* AuthorSeriesTable::put(std::unique_ptr<AuthorSeries> series) {
  if (buckets_ != nullptr) series->histogram = std::make_unique<SharedHistogram>(*buckets_);
  std::atomic<AuthorSeries*>& bucket = buckets_by_hash_[series->hash % kBuckets];
  series->in_bucket_ = bucket.load(std::memory_order_relaxed);
  series->next_ = newest_.load(std::memory_order_relaxed);
  AuthorSeries* const made = series.release();
  bucket.store(made, std::memory_order_release);
  newest_.store(made, std::memory_order_release);
  ++count_;
  return made;
}

}  // namespace ofn::metrics
