#include "localdapr/in_memory_pubsub.h"

#include <chrono>
#include <utility>

namespace ofn::localdapr {
namespace {

constexpr int kDeliveries = 10;                     // daprd's
constexpr std::chrono::milliseconds kBetween(100);  // daprd's
constexpr std::size_t kMaxWaiting = 10'000;

}  // namespace

// Shared with the acknowledgements that are under way: they may outlive the subscription.
struct InMemoryPubsub::Topic : std::enable_shared_from_this<Topic> {
  Topic(std::string pubsub_name, OnMessage then, Loop& on, Log& to)
      : name(std::move(pubsub_name)),
        on_message(std::move(then)),
        loop(on),
        log(to),
        again(on, [this] { deliver(); }) {}

  void deliver() {
    if (ended || waiting.empty()) return;
    delivering = true;
    ++deliveries;
    on_message(waiting.front(), [self = shared_from_this()](bool taken) {
      // Not from inside the subscriber: a long queue must not become a deep stack.
      self->loop.post([self, taken] { self->answered(taken); });
    });
  }

  void answered(bool taken) {
    if (ended) return;
    if (!taken && deliveries < kDeliveries) return again.arm(loop.clock().now() + kBetween);
    if (!taken) {
      log.write(Level::kError, "message lost: the app did not take it",
                {{"pubsub", name},
                 {"topic", waiting.front().topic},
                 {"deliveries", std::to_string(deliveries)}});
    }
    waiting.pop_front();
    delivering = false;
    deliveries = 0;
    deliver();
  }

  std::string name;
  OnMessage on_message;
  Loop& loop;
  Log& log;
  Timer again;
  std::deque<BusMessage> waiting;  // the first one is being delivered
  int deliveries = 0;              // of the first one
  bool delivering = false;
  bool ended = false;
};

InMemoryPubsub::InMemoryPubsub(std::string name, Loop& loop, Log& log)
    : name_(std::move(name)), loop_(loop), log_(log) {}

InMemoryPubsub::~InMemoryPubsub() {
  for (auto& [name, topic] : topics_) topic->ended = true;
}

void InMemoryPubsub::publish(BusMessage message, dapr::PublishDone done) {
  const auto found = topics_.find(message.topic);
  if (found == topics_.end()) return done({});
  Topic& topic = *found->second;
  if (topic.waiting.size() >= kMaxWaiting) {
    return done(fail(Code::kResourceExhausted,
                     "10000 messages wait for the app that subscribes to the topic"));
  }
  topic.waiting.push_back(std::move(message));
  done({});
  if (!topic.delivering) topic.deliver();
}

void InMemoryPubsub::subscribe(const std::string& topic, OnMessage on_message) {
  unsubscribe(topic);
  topics_.emplace(topic, std::make_shared<Topic>(name_, std::move(on_message), loop_, log_));
}

void InMemoryPubsub::unsubscribe(const std::string& topic) {
  const auto found = topics_.find(topic);
  if (found == topics_.end()) return;
  found->second->ended = true;
  topics_.erase(found);
}

}  // namespace ofn::localdapr
