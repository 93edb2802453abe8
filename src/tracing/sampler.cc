#include "tracing/sampler.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>

namespace ofn::tracing {
namespace {

constexpr std::size_t kRandomBytes = 7;
constexpr std::uint64_t kRandomNumbers = std::uint64_t{1} << (8 * kRandomBytes);

std::uint64_t least_of(const otlp::Sampler& settings) {
  switch (settings.kind) {
    case otlp::SamplerKind::kAlwaysOn:
      return 0;
    case otlp::SamplerKind::kAlwaysOff:
      return kRandomNumbers;
    case otlp::SamplerKind::kTraceIdRatio:
      break;
  }
  const double ratio = std::clamp(settings.ratio, 0.0, 1.0);
  return static_cast<std::uint64_t>(
      std::llround((1.0 - ratio) * static_cast<double>(kRandomNumbers)));
}

}  // namespace

Sampler::Sampler(const otlp::Sampler& settings)
    : parent_based_(settings.parent_based), least_(least_of(settings)) {}

bool Sampler::samples(const SpanContext* caller, const TraceId& trace_id) const noexcept {
  if (parent_based_ && caller != nullptr) return caller->sampled();
  std::uint64_t number = 0;
  std::memcpy(&number, trace_id.data() + trace_id.size() - sizeof number, sizeof number);
  return std::byteswap(number) % kRandomNumbers >= least_;
}

}  // namespace ofn::tracing
