#include "localdapr/memory/in_memory_pubsub.h"

#include <algorithm>
#include <chrono>
#include <string_view>
#include <utility>
#include <vector>

namespace ofn::localdapr {
namespace {

constexpr int kDeliveries = 10;                     // daprd's
constexpr std::chrono::milliseconds kBetween(100);  // daprd's
constexpr std::size_t kMaxWaiting = 10'000;

// Returns true if the pattern is the topic, or if it ends in * ("orders*") and the topic is longer
// with the same beginning. Spec: components-contrib, common/eventbus/event_bus.go, getCallbacks.
bool is_topic_of(std::string_view pattern, std::string_view topic) {
  if (pattern == topic) return true;
  if (!pattern.ends_with('*')) return false;
  const std::string_view beginning = pattern.substr(0, pattern.size() - 1);
  return topic.starts_with(beginning) && topic != beginning;
}

}  // namespace

// Shared with the acknowledgements of running deliveries, which may outlive the subscription.
struct InMemoryPubsub::Topic : std::enable_shared_from_this<Topic> {
  Topic(std::string pubsub_name, std::string subscribed_to, OnMessage then, Loop& on, Log& to)
      : name(std::move(pubsub_name)),
        pattern(std::move(subscribed_to)),
        on_message(std::move(then)),
        loop(on),
        log(to),
        again(on, [this] { deliver(); }) {}

  void deliver() {
    if (ended || waiting.empty()) return;
    delivering = true;
    ++deliveries;
    on_message(waiting.front(), [self = shared_from_this()](Taken taken) {
      // Not from inside the subscriber, because a long queue would become a deep stack.
      self->loop.post([self, taken] { self->answered(taken); });
    });
  }

  void answered(Taken taken) {
    if (ended) return;
    if (taken == Taken::kNo && deliveries < kDeliveries)
      return again.arm(loop.clock().now() + kBetween);
    if (taken == Taken::kNo) {
      log.write(Level::kError, "message lost: the app did not take it",
                {{"pubsub", name}, {"topic", waiting.front().topic}, {"deliveries", deliveries}});
    }
    waiting.pop_front();
    delivering = false;
    deliveries = 0;
    deliver();
  }

  std::string name;
  std::string pattern;
  OnMessage on_message;
  Loop& loop;
  Log& log;
  Timer again;
  std::deque<BusMessage> waiting;  // the first one is being delivered
  int deliveries = 0;              // of the first message
  bool delivering = false;
  bool ended = false;
};

InMemoryPubsub::InMemoryPubsub(std::string name, Loop& loop, Log& log)
    : name_(std::move(name)), loop_(loop), log_(log) {}

InMemoryPubsub::~InMemoryPubsub() {
  for (auto& [name, topic] : topics_) topic->ended = true;
}

std::string InMemoryPubsub::loses() const {
  std::size_t waiting = 0;
  for (const auto& [pattern, topic] : topics_) waiting += topic->waiting.size();
  if (waiting == 0) return {};
  return waiting == 1 ? "1 message that waited in it"
                      : std::to_string(waiting) + " messages that waited in it";
}

void InMemoryPubsub::publish(BusMessage message, dapr::PublishDone done) {
  std::vector<std::shared_ptr<Topic>> subscribed;
  for (const auto& [pattern, topic] : topics_) {
    if (is_topic_of(pattern, message.topic)) subscribed.push_back(topic);
  }
  if (std::ranges::any_of(subscribed,
                          [](const auto& topic) { return topic->waiting.size() >= kMaxWaiting; })) {
    return done(fail(Code::kResourceExhausted,
                     "10000 messages wait for the app that subscribes to the topic"));
  }
  for (const auto& topic : subscribed) {
    topic->waiting.push_back(message);
    // As in daprd: the subscribed topic, not the published one.
    topic->waiting.back().topic = topic->pattern;
  }
  done({});
  for (const auto& topic : subscribed) {
    if (!topic->delivering) topic->deliver();
  }
}

void InMemoryPubsub::subscribe(const std::string& topic, OnMessage on_message) {
  unsubscribe(topic);
  topics_.emplace(topic, std::make_shared<Topic>(name_, topic, std::move(on_message), loop_, log_));
}

void InMemoryPubsub::unsubscribe(const std::string& topic) {
  const auto found = topics_.find(topic);
  if (found == topics_.end()) return;
  found->second->ended = true;
  topics_.erase(found);
}

}  // namespace ofn::localdapr
