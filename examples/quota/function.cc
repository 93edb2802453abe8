// Each client may call twice, and then once a second: a token bucket in front of every function of the program.
#include <algorithm>
#include <chrono>
#include <map>
#include <mutex>
#include <optional>
#include <string>

#include <ofn/function.h>
#include <ofn/middleware.h>

using Clock = std::chrono::steady_clock;

class Quota {
 public:
  // Returns false if the client has to wait.
  bool take(const std::string& client) {
    const std::lock_guard lock(mutex_);
    const Clock::time_point now = Clock::now();
    // A client that has waited long enough has all its tokens again, and needs no entry.
    if (paid_until_.size() >= kMostClients)
      std::erase_if(paid_until_, [&](const auto& entry) { return entry.second <= now; });
    Clock::time_point& paid = paid_until_[client];
    const Clock::time_point next = std::max(paid, now) + kPerCall;
    if (next > now + kBurst * kPerCall) return false;
    paid = next;
    return true;
  }

 private:
  static constexpr std::chrono::seconds kPerCall{1};
  static constexpr int kBurst = 2;
  static constexpr std::size_t kMostClients = 100'000;
  std::mutex mutex_;
  std::map<std::string, Clock::time_point> paid_until_;
} quota;

std::optional<ofn::Response> within_quota(const ofn::Request& request) {
  if (quota.take(std::string(request.header("x-api-key").value_or("anonymous"))))
    return std::nullopt;
  return ofn::Response("too many calls: wait a second\n").status(429).header("Retry-After", "1");
}
OFN_BEFORE(within_quota)

std::string work() { return "done\n"; }
OFN_FUNCTION(work)
