#include "localdapr/mqtt/mqtt_subscriber.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "dapr/topic_filter.h"

namespace ofn::localdapr {
namespace {

// The pause between two deliveries of a message: it grows up to daprd's.
constexpr std::chrono::milliseconds kFirstPause(100);
constexpr std::chrono::seconds kLongestPause(5);

}  // namespace

MqttSubscriber::MqttSubscriber(std::unique_ptr<MqttLink> link, int qos, Loop& loop, Log& log)
    : qos_(qos),
      loop_(loop),
      log_(log),
      again_(loop, [this] { deliver(); }),
      pause_(kFirstPause),
      link_(std::move(link)) {}

void MqttSubscriber::subscribe(const std::string& topic, Handler handler) {
  handlers_.insert_or_assign(topic, std::move(handler));
  if (up_) return link_->subscribe(topic, qos_);
  link_->open(*this);
}

void MqttSubscriber::unsubscribe(const std::string& topic) {
  handlers_.erase(topic);
  close_when_idle();
}

void MqttSubscriber::on_up() {
  up_ = true;
  for (const auto& [topic, handler] : handlers_) link_->subscribe(topic, qos_);
}

void MqttSubscriber::on_down() {
  up_ = false;
  again_.disarm();
  held_.clear();
  ++delivery_;
  if (handlers_.empty()) link_->close();
}

void MqttSubscriber::on_message(MqttMessage message) {
  held_.push_back(std::move(message));
  if (held_.size() == 1) deliver();
}

const MqttSubscriber::Handler* MqttSubscriber::handler_of(std::string_view topic) const {
  const auto exact = handlers_.find(topic);
  if (exact != handlers_.end()) return &exact->second;
  const auto found = std::ranges::find_if(
      handlers_, [topic](const auto& entry) { return dapr::is_topic_of(entry.first, topic); });
  return found == handlers_.end() ? nullptr : &found->second;
}

void MqttSubscriber::deliver() {
  const std::uint64_t delivery = ++delivery_;
  const Handler* handler = handler_of(held_.front().topic);
  auto done = while_alive_([this, delivery](Taken taken) {
    // Not from inside the handler, because many messages would become a deep stack.
    loop_.post(while_alive_([this, delivery, taken] { answered(delivery, taken); }));
  });
  if (handler != nullptr) return (*handler)(held_.front(), std::move(done));
  log_.write(Level::kWarning, "message dropped: its topic has no subscription any more",
             {{"topic", held_.front().topic}});
  done(Taken::kYes);
}

void MqttSubscriber::answered(std::uint64_t delivery, Taken taken) {
  if (delivery != delivery_) return;
  if (taken == Taken::kNo) {
    again_.arm(loop_.clock().now() + pause_);
    pause_ = std::min<Duration>(pause_ * 2, kLongestPause);
    return close_when_idle();
  }
  pause_ = kFirstPause;
  held_.pop_front();
  link_->acknowledge();
  if (!held_.empty()) return deliver();
  close_when_idle();
}

void MqttSubscriber::close_when_idle() {
  if (!handlers_.empty() || (!held_.empty() && !again_.armed())) return;
  on_down();
}

}  // namespace ofn::localdapr
