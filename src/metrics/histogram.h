// Counters and histograms that one thread changes and any thread reads, without locks and without locked instructions.
//
//   Histogram<TimeBuckets> durations;
//   durations.record(nanoseconds);                  // its loop
//   Distribution sum(TimeBuckets::layout());
//   sum.add(durations);                             // any thread
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/span_context.h"
#include "metrics/buckets.h"

namespace ofn::metrics {

// Threads: one adds, any reads. Cost: a load, an addition and a store.
class Count {
 public:
  void add(std::uint64_t more = 1) noexcept {
    value_.store(value_.load(std::memory_order_relaxed) + more, std::memory_order_relaxed);
  }
  std::uint64_t read() const noexcept { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<std::uint64_t> value_ = 0;
};

// An observation that belonged to a sampled trace.
struct Exemplar {
  std::string trace_id;  // 32 hexadecimal digits
  std::string span_id;   // 16 hexadecimal digits
  double value = 0;
  SystemTime at{};
};

// The last exemplar of each explicit bucket. Threads: one writes, any reads. A read beside a write finds nothing.
class Exemplars {
 public:
  explicit Exemplars(const Layout& layout) : slots_(layout.bounds.size() + 1) {}

  // `span`: one that is sampled.
  void keep(std::size_t bucket, const SpanContext& span, double value, SystemTime at) noexcept;
  std::optional<Exemplar> read(std::size_t bucket) const;

 private:
  // The version is odd while the slot is written, and 0 until it was written once.
  struct Slot {
    std::atomic<std::uint64_t> version = 0;
    std::array<std::atomic<std::uint64_t>, 3>
        ids{};  // the bytes of the trace's id, then the span's
    std::atomic<double> value = 0;
    std::atomic<std::int64_t> at = 0;
  };
  std::vector<Slot> slots_;
};

// Threads: one records, any reads. Cost: some 20 instructions; allocates for the first exemplar.
template <class Buckets>
class Histogram {
 public:
  Histogram() = default;
  Histogram(const Histogram&) = delete;
  Histogram& operator=(const Histogram&) = delete;
  ~Histogram() { delete exemplars_.load(std::memory_order_relaxed); }

  void record(std::uint64_t value) noexcept {
    counts_[Buckets::index(value)].add();
    sum_.add(value);
  }
  void keep_exemplar(std::uint64_t value, const SpanContext& span, SystemTime at) {
    Exemplars* kept = exemplars_.load(std::memory_order_relaxed);
    if (kept == nullptr) {
      kept = new Exemplars(Buckets::layout());
      exemplars_.store(kept, std::memory_order_release);
    }
    kept->keep(Buckets::layout().classic_of[Buckets::index(value)], span,
               static_cast<double>(value) / Buckets::kPerUnit, at);
  }

  std::uint64_t count(std::size_t bucket) const noexcept { return counts_[bucket].read(); }
  // Returns the number of observations.
  std::uint64_t count() const noexcept {
    std::uint64_t all = 0;
    for (const Count& each : counts_) all += each.read();
    return all;
  }
  double sum() const noexcept { return static_cast<double>(sum_.read()) / Buckets::kPerUnit; }
  // Returns null until there is one.
  const Exemplars* exemplars() const noexcept { return exemplars_.load(std::memory_order_acquire); }

 private:
  std::array<Count, Buckets::kCount> counts_;
  Count sum_;
  std::atomic<Exemplars*> exemplars_ = nullptr;
};

// A histogram's values, read once: what is shown comes from here, so the number of observations is the sum of the buckets. A
// value.
class Distribution {
 public:
  explicit Distribution(const Layout& layout)
      : layout_(&layout), counts_(layout.classic_of.size()) {}

  // Adds what a histogram of this layout has measured.
  template <class Measured>
  void add(const Measured& histogram) {
    for (std::size_t i = 0; i < counts_.size(); ++i) counts_[i] += histogram.count(i);
    sum_ += histogram.sum();
    if (const Exemplars* kept = histogram.exemplars()) add(*kept);
  }
  // Adds one observation.
  template <class Buckets>
  void add(std::uint64_t value) {
    ++counts_[Buckets::index(value)];
    sum_ += static_cast<double>(value) / Buckets::kPerUnit;
  }

  const Layout& layout() const noexcept { return *layout_; }
  double sum() const noexcept { return sum_; }
  std::uint64_t count() const noexcept;
  // Returns the explicit buckets, not cumulated; the last one is for values above all bounds.
  std::vector<std::uint64_t> classic() const;
  // Returns the number of observations in the zero bucket of the native form.
  std::uint64_t zeros() const noexcept;
  // The native buckets that have observations, in their order.
  struct Native {
    std::int32_t index;
    std::uint64_t count;
  };
  std::vector<Native> native() const;
  // Returns the last exemplar of an explicit bucket; null if it has none.
  const Exemplar* exemplar(std::size_t bucket) const noexcept {
    return bucket < exemplars_.size() && exemplars_[bucket] ? &*exemplars_[bucket] : nullptr;
  }

 private:
  void add(const Exemplars& kept);

  const Layout* layout_;
  std::vector<std::uint64_t> counts_;  // of the fine buckets
  double sum_ = 0;
  std::vector<std::optional<Exemplar>>
      exemplars_;  // of the explicit buckets; empty: there are none
};

}  // namespace ofn::metrics
