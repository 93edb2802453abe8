#include "output/policy.h"

#include <algorithm>

namespace ofn {

bool OutputPolicy::retries(Code code) const {
  return code != Code::kResourceExhausted &&
         std::find(retry_codes.begin(), retry_codes.end(), code) != retry_codes.end();
}

Duration OutputPolicy::pause(unsigned retry, Random& random) const {
  Duration full = first_pause;
  for (; retry > 0 && full < longest_pause; --retry) full *= 2;
  full = std::min(full, longest_pause);
  const auto half = full / 2;
  return half + std::chrono::duration_cast<Duration>(half * random.unit());
}

std::optional<SteadyTime> RetryBudget::reserve(SteadyTime wanted, Deadline limit) {
  // Generic cell rate algorithm: each retry moves the schedule by one step. The schedule may run
  // ahead by the burst.
  const Duration ahead = kEvery * (kBurst - 1);
  const SteadyTime full = std::max(full_until_, wanted);
  const SteadyTime granted = std::max(wanted, full - ahead);
  if (granted > limit.at()) return std::nullopt;
  full_until_ = full + kEvery;
  return granted;
}

}  // namespace ofn
