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

#include "invocation/conventions.h"
#include "invocation/observer.h"
#include "metrics/histogram.h"

namespace ofn::metrics {

namespace detail {

// The first bit of each fact in the packed number. The comment says how many bits the fact takes.
inline constexpr unsigned kStatusAt = 0;      // 10
inline constexpr unsigned kMethodAt = 10;     // 4
inline constexpr unsigned kVersionAt = 14;    // 2
inline constexpr unsigned kKindAt = 16;       // 2
inline constexpr unsigned kRefusalAt = 18;    // 4
inline constexpr unsigned kVerdictAt = 22;    // 2
inline constexpr unsigned kPlacementAt = 24;  // 2
inline constexpr unsigned kIsCallAt = 26;
inline constexpr unsigned kDroppedAt = 27;
inline constexpr unsigned kTimedOutAt = 28;
inline constexpr unsigned kOverflowAt = 29;

}  // namespace detail

// Everything small that distinguishes calls, as numbers.
struct CallFacts {
  CallFacts() = default;
  explicit CallFacts(const CallRecord& record) noexcept
      : status(static_cast<std::uint16_t>(static_cast<unsigned>(record.status) & 1023U)),
        method(http_method_of(record.start.method)),
        version(version_of(record.start.version)),
        kind(record.start.kind),
        refusal(record.refusal),
        verdict(record.verdict),
        placement(record.ran_on),
        is_call(record.start.function != nullptr),
        dropped(record.dropped),
        timed_out(record.timed_out) {}

  std::uint16_t status = 0;  // up to 1023
  HttpMethod method = HttpMethod::kOther;
  std::uint8_t version = 0;  // an index into kVersions
  CallKind kind = CallKind::kRequest;
  Refusal refusal = Refusal::kNone;
  Verdict verdict = Verdict::kSuccess;
  Placement placement = Placement::kNowhere;
  bool is_call = false;  // a function was going to be called
  bool dropped = false;
  bool timed_out = false;
  bool is_overflow = false;  // there were too many series: status and version are not kept

  std::uint32_t packed() const noexcept {
    using namespace detail;
    const auto bits = [](auto fact, unsigned at) { return static_cast<std::uint32_t>(fact) << at; };
    return bits(status, kStatusAt) | bits(method, kMethodAt) | bits(version, kVersionAt) |
           bits(kind, kKindAt) | bits(refusal, kRefusalAt) | bits(verdict, kVerdictAt) |
           bits(placement, kPlacementAt) | bits(is_call, kIsCallAt) | bits(dropped, kDroppedAt) |
           bits(timed_out, kTimedOutAt) | bits(is_overflow, kOverflowAt);
  }
  static CallFacts unpacked(std::uint32_t packed) noexcept;

 private:
  static std::uint8_t version_of(std::string_view text) noexcept {
    if (text.size() == 1) return 3;
    if (text.size() != 3) return 0;
    return text[2] == '0' ? 1 : 2;
  }
};
inline constexpr std::array<std::string_view, 4> kVersions = {"", "1.0", "1.1", "2"};

struct CallKey {
  const void* owner = nullptr;  // the route's text, or the delivery's Trigger; null: none
  std::uint32_t facts = 0;      // CallFacts::packed()
  friend auto operator<=>(const CallKey&, const CallKey&) = default;
};

// One series on one loop. Lifetime: its table's. Threads: one records, any reads. Its size is about 2.6 KiB.
struct CallSeries {
  CallKey key{};
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
