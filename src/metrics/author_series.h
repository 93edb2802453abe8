// The series of one metric of the author's: a number or a histogram for each combination of its labels' values.
//
//   AuthorSeriesTable table(1, &buckets, 2000);
//   if (AuthorSeries* series = table.of(values)) series->number.fetch_add(1, std::memory_order_relaxed);
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/span_context.h"
#include "metrics/histogram.h"
#include "metrics/value_buckets.h"

namespace ofn::metrics {

// A histogram that many threads record. Threads: any. Cost: two locked instructions.
class SharedHistogram {
 public:
  explicit SharedHistogram(const ValueBuckets& buckets)
      : buckets_(buckets), counts_(buckets.count()) {}

  void record(double value) noexcept;
  // Keeps it as the bucket's exemplar, unless another thread does that now. `span`: one that is sampled.
  void keep_exemplar(double value, const SpanContext& span, SystemTime at);

  std::uint64_t count(std::size_t bucket) const noexcept {
    return counts_[bucket].load(std::memory_order_relaxed);
  }
  double sum() const noexcept { return sum_.load(std::memory_order_relaxed); }
  const Exemplars* exemplars() const noexcept { return exemplars_.load(std::memory_order_acquire); }
  const Layout& layout() const noexcept { return buckets_.layout(); }

 private:
  const ValueBuckets& buckets_;
  std::vector<std::atomic<std::uint64_t>> counts_;
  std::atomic<double> sum_ = 0;
  std::atomic_flag keeps_;
  std::unique_ptr<Exemplars> owned_;
  std::atomic<Exemplars*> exemplars_ = nullptr;
};

// Lifetime: its table's. Threads: any.
struct AuthorSeries {
  std::vector<std::string> values;  // of the labels
  std::size_t hash = 0;
  bool is_overflow = false;
  std::atomic<double> number = 0;
  std::unique_ptr<SharedHistogram> histogram;  // null: a number

 private:
  friend class AuthorSeriesTable;
  const AuthorSeries* next_ = nullptr;  // of all series, the newest first
  AuthorSeries* in_bucket_ = nullptr;   // of those with a similar hash
};

// Threads: any. Cost: of() compares the values, without a lock; a new series allocates, with a lock.
class AuthorSeriesTable {
 public:
  static constexpr std::size_t kLongestValue = 256;

  // `buckets`: of a histogram; otherwise null. `most`: with the one for the rest.
  AuthorSeriesTable(std::size_t labels, const ValueBuckets* buckets, std::size_t most)
      : labels_(labels), buckets_(buckets), most_(most) {}
  AuthorSeriesTable(const AuthorSeriesTable&) = delete;
  AuthorSeriesTable& operator=(const AuthorSeriesTable&) = delete;
  ~AuthorSeriesTable();

  // Returns the series of these values, of which the first kLongestValue bytes count; bytes that are not UTF-8 count as question
  // marks. Null: there is no memory for it.
  AuthorSeries* of(const std::string_view* values) noexcept;
  // Calls `visit` for each series, the newest first.
  template <class Visit>
  void each(Visit visit) const {
    for (const AuthorSeries* at = newest_.load(std::memory_order_acquire); at != nullptr;
         at = at->next_)
      visit(*at);
  }

 private:
  static constexpr std::size_t kBuckets = 256;

  AuthorSeries* find(const std::string_view* values, std::size_t hash) const noexcept;
  AuthorSeries* make(const std::string_view* values);
  AuthorSeries* put(std::unique_ptr<AuthorSeries> series);

  const std::size_t labels_;
  const ValueBuckets* const buckets_;
  const std::size_t most_;
  std::array<std::atomic<AuthorSeries*>, kBuckets> buckets_by_hash_{};
  std::atomic<AuthorSeries*> newest_ = nullptr;
  std::mutex mutex_;
  std::size_t count_ = 0;
  std::atomic<AuthorSeries*> rest_ = nullptr;  // the series for what is above the limit
};

}  // namespace ofn::metrics
