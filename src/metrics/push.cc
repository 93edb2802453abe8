#include "metrics/push.h"

#include <utility>

#include "metrics/otlp_format.h"
#include "otlp/request.h"

namespace ofn::metrics {

Push::Push(Loop& loop, const Collector& collector, std::unique_ptr<otlp::Exporter> exporter,
           PushOptions options, SystemTime started)
    : loop_(loop),
      collector_(collector),
      exporter_(std::move(exporter)),
      options_(std::move(options)),
      started_(started),
      timer_(loop, [this] { tick(); }) {}

void Push::start() { arm(); }

void Push::arm() {
  if (!is_ending_) timer_.arm(loop_.clock().now() + options_.interval);
}

void Push::tick() {
  // What is counted from here on comes with a call of wake().
  rests_.store(true, std::memory_order_release);
  const bool is_on_its_way = exporter_->pending() > 0;
  if (is_on_its_way || !options_.is_busy || options_.is_busy()) go_on();
  if (!is_on_its_way) send(nullptr);
}

void Push::go_on() {
  if (rests_.exchange(false, std::memory_order_acq_rel)) arm();
}

void Push::send(Task sent) {
  Task write = [this, sent = std::move(sent)]() mutable {
    OtlpMetrics metrics = otlp_metrics(collector_.collect(),
                                       {.started = started_, .now = loop_.clock().system_now()});
    std::string message = otlp::make_request(
        {.resource = options_.resource, .scope = "ofn", .scope_version = options_.version},
        metrics.items);
    loop_.post([this, message = std::move(message), points = metrics.points,
                sent = std::move(sent)]() mutable {
      exporter_->send(std::move(message), points);
      if (sent) sent();
    });
  };
  // If the system grants no thread, the loop writes.
  if (!writer_.post(std::move(write))) write();  // NOLINT(bugprone-use-after-move): not taken
}

void Push::finish(Deadline deadline, Task done) {
  is_ending_ = true;
  timer_.disarm();
  send([this, deadline, done = std::move(done)]() mutable {
    exporter_->flush(deadline, [done = std::move(done)](bool /*arrived*/) mutable { done(); });
  });
}

}  // namespace ofn::metrics
