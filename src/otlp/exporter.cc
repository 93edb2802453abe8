#include "otlp/exporter.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "base/check.h"

namespace ofn::otlp {
namespace {

constexpr double kBackoffFactor = 1.5;
constexpr double kBackoffJitter = 0.2;
constexpr int kBackoffSteps = 30;  // beyond them it is at its maximum anyway

}  // namespace

struct Exporter::Job {
  Job(Exporter& exporter, Message&& taken)
      : message(std::move(taken)),
        deadline(Deadline::in(exporter.options_.timeout, exporter.loop_.clock())),
        again(exporter.loop_, [this, &exporter] { exporter.attempt(*this); }) {}

  Message message;
  Deadline deadline;
  int attempts = 0;
  Timer again;
};

struct Exporter::Flush {
  Flush(Exporter& exporter, std::uint64_t last, std::move_only_function<void(bool)> told)
      : number(last), done(std::move(told)), timer(exporter.loop_, [this, &exporter] {
          is_late = true;
          exporter.settle_flushes();
        }) {}

  std::uint64_t number;  // the last message that it waits for
  std::move_only_function<void(bool)> done;
  bool is_late = false;
  Timer timer;
};

Exporter::Exporter(Loop& loop, std::unique_ptr<Destination> destination, ExporterOptions options,
                   Log& log)
    : loop_(loop), destination_(std::move(destination)), options_(std::move(options)), log_(log) {}

Exporter::~Exporter() = default;

void Exporter::send(std::string message, std::size_t items) {
  OFN_CHECK(!closing_);
  ++messages_;
  if (pending() > 0 && bytes_ + message.size() > options_.max_bytes) {
    dropped_.add(items);
    return warn("telemetry is dropped", "the collector does not keep up");
  }
  bytes_ += message.size();
  queue_.push_back({.bytes = std::move(message), .items = items, .number = messages_});
  loop_.run_soon(*this);
}

void Exporter::run_ready() {
  if (closing_) return settle_flushes();
  start_jobs();
  settle_flushes();
}

void Exporter::start_jobs() {
  while (!queue_.empty() && jobs_.size() < destination_->concurrency()) {
    Job& job = *jobs_.emplace_back(std::make_unique<Job>(*this, std::move(queue_.front())));
    queue_.pop_front();
    attempt(job);
  }
}

void Exporter::attempt(Job& job) {
  ++job.attempts;
  destination_->deliver(job.message.bytes, job.deadline,
                        [this, &job](const Answer& answer) { on_answer(job, answer); });
}

void Exporter::on_answer(Job& job, const Answer& answer) {
  switch (answer.verdict) {
    case Verdict::kAccepted: {
      const std::uint64_t rejected =
          std::min<std::uint64_t>(answer.rejected_items, job.message.items);
      exported_.add(job.message.items - rejected);
      rejected_.add(rejected);
      if (rejected > 0) {
        warn("the collector rejected a part of the telemetry", answer.text);
      } else if (!answer.text.empty()) {
        warn("the collector warns", answer.text);
      }
      break;
    }
    case Verdict::kRetry:
      if (repeat(job, answer)) return;
      [[fallthrough]];
    case Verdict::kRefused:
      failed_.add(job.message.items);
      warn("telemetry cannot be exported", answer.text);
      break;
  }
  finish(job);
}

// Returns false if there is no time for another attempt.
bool Exporter::repeat(Job& job, const Answer& answer) {
  const double grown = std::pow(kBackoffFactor, std::min(job.attempts - 1, kBackoffSteps));
  const double jitter = 1.0 + kBackoffJitter * (2.0 * loop_.random().unit() - 1.0);
  const auto first = static_cast<double>(options_.first_backoff.count());
  const auto most = static_cast<double>(options_.max_backoff.count());
  Duration pause(static_cast<Duration::rep>(std::min(first * grown, most) * jitter));
  if (answer.retry_after) pause = std::max(pause, *answer.retry_after);
  const SteadyTime now = loop_.clock().now();
  if (pause >= job.deadline.left(now)) return false;
  job.again.arm(now + pause);
  return true;
}

void Exporter::finish(Job& job) {
  bytes_ -= job.message.bytes.size();
  const auto at = std::ranges::find(jobs_, &job, &std::unique_ptr<Job>::get);
  jobs_.erase(at);
  loop_.run_soon(*this);
}

void Exporter::flush(Deadline deadline, std::move_only_function<void(bool)> done) {
  OFN_CHECK(!closing_);
  Flush& flush = *flushes_.emplace_back(std::make_unique<Flush>(*this, messages_, std::move(done)));
  if (!deadline.is_never()) flush.timer.arm(deadline.at());
  loop_.run_soon(*this);
}

void Exporter::settle_flushes() {
  const auto waits = [this](const std::unique_ptr<Flush>& flush) {
    return !closing_ && !flush->is_late && !is_settled(flush->number);
  };
  std::vector<std::unique_ptr<Flush>> over;
  std::vector<std::unique_ptr<Flush>> waiting;
  for (std::unique_ptr<Flush>& flush : flushes_)
    (waits(flush) ? waiting : over).push_back(std::move(flush));
  flushes_ = std::move(waiting);
  // A callback may call flush() or close().
  for (const auto& flush : over) flush->done(!flush->is_late && is_settled(flush->number));
}

bool Exporter::is_settled(std::uint64_t number) const {
  const auto is_before = [number](const Message& message) { return message.number <= number; };
  return std::ranges::none_of(queue_, is_before) &&
         std::ranges::none_of(jobs_, [&](const auto& job) { return is_before(job->message); });
}

void Exporter::close(std::function<void()> closed) {
  closing_ = true;
  for (const Message& message : queue_) failed_.add(message.items);
  for (const auto& job : jobs_) {
    failed_.add(job->message.items);
    job->again.disarm();
  }
  loop_.run_soon(*this);
  destination_->close(std::move(closed));
}

ExportCounts Exporter::counts() const {
  const auto read = [](const Count& count) { return count.value.load(std::memory_order_relaxed); };
  return {.exported = read(exported_),
          .rejected = read(rejected_),
          .failed = read(failed_),
          .dropped = read(dropped_)};
}

void Exporter::warn(std::string_view what, std::string_view error) {
  const SteadyTime now = loop_.clock().now();
  if (now < next_warning_) return;
  next_warning_ = now + options_.warning_interval;
  const ExportCounts all = counts();
  const std::uint64_t lost = all.rejected + all.failed + all.dropped;
  const std::string lost_since = std::to_string(lost - std::exchange(told_, lost));
  log_.write(Level::kWarning, what,
             {{"signal", options_.signal},
              {"url", destination_->name()},
              {"error", error},
              {"lost", lost_since}});
}

}  // namespace ofn::otlp
