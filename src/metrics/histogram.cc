#include "metrics/histogram.h"

#include <algorithm>
#include <chrono>
#include <cstring>
#include <numeric>

namespace ofn::metrics {

namespace {

// Where the ids stand in a traceparent (W3C Trace Context, 3.2).
constexpr std::size_t kTraceAt = 3;
constexpr std::size_t kSpanAt = 36;

}  // namespace

void Exemplars::keep(std::size_t bucket, const SpanContext& span, double value,
                     SystemTime at) noexcept {
  Slot& slot = slots_[bucket];
  std::array<std::uint64_t, 3> ids{};
  static_assert(sizeof span.trace_id + sizeof span.span_id == sizeof ids);
  std::memcpy(ids.data(), span.trace_id.data(), sizeof span.trace_id);
  std::memcpy(ids.data() + 2, span.span_id.data(), sizeof span.span_id);
  const std::uint64_t version = slot.version.load(std::memory_order_relaxed);
  slot.version.store(version + 1, std::memory_order_relaxed);
  std::atomic_thread_fence(std::memory_order_release);
  for (std::size_t i = 0; i < ids.size(); ++i) slot.ids[i].store(ids[i], std::memory_order_relaxed);
  slot.value.store(value, std::memory_order_relaxed);
  slot.at.store(at.time_since_epoch().count(), std::memory_order_relaxed);
  slot.version.store(version + 2, std::memory_order_release);
}

std::optional<Exemplar> Exemplars::read(std::size_t bucket) const {
  const Slot& slot = slots_[bucket];
  const std::uint64_t version = slot.version.load(std::memory_order_acquire);
  if (version == 0 || version % 2 != 0) return std::nullopt;
  std::array<std::uint64_t, 3> ids{};
  for (std::size_t i = 0; i < ids.size(); ++i) ids[i] = slot.ids[i].load(std::memory_order_relaxed);
  SpanContext span;
  std::memcpy(span.trace_id.data(), ids.data(), sizeof span.trace_id);
  std::memcpy(span.span_id.data(), ids.data() + 2, sizeof span.span_id);
  const auto text = span.traceparent();
  Exemplar exemplar{
      .trace_id = std::string(text.data() + kTraceAt, 2 * sizeof span.trace_id),
      .span_id = std::string(text.data() + kSpanAt, 2 * sizeof span.span_id),
      .value = slot.value.load(std::memory_order_relaxed),
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

std::uint64_t Distribution::zeros() const noexcept {
  return std::accumulate(counts_.begin(),
                         counts_.begin() + static_cast<std::ptrdiff_t>(layout_->zeros),
                         std::uint64_t{0});
}

std::vector<Distribution::Native> Distribution::native() const {
  std::vector<Native> buckets;
  for (std::size_t i = layout_->zeros; i < counts_.size(); ++i) {
    if (counts_[i] == 0) continue;
    const std::int32_t index = layout_->native_of[i];
    if (buckets.empty() || buckets.back().index != index) buckets.push_back({index, 0});
    buckets.back().count += counts_[i];
  }
  return buckets;
}

void Distribution::add(const Exemplars& kept) {
  exemplars_.resize(layout_->bounds.size() + 1);
  for (std::size_t i = 0; i < exemplars_.size(); ++i) {
    auto exemplar = kept.read(i);
    if (exemplar && (!exemplars_[i] || exemplars_[i]->at < exemplar->at))
      exemplars_[i] = std::move(exemplar);
  }
}

}  // namespace ofn::metrics
