#include "dev/burst.h"

#include <algorithm>
#include <utility>

namespace ofn::dev {

namespace {

// The time within which so many hundredths of the calls were answered.
Duration percentile(std::vector<Duration>& times, std::size_t hundredths) {
  const std::size_t rank = (times.size() * hundredths + 99) / 100;  // from 1
  const auto at = times.begin() + static_cast<std::ptrdiff_t>(rank - 1);
  std::ranges::nth_element(times, at);
  return *at;
}

}  // namespace

std::optional<CountedCalls> Burst::next_second(SteadyTime now) {
  if (began_ != SteadyTime::min() && now - began_ < kSecond) return std::nullopt;
  auto counted = take();
  counts_all_ = calls_ > kMost;
  began_ = now;
  calls_ = 0;
  shown_ = 0;
  return counted;
}

bool Burst::shows(const CallEnded& call) {
  ++calls_;
  if (!counts_all_ && shown_ < kMost) {
    ++shown_;
    return true;
  }
  ++counted_.calls;
  counted_.follow_lines = shown_ > 0;
  counted_.are_requests = counted_.are_requests && call.kind == "request";
  ++counted_.statuses[call.status];
  counted_.build = call.build;
  times_.push_back(call.answered);
  return false;
}

std::optional<CountedCalls> Burst::take() {
  if (counted_.calls == 0) return std::nullopt;
  counted_.p50 = percentile(times_, 50);
  counted_.p99 = percentile(times_, 99);
  times_.clear();
  return std::exchange(counted_, CountedCalls{});
}

std::optional<SteadyTime> Burst::due() const {
  if (counted_.calls == 0) return std::nullopt;
  return began_ + kSecond;
}

}  // namespace ofn::dev
