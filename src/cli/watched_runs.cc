#include "cli/watched_runs.h"

#include <csignal>
#include <utility>

#include "cli/streams.h"
#include "loop/signals.h"

namespace ofn::cli {

std::optional<int> WatchedRuns::until_a_signal(const std::function<void(int)>& waits) {
  waits_ = waits;
  changes_.emplace(
      loop_, dev::Changes::Options{.on_saved =
                                       [this](const dev::Changes::Saved& saved) {
                                         if (!is_running_) return begin(saved.files);
                                         saved_ = saved.files;
                                         stop_.request_stop();
                                       },
                                   .on_told = [](const dev::Told& told) { complain(told.text); }});
  const Signals signals(loop_, {SIGINT, SIGTERM, SIGHUP}, [this](int) {
    is_ending_ = true;
    stop_.request_stop();
    if (!is_running_) loop_.stop();
  });
  begin({});
  loop_.run();
  return verdict_;
}

void WatchedRuns::begin(std::vector<std::string> saved) {
  changes_->begin_build();
  stop_ = std::stop_source();
  saved_.clear();
  is_running_ = true;
  Run run{.number = ++number_,
          .saved = std::move(saved),
          .stop = stop_.get_token(),
          .watch = [this](Set set) {
            loop_.post([this, set = std::move(set)]() mutable { changes_->watch(std::move(set)); });
          }};
  const bool is_taken = thread_.post([this, run = std::move(run)] {
    const int verdict = runner_(run);
    loop_.post([this, verdict, stop = run.stop] { ended(verdict, stop); });
  });
  if (is_taken) return;
  complain("the system grants no thread; see its limit of processes (ulimit -u)");
  verdict_ = kExitFailure;
  loop_.stop();
}

void WatchedRuns::ended(int verdict, const std::stop_token& stop) {
  is_running_ = false;
  if (!stop.stop_requested()) verdict_ = verdict;
  if (is_ending_) return loop_.stop();
  if (!saved_.empty()) return begin(std::exchange(saved_, {}));
  waits_(verdict);
}

}  // namespace ofn::cli
