#include "localdapr/mqtt/mqtt_publisher.h"

#include <algorithm>
#include <utility>
#include <vector>

namespace ofn::localdapr {
namespace {

// The maximum number of messages in the library at a time, because it can neither return nor drop
// them.
constexpr std::size_t kUnderWay = 20;
constexpr std::size_t kMaxWaiting = 10'000;
constexpr std::size_t kMaxWaitingBytes = std::size_t{64} << 20;

}  // namespace

MqttPublisher::MqttPublisher(std::unique_ptr<MqttLink> link, Options options, Loop& loop)
    : options_(std::move(options)),
      loop_(loop),
      timer_(loop, [this] { expire(); }),
      link_(std::move(link)) {}

MqttPublisher::~MqttPublisher() = default;

void MqttPublisher::publish(MqttPublication publication, Deadline deadline,
                            dapr::PublishDone done) {
  if (waiting_.size() >= kMaxWaiting ||
      waiting_bytes_ + publication.payload.size() > kMaxWaitingBytes) {
    return done(fail(Code::kResourceExhausted, "too many messages wait for the MQTT broker"));
  }
  const SteadyTime now = loop_.clock().now();
  const SteadyTime due = earlier(deadline, Deadline(now + options_.patience)).at();
  waiting_bytes_ += publication.payload.size();
  waiting_.push_back({std::move(publication), due, std::move(done)});
  if (!timer_.armed() || due < next_due_) timer_.arm(next_due_ = due);
  link_->open(*this);
  send_waiting();
}

void MqttPublisher::on_up() {
  up_ = was_up_ = true;
  send_waiting();
}

void MqttPublisher::on_down() {
  up_ = false;
  // The library does not repeat messages of QoS 0.
  for (auto entry = sent_.begin(); entry != sent_.end();) {
    if (entry->second.publication.qos > 0) {
      ++entry;
      continue;
    }
    auto done = std::move(entry->second.done);
    entry = sent_.erase(entry);
    if (done) done(fail(Code::kInternal, options_.unconfirmed));
  }
}

void MqttPublisher::on_message(MqttMessage /*message*/) { link_->acknowledge(); }

void MqttPublisher::on_confirmed(int id) {
  auto confirmed = sent_.extract(id);
  if (confirmed.empty()) return;
  if (confirmed.mapped().done) confirmed.mapped().done({});
  send_waiting();
}

void MqttPublisher::send_waiting() {
  while (up_ && !waiting_.empty() && sent_.size() < kUnderWay) {
    Pending next = std::move(waiting_.front());
    waiting_.pop_front();
    waiting_bytes_ -= next.publication.payload.size();
    const auto id = link_->send(next.publication);
    if (!id) {
      next.done(fail(Code::kInternal, "failed to publish: " + id.error().message()));
      continue;
    }
    next.publication.payload = {};
    sent_.insert_or_assign(*id, std::move(next));
  }
}

void MqttPublisher::expire() {
  const SteadyTime now = loop_.clock().now();
  std::vector<dapr::PublishDone> late;
  next_due_ = SteadyTime::max();
  const auto look = [&](Pending& pending) {
    if (!pending.done) return;
    if (pending.due > now) {
      next_due_ = std::min(next_due_, pending.due);
    } else {
      late.push_back(std::exchange(pending.done, nullptr));
    }
  };
  for (auto& [id, pending] : sent_) look(pending);
  for (Pending& pending : waiting_) look(pending);
  std::erase_if(waiting_, [this](const Pending& pending) {
    if (pending.done) return false;
    waiting_bytes_ -= pending.publication.payload.size();
    return true;
  });
  if (next_due_ != SteadyTime::max()) timer_.arm(next_due_);
  for (dapr::PublishDone& done : late) {
    done(fail(Code::kInternal, was_up_ ? options_.unconfirmed : options_.never_up));
  }
}

}  // namespace ofn::localdapr
