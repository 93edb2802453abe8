#include "cli/remote_cases.h"

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <latch>
#include <mutex>
#include <utility>

#include "base/clock.h"
#include "loop/workers.h"
#include "wire/blocking/curl_client.h"

namespace ofn::cli {

namespace {

// As many as may crash in-process (case_runs.h).
constexpr std::size_t kMostUnanswered = 20;

// The next case, when its time has come.
class Turns {
 public:
  Turns(std::size_t count, double per_second, const Clock& clock)
      : count_(count),
        between_(
            std::chrono::duration_cast<Duration>(std::chrono::duration<double>(1.0 / per_second))),
        clock_(clock),
        next_at_(clock.now()) {}

  // Returns the index; the count if all cases have had their turn, or after end(). Blocks.
  std::size_t take() {
    std::unique_lock lock(mutex_);
    if (next_ == count_) return count_;
    const std::size_t index = next_++;
    const SteadyTime at = std::max(next_at_, clock_.now());
    next_at_ = at + between_;
    const bool has_ended = ended_.wait_for(lock, at - clock_.now(), [&] { return is_over_; });
    return has_ended ? count_ : index;
  }
  void end() {
    const std::scoped_lock lock(mutex_);
    next_ = count_;
    is_over_ = true;
    ended_.notify_all();
  }

 private:
  std::mutex mutex_;
  std::condition_variable ended_;
  bool is_over_ = false;
  std::size_t next_ = 0;
  const std::size_t count_;
  const Duration between_;
  const Clock& clock_;
  SteadyTime next_at_;
};

}  // namespace

RemoteCases::RemoteCases(Options options) : options_(std::move(options)) {
  while (options_.url.ends_with('/')) options_.url.pop_back();
}

CaseRun RemoteCases::run(const std::vector<Case>& cases) const {
  CaseRun all;
  const SystemClock clock;
  const auto client = wire::blocking::make_curl_client({.needed_by = "test --against"}, clock);
  if (!client) {
    all.problem = client.error().message();
    return all;
  }
  Turns turns(cases.size(), options_.per_second, clock);
  std::mutex mutex;
  std::size_t unanswered = 0;
  const auto serve = [&] {
    for (std::size_t i = turns.take(); i < cases.size(); i = turns.take()) {
      const Case& one = cases[i];
      wire::blocking::HttpCall call{
          .method = one.method,
          .url = options_.url + one.path,
          .has_body = one.body.empty() ? wire::blocking::Body::kNone : wire::blocking::Body::kSent,
          .body = one.body,
          .deadline = options_.timeout.count() == 0 ? Deadline::never()
                                                    : Deadline::in(options_.timeout, clock)};
      for (const auto& [name, value] : one.fields) call.headers.push_back({name, value});
      const auto reply = (*client)->send(call);
      const std::scoped_lock lock(mutex);
      if (reply) {
        all.outcomes.push_back(
            {.index = i,
             .status = reply->status,
             .problem = problem_of(one.expected, {.status = reply->status, .body = reply->body})});
      } else if (reply.error().code() == Code::kUnavailable && all.outcomes.empty()) {
        all.problem = options_.url + " cannot be reached: " + reply.error().message();
        turns.end();
      } else {
        all.outcomes.push_back({.index = i, .problem = "no answer: " + reply.error().message()});
        if (++unanswered >= kMostUnanswered) turns.end();
      }
    }
  };
  Workers others(options_.at_a_time);
  const std::size_t threads = std::min(options_.at_a_time, cases.size());
  std::latch done(static_cast<std::ptrdiff_t>(threads));
  for (std::size_t i = 0; i < threads; ++i) {
    const bool is_taken = others.post([&] {
      serve();
      done.count_down();
    });
    if (!is_taken) {
      serve();
      done.count_down();
    }
  }
  done.wait();
  all.is_cut = all.problem.empty() && all.outcomes.size() < cases.size();
  std::ranges::sort(all.outcomes, {}, &CaseOutcome::index);
  return all;
}

}  // namespace ofn::cli
