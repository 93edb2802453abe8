// The calls of one loop, counted in series: calls that no metric tells apart are in the same series.
//
//   SeriesLimit limit;                                  // one for the program
//   CallSeriesTable table(limit);                       // one per loop
//   CallSeries* series = table.of(key, [] { return CallSeriesTable::Fresh(); });
//   if (series != nullptr) series->answered.record(nanoseconds);
#pragma once

#include <array>
#include <atomic>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <set>
#include <string_view>
#include <tuple>

#include "invocation/conventions.h"
#include "invocation/observer.h"
#include "metrics/histogram.h"

namespace ofn::metrics {

// What tells calls apart. A series above the limit keeps the outcome without its status, the method and the kind.
struct CallKey {
  // The route's text, or the delivery's Trigger; null: none. Of a series above the limit the SeriesLimit.
  const void* owner = nullptr;
  CallOutcome outcome{};
  HttpMethod method = HttpMethod::kOther;
  HttpVersion version = HttpVersion::kNone;
  CallKind kind = CallKind::kRequest;

  friend bool operator==(const CallKey& a, const CallKey& b) noexcept {
    return a.owner == b.owner && a.outcome.number() == b.outcome.number() && a.method == b.method &&
           a.version == b.version && a.kind == b.kind;
  }
  friend auto operator<=>(const CallKey& a, const CallKey& b) noexcept {
    return std::tuple(a.owner, a.outcome.number(), a.method, a.version, a.kind) <=>
           std::tuple(b.owner, b.outcome.number(), b.method, b.version, b.kind);
  }
};

// One series on one loop. Lifetime: its table's. Threads: one records, any reads. Its size is about 2.6 KiB.
struct CallSeries {
  CallKey key{};
  bool is_overflow = false;         // there were too many series
  std::string_view route{};         // of a request; the program's
  const Trigger* input = nullptr;   // of a delivery; null: no input of the context wants it
  std::string_view trigger{};       // "http"
  Histogram<TimeBuckets> answered;  // nanoseconds
  Histogram<SizeBuckets> bytes_in;
  Histogram<SizeBuckets> bytes_out;
  Histogram<TimeBuckets>* ran = nullptr;  // of the series' trigger; null: no function ran

 private:
  friend class CallSeriesTable;
  CallSeries* next_ = nullptr;       // of all series, the newest first
  CallSeries* in_bucket_ = nullptr;  // of those with the same hash
};

// Limits the series of all loops together, so that clients cannot make the program keep more. Threads: any. Cost: a lock, for
// the first call of a series on a loop only.
class SeriesLimit {
 public:
  static constexpr std::size_t kMost = 2000;  // OpenTelemetry's default limit for a metric
  explicit SeriesLimit(std::size_t most = kMost) : most_(most) {}

  // Returns false if the key is new and there are enough. `ran_by`: the trigger of a call that has run; empty for others.
  bool admits(const CallKey& key, std::string_view ran_by);
  // Returns the trigger of the first call that has run; empty until then.
  std::string_view first_ran_by() const;

 private:
  const std::size_t most_;
  mutable std::mutex mutex_;
  std::set<CallKey> keys_;
  std::string_view first_ran_by_;
};

// Lifetime: the limit outlives it. Threads: its loop's; each() may be called by any. Cost: of() takes a comparison for a call
// like the last one, and a look into a hash table otherwise. It allocates for the first call of a series.
class CallSeriesTable {
 public:
  explicit CallSeriesTable(SeriesLimit& limit) : limit_(limit) {}
  CallSeriesTable(const CallSeriesTable&) = delete;
  CallSeriesTable& operator=(const CallSeriesTable&) = delete;
  ~CallSeriesTable();

  // Returns the series, and makes it if need be with the parts of `fresh`. Above the limit: one for all further calls of its
  // kind. Null if there is no memory.
  struct Fresh {
    std::string_view route{};
    const Trigger* input = nullptr;
    std::string_view trigger{};
    Histogram<TimeBuckets>* ran = nullptr;
  };
  template <class MakeFresh>
  CallSeries* of(const CallKey& key, MakeFresh fresh) {
    if (last_ != nullptr && last_->key == key) return last_;
    CallSeries* found = find(key);
    if (found == nullptr) found = make(key, fresh());
    if (found != nullptr) last_ = found;
    return found;
  }

  template <class Visit>
  void each(Visit visit) const {
    for (const CallSeries* at = newest_.load(std::memory_order_acquire); at != nullptr;
         at = at->next_)
      visit(*at);
  }

 private:
  static constexpr std::size_t kBuckets = 256;
  static std::size_t bucket_of(const CallKey& key) noexcept;
  CallSeries* find(const CallKey& key) const noexcept;
  CallSeries* make(const CallKey& key, const Fresh& fresh);

  SeriesLimit& limit_;
  CallSeries* last_ = nullptr;
  std::array<CallSeries*, kBuckets> buckets_{};
  std::atomic<CallSeries*> newest_ = nullptr;
};

}  // namespace ofn::metrics
