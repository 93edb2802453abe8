#include "output/bulk.h"

#include <string>
#include <utility>

#include "output/calls.h"

namespace ofn {

namespace {

// About what a call takes on the wire.
std::size_t size_of(const PublishCall& call) {
  constexpr std::size_t kAround = 32;  // tags, lengths and the entry's id
  std::size_t size = call.data.size() + call.content_type.size() + kAround;
  for (const Header& entry : call.metadata) size += entry.name.size() + entry.value.size() + 8;
  return size;
}

}  // namespace

Outputs::Bulk::Bulk(Outputs& outputs, std::span<const BulkItem> items,
                    const DeliveryOptions& options, DeliveryDone done)
    : outputs_(outputs),
      items_(items),
      options_([&] {
        DeliveryOptions in_force = options;
        in_force.deadline = outputs.loop_.in_force(options.deadline);
        return in_force;
      }()),
      output_(*options.only),
      done_(std::move(done)),
      started_(outputs.loop_.now()),
      deadline_(outputs.loop_, [this] { give_up(); }),
      retry_(outputs.loop_, [this] { send_call(); }),
      one_by_one_(output_.kind == ComponentKind::kBinding),
      decided_(items.size()) {
  report_.results.resize(items.size());
  for (OutputResult& result : report_.results) result.output = &output_;
}

void Outputs::Bulk::start(std::list<std::shared_ptr<Bulk>>::iterator self) {
  self_ = self;
  if (!options_.deadline.is_never()) deadline_.arm(options_.deadline.at());
  go_on();
}

void Outputs::Bulk::go_on() {
  if (next_ == items_.size()) return finish();
  one_by_one_ ? send_one() : begin_call();
}

void Outputs::Bulk::begin_call() {
  calls_.clear();
  std::size_t bytes = 0;
  for (end_ = next_; end_ < items_.size() && calls_.size() < kMostBulkItems; ++end_) {
    DeliveryOptions options = options_;
    options.metadata = items_[end_].metadata;
    PublishCall call =
        publish_call(output_, items_[end_].payload, options, outputs_.loop_.random());
    bytes += size_of(call);
    // An item that is too large goes alone, so that only it is refused.
    if (bytes > kMostBulkBytes && !calls_.empty()) break;
    calls_.push_back(std::move(call));
  }
  tries_ = 0;
  call_started_ = outputs_.loop_.now();
  send_call();
}

void Outputs::Bulk::send_call() {
  ++tries_;
  const SidecarOptions options{.deadline = options_.deadline,
                               .traceparent = options_.traceparent,
                               .tracestate = options_.tracestate,
                               .baggage = options_.baggage,
                               .output = output_.name,
                               .call_id = options_.request_id};
  outputs_.sidecar_.publish_all(calls_, options,
                                [bulk = std::weak_ptr<Bulk>(*self_)](BulkResult result) {
                                  // The sidecar may answer long after the delivery was given up.
                                  if (const auto alive = bulk.lock())
                                    alive->answered(std::move(result));
                                });
}

void Outputs::Bulk::answered(BulkResult result) {
  if (!done_) return;
  if (result) {
    for (BulkPublished::Failure& failure : result->failures) {
      if (failure.place >= end_ - next_ || decided_[next_ + failure.place]) continue;
      decide(next_ + failure.place, Delivered::kRefused,
             fail(Code::kInternal, std::move(failure.error)), tries_);
    }
    decide_call(Delivered::kConfirmed, SidecarReply{});
    return go_on();
  }
  const SidecarError& failure = result.error();
  if (failure.error.code() == Code::kUnimplemented) {
    one_by_one_ = true;
    return go_on();
  }
  if (const auto again = outputs_.next_try(failure, tries_, call_started_, options_.deadline)) {
    return retry_.arm(*again);
  }
  decide_call(classify(failure), std::unexpected(failure.error));
  go_on();
}

void Outputs::Bulk::send_one() {
  DeliveryOptions options = options_;
  options.metadata = items_[next_].metadata;
  outputs_.deliver({&items_[next_].payload, 1}, options,
                   [bulk = std::weak_ptr<Bulk>(*self_)](DeliveryReport report) {
                     if (const auto alive = bulk.lock()) alive->one_ended(std::move(report));
                   });
}

void Outputs::Bulk::one_ended(DeliveryReport report) {
  if (!done_) return;
  OutputResult& result = report.results.front();
  if (result.outcome != Delivered::kConfirmed) ++failed_;
  decided_[next_] = true;
  report_.results[next_] = std::move(result);  // its own delivery was logged and observed
  ++next_;
  go_on();
}

void Outputs::Bulk::decide_call(Delivered outcome,
                                const std::expected<SidecarReply, Error>& reply) {
  for (; next_ < end_; ++next_) {
    if (!decided_[next_]) decide(next_, outcome, reply, tries_);
  }
}

void Outputs::Bulk::decide(std::size_t item, Delivered outcome,
                           std::expected<SidecarReply, Error> reply, unsigned tries) {
  decided_[item] = true;
  if (outcome != Delivered::kConfirmed) ++failed_;
  OutputResult& result = report_.results[item];
  result.outcome = outcome;
  result.reply = std::move(reply);
  result.tries = tries;
  result.took = outputs_.loop_.now() - started_;
  if (outputs_.observer_ != nullptr) outputs_.observer_->output_ended(result);
}

void Outputs::Bulk::give_up() {
  for (std::size_t item = next_; item < items_.size(); ++item) {
    if (decided_[item]) continue;
    decide(item, Delivered::kTimedOut,
           fail(Code::kDeadlineExceeded, "the sidecar has not confirmed by the deadline"), tries_);
  }
  finish();
}

void Outputs::Bulk::finish() {
  const std::shared_ptr<Bulk> keep = std::move(*self_);
  outputs_.bulks_.erase(self_);
  deadline_.disarm();
  retry_.disarm();
  const Level level = failed_ == 0 ? Level::kDebug : Level::kWarning;
  if (outputs_.log_.enabled(level)) {
    CallFields fields(options_.ids());
    fields.add("output", output_.name)
        .add("component", output_.component)
        .add("items", items_.size())
        .add("failed", failed_);
    outputs_.log_.write(level, failed_ == 0 ? "items sent" : "items failed", fields.span());
  }
  std::exchange(done_, nullptr)(std::move(report_));
}

void Outputs::deliver_all(std::span<const BulkItem> items, const DeliveryOptions& options,
                          DeliveryDone done) {
  if (items.empty()) {
    loop_.post([done = std::move(done)]() mutable { done({}); });
    return;
  }
  bulks_.push_front(std::make_shared<Bulk>(*this, items, options, std::move(done)));
  const std::shared_ptr<Bulk> bulk = bulks_.front();
  bulk->start(bulks_.begin());
}

}  // namespace ofn
