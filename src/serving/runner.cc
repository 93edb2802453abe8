#include "serving/runner.h"

#include <algorithm>
#include <chrono>
#include <string>
#include <utility>

namespace ofn {

namespace {

// How long a thread may take to say where it is.
constexpr std::chrono::seconds kReportPatience(1);

// The number of shared calls for each idle core: one runs on a worker, and one is next.
constexpr std::size_t kSharedPerCore = 2;

// If the system grants no thread, the runner asks again after this time.
constexpr std::chrono::milliseconds kThreadRetry(10);

}  // namespace

void Runner::Job::run_and_time() {
  thread_.store(this_thread_id(), std::memory_order_relaxed);
  run();
  thread_.store(0, std::memory_order_relaxed);
}

void Runner::Job::on_loop_taken_over() { policy_->on_loop_taken_over(); }

Runner::Runner(Runners& all, Loop& loop)
    : all_(all), loop_(loop), retry_(loop, [this] {
        for (Job* const job : std::exchange(threadless_, {})) queue(*job);
      }) {
  all.loops.push_back(&loop);
}

void Runner::queue(Job& job) {
  ++queued_;
  loop_.run_soon(job);
}

bool Runner::shares(const InlinePolicy& policy) const {
  if (policy.estimate() * static_cast<Duration::rep>(queued_ + 1) <= InlinePolicy::kLong)
    return false;
  const auto idle = static_cast<std::size_t>(
      std::ranges::count_if(all_.loops, [](const Loop* loop) { return loop->is_idle(); }));
  return all_.shared_out.load(std::memory_order_relaxed) < kSharedPerCore * idle;
}

void Runner::start(Job& job) {
  --queued_;
  job.policy_ = job.begin();
  if (job.policy_ == nullptr) return;
  ++job.turns_;
  job.running_ = true;
  const bool is_short = job.policy_->runs_inline() && (!job.may_wait() || loop_.can_be_released());
  const bool measures = all_.placing == nullptr && !all_.stay_on_loops;
  job.shared_out_ = is_short && measures && shares(*job.policy_);
  job.on_worker_ = measures ? !is_short || job.shared_out_
                            : all_.placing != nullptr && !all_.placing->stays_on_loop();
  if (!job.on_worker_) {
    // The first call of a batch must not be charged for reading the whole batch, nor a later call for the calls before it.
    // Therefore its time starts now. If no further call is queued, its time starts with its own turn, which often saves a clock
    // read.
    job.began_ = queued_ == 0 ? loop_.turn_began() : loop_.refresh();
    if (loop_.run_preemptible(job)) {
      job.took_ = loop_.refresh() - job.began_;
      return returned(job);
    }
    // Another thread has taken over the loop, so the call was long, and its deadline may have passed meanwhile.
    return loop_.post([this, &job] {
      job.took_ = loop_.now() - job.began_;
      returned(job);
    });
  }
  start_elsewhere(job);
}

void Runner::start_elsewhere(Job& job) {
  if (job.shared_out_) all_.shared_out.fetch_add(1, std::memory_order_relaxed);
  job.began_ = loop_.now();
  Task run = [this, &job] {
    if (!job.may_begin()) {
      return loop_.post([this, &job] {
        stopped_running(job);
        job.put_off();
        queue(job);
      });
    }
    const SteadyTime began = loop_.clock().now();
    job.run_and_time();
    job.took_ = loop_.clock().now() - began;
    loop_.post([this, &job] { returned(job); });
  };
  const bool taken = all_.placing == nullptr ? all_.workers.post(std::move(run))
                                             : all_.placing->post(std::move(run));
  if (taken) return;
  // The system granted no thread. The job tries again, and its deadline keeps running.
  stopped_running(job);
  job.put_off();
  threadless_.push_back(&job);
  if (!retry_.armed()) retry_.arm(loop_.now() + kThreadRetry);
}

void Runner::stopped_running(Job& job) {
  if (std::exchange(job.shared_out_, false))
    all_.shared_out.fetch_sub(1, std::memory_order_relaxed);
  job.running_ = false;
}

void Runner::returned(Job& job) {
  stopped_running(job);
  job.policy_->record(job.took_);
  job.finish();
}

void Runner::report(Job& job, std::string_view function, const CallIds& ids) {
  // If the system grants no thread for the report, there is none.
  (void)reporter_.post([this, &job, turn = job.turns_, thread = job.thread_.load(),
                        function = std::string(function), ids = OwnCallIds(ids)]() mutable {
    os::StackText text = thread == 0 ? os::StackText() : stack_of(thread, kReportPatience);
    if (text.stack.empty()) text.stack = "unknown: its thread takes no signals";
    loop_.post([this, &job, turn, function = std::move(function), ids = std::move(ids),
                text = std::move(text)] {
      // If the same run still goes on, the stack belongs to it.
      if (!job.running_ || job.turns_ != turn) return;
      const auto ran =
          std::chrono::duration_cast<std::chrono::milliseconds>(loop_.now() - job.began_);
      all_.log.write(Level::kError, "function still running after its deadline",
                     CallFields(ids.view())
                         .add("function", function)
                         .add("running_ms", ran.count())
                         .add("stack", text.stack)
                         .add_if_any("source_line", text.source_line)
                         .span());
    });
  });
}

}  // namespace ofn
