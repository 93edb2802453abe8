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

// How many sites are remembered: more than a program throws at, but a text in place of a site may be anything.
constexpr std::size_t kMostSites = 1000;

// What was thrown, and where. Without a stack, the text stands in for the place.
std::string site_of(const Thrown& thrown) {
  std::string site = thrown.type + '\n';
  if (thrown.frames.empty()) return site + thrown.what;
  const Frame& frame = thrown.frames.front();
  return site + frame.function + '\n' + frame.file + ':' + std::to_string(frame.line);
}

}  // namespace

std::optional<CountedCalls> Burst::next_second(SteadyTime now) {
  if (began_ != SteadyTime::min() && now - began_ < kSecond) return std::nullopt;
  auto counted = take();
  counts_all_ = calls_ > kMost;
  if (!counts_all_) shown_throws_.clear();
  began_ = now;
  calls_ = 0;
  shown_ = 0;
  return counted;
}

bool Burst::shows(const CallEnded& call) {
  ++calls_;
  if (!counts_all_ && shown_ < kMost) {
    ++shown_;
    if (call.thrown) remember_throw(site_of(*call.thrown));
    return true;
  }
  ++counted_.calls;
  counted_.follow_lines = shown_ > 0;
  counted_.are_requests = counted_.are_requests && call.kind == "request";
  ++counted_.statuses[call.status];
  counted_.build = call.build;
  times_.push_back(call.answered);
  if (call.thrown) count_throw(call);
  return false;
}

// Returns true if the site is new.
bool Burst::remember_throw(const std::string& site) {
  if (shown_throws_.size() >= kMostSites) shown_throws_.clear();
  return shown_throws_.insert(site).second;
}

void Burst::count_throw(const CallEnded& call) {
  const std::string site = site_of(*call.thrown);
  const auto same = std::ranges::find(counted_.throws, site, &CountedThrows::site);
  if (same != counted_.throws.end()) {
    ++same->calls;
  } else if (counted_.throws.size() < CountedCalls::kMostThrows) {
    CountedThrows& added = counted_.throws.emplace_back(
        CountedThrows{.site = site, .first = call, .calls = 1, .is_new = remember_throw(site)});
    added.first.request = {};
    added.first.answer = {};
  } else {
    ++counted_.other_throws;
  }
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
