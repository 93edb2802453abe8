#include "metrics/histogram.h"

#include <algorithm>
#include <chrono>
#include <cstring>
#include <numeric>

namespace ofn::metrics {

namespace {

// "00-" + 32 digits + "-" + 16 digits + "-" + 2 digits (W3C Trace Context, 3.2).
constexpr std::size_t kLength = 55;
constexpr std::size_t kTraceAt = 3;
constexpr std::size_t kSpanAt = 36;

bool is_digit(char c) noexcept { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); }

}  // namespace

bool is_sampled(std::string_view traceparent) noexcept {
  if (traceparent.size() != kLength) return false;
  const char flags = traceparent.back();
  const int value = flags <= '9' ? flags - '0' : flags - 'a' + 10;
  if (value % 2 == 0) return false;
  for (std::size_t i = 0; i < kLength; ++i) {
    const bool is_dash = i == 2 || i == kSpanAt - 1 || i == kLength - 3;
    if (is_dash ? traceparent[i] != '-' : !is_digit(traceparent[i])) return false;
  }
  return true;
}

void Exemplars::keep(std::size_t bucket, std::string_view traceparent, std::uint64_t value,
                     SystemTime at) noexcept {
  Slot& slot = slots_[bucket];
  std::array<std::uint64_t, 6> digits{};
  std::memcpy(digits.data(), traceparent.data() + kTraceAt, 32);
  std::memcpy(digits.data() + 4, traceparent.data() + kSpanAt, 16);
  const std::uint64_t version = slot.version.load(std::memory_order_relaxed);
  slot.version.store(version + 1, std::memory_order_relaxed);
  std::atomic_thread_fence(std::memory_order_release);
  for (std::size_t i = 0; i < digits.size(); ++i)
    slot.digits[i].store(digits[i], std::memory_order_relaxed);
  slot.value.store(value, std::memory_order_relaxed);
  slot.at.store(at.time_since_epoch().count(), std::memory_order_relaxed);
  slot.version.store(version + 2, std::memory_order_release);
}

std::optional<Exemplar> Exemplars::read(std::size_t bucket, double per_unit) const {
  const Slot& slot = slots_[bucket];
  const std::uint64_t version = slot.version.load(std::memory_order_acquire);
  if (version == 0 || version % 2 != 0) return std::nullopt;
  std::array<char, 48> digits{};
  for (std::size_t i = 0; i < slot.digits.size(); ++i) {
    const std::uint64_t word = slot.digits[i].load(std::memory_order_relaxed);
    std::memcpy(digits.data() + 8 * i, &word, 8);
  }
  Exemplar exemplar{
      .trace_id = std::string(digits.data(), 32),
      .span_id = std::string(digits.data() + 32, 16),
      .value = static_cast<double>(slot.value.load(std::memory_order_relaxed)) / per_unit,
      .at = SystemTime(SystemTime::duration(slot.at.load(std::memory_order_relaxed)))};
  std::atomic_thread_fence(std::memory_order_acquire);
  if (slot.version.load(std::memory_order_relaxed) != version) return std::nullopt;
  return exemplar;
}

std::uint64_t Distribution::count() const noexcept {
  return std::accumulate(counts_.begin(), counts_.end(), std::uint64_t{0});
}

std::vector<std::uint64_t> Distribution::classic() const {
  std::vector<std::uint64_t> buckets(layout_->bounds.size() + 1);
  for (std::size_t i = 0; i < counts_.size(); ++i) buckets[layout_->classic_of[i]] += counts_[i];
  return buckets;
}

std::vector<Distribution::Native> Distribution::native() const {
  std::vector<Native> buckets;
  for (std::size_t i = 1; i < counts_.size(); ++i) {
    if (counts_[i] == 0) continue;
    const std::int32_t index = layout_->native_of[i];
    if (buckets.empty() || buckets.back().index != index) buckets.push_back({index, 0});
    buckets.back().count += counts_[i];
  }
  return buckets;
}

void Distribution::add(const Exemplars& kept, double per_unit) {
  exemplars_.resize(layout_->bounds.size() + 1);
  for (std::size_t i = 0; i < exemplars_.size(); ++i) {
    auto exemplar = kept.read(i, per_unit);
    if (exemplar && (!exemplars_[i] || exemplars_[i]->at < exemplar->at))
      exemplars_[i] = std::move(exemplar);
  }
}

}  // namespace ofn::metrics
