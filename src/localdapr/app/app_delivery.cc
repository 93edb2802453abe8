#include "localdapr/app/app_delivery.h"

#include <algorithm>
#include <chrono>
#include <utility>
#include <vector>

#include "localdapr/app/topic_route.h"
#include "localdapr/go/go_text.h"

namespace ofn::localdapr {
namespace {

using Verdict = AppAnswer::Verdict;

constexpr std::chrono::milliseconds kBetweenAsking(100);  // daprd's

}  // namespace

AppDelivery::AppDelivery(const Inputs& inputs, const Pubsubs& pubsubs, AppChannel& channel,
                         InvokeOutput invoke_output, Loop& loop, Log& log,
                         const DeliveryRules& rules)
    : inputs_(inputs),
      pubsubs_(pubsubs),
      channel_(channel),
      invoke_output_(std::move(invoke_output)),
      loop_(loop),
      log_(log),
      rules_(rules),
      again_(loop, [this] { ask(); }) {}

AppDelivery::~AppDelivery() {
  stop();
  while_alive_.end();
}

void AppDelivery::start() {
  held_ = false;
  ask();
}

void AppDelivery::hold() {
  held_ = true;
  there_ = false;
  again_.disarm();
}

void AppDelivery::forget(std::string_view component) {
  if (const auto input = running_.find(component); input != running_.end()) {
    inputs_.find(component)->second->stop();
    running_.erase(input);
  }
  std::erase_if(subscriptions_, [&](const auto& each) {
    if (each.first.first != component) return false;
    pubsubs_.find(component)->second->unsubscribe(each.first.second);
    return true;
  });
  std::erase_if(waiting_, [&](const PendingPtr& each) { return each->name.first == component; });
}

void AppDelivery::components_changed() {
  if (!held_ && !stopped_) ask();
}

void AppDelivery::stop() {
  stopped_ = true;
  again_.disarm();
  for (const auto& [name, is_running] : running_) {
    if (is_running) inputs_.find(name)->second->stop();
  }
  running_.clear();
  for (const auto& [name, subscription] : subscriptions_) {
    pubsubs_.find(name.first)->second->unsubscribe(name.second);
  }
  subscriptions_.clear();
  waiting_.clear();
}

void AppDelivery::away(std::string_view why) {
  there_ = false;
  if (stopped_ || held_ || again_.armed()) return;
  if (!std::exchange(told_away_, true)) {
    log_.write(Level::kInfo, "waiting for the app", {{"reason", why}});
  }
  again_.arm(loop_.clock().now() + kBetweenAsking);
}

void AppDelivery::ask() {
  if (pubsubs_.empty()) return ask_inputs();
  channel_.list_subscriptions(while_alive_([this](Result<std::vector<dapr::Subscription>> listed) {
    if (stopped_ || held_) return;
    if (!listed) return away(listed.error().message());
    subscribe(*std::move(listed));
    ask_inputs();
  }));
}

void AppDelivery::ask_inputs() {
  std::vector<std::string> offered;
  for (const auto& [name, input] : inputs_) offered.push_back(name);
  const auto arrived = [this] {
    there_ = true;
    told_away_ = false;
    log_.write(Level::kInfo, "the app listens",
               {{"topics", subscriptions_.size()}, {"input_bindings", running_.size()}});
    for (auto waiting = std::exchange(waiting_, {}); !waiting.empty(); waiting.pop_front()) {
      deliver(std::move(waiting.front()));
    }
  };
  if (offered.empty()) return arrived();
  channel_.list_inputs(offered,
                       while_alive_([this, arrived](Result<std::vector<std::string>> listed) {
                         if (stopped_ || held_) return;
                         if (!listed) return away(listed.error().message());
                         start_inputs(*listed);
                         arrived();
                       }));
}

void AppDelivery::subscribe(std::vector<dapr::Subscription> wanted) {
  std::map<TopicName, dapr::Subscription> now;
  for (dapr::Subscription& subscription : wanted) {
    if (!may_subscribe(subscription)) continue;
    warn_of(subscription);
    TopicName name(subscription.component, subscription.topic);
    now.insert_or_assign(std::move(name), std::move(subscription));
  }
  for (const auto& [name, subscription] : subscriptions_) {
    if (!now.contains(name)) pubsubs_.find(name.first)->second->unsubscribe(name.second);
  }
  const auto before = std::exchange(subscriptions_, std::move(now));
  for (const auto& [name, subscription] : subscriptions_) {
    if (before.contains(name)) continue;  // it continues, with the new settings
    pubsubs_.find(name.first)
        ->second->subscribe(name.second, [this, name](const BusMessage& message, Acknowledge done) {
          on_message(name, message, std::move(done));
        });
  }
}

// Returns true if the app may subscribe. If not, logs the reason, because the app would wait for
// its events in vain.
bool AppDelivery::may_subscribe(const dapr::Subscription& subscription) {
  const auto refuse = [&](std::string_view message, std::string_view why = {}) {
    std::vector<LogField> fields = {{"pubsub", subscription.component},
                                    {"topic", subscription.topic}};
    if (!why.empty()) fields.emplace_back("reason", why);
    log_.write(Level::kError, message, fields);
    return false;
  };
  const auto pubsub = pubsubs_.find(subscription.component);
  if (pubsub == pubsubs_.end()) {
    return refuse("the app subscribes to a topic of an unknown component");
  }
  if (!scopes_of(subscription.component).may_subscribe(subscription.topic)) {
    return refuse(
        "the app may not subscribe to a topic: see allowedTopics, protectedTopics and "
        "subscriptionScopes of the component");
  }
  if (!raw_payload(subscription.metadata)) {
    return refuse("the app's subscription is invalid", "its metadata rawPayload is not a boolean");
  }
  if (auto checked = pubsub->second->check_topic(subscription.topic, TopicUse::kSubscribe);
      !checked) {
    return refuse("the app's subscription is invalid", checked.error().message());
  }
  return true;
}

// Warns about each setting of a subscription that the local sidecar does not support.
void AppDelivery::warn_of(const dapr::Subscription& subscription) {
  const auto warn = [&](std::string_view message, LogField fact) {
    log_.write(Level::kWarning, message,
               {{"pubsub", subscription.component}, {"topic", subscription.topic}, fact});
  };
  for (const dapr::Subscription::Rule& rule : subscription.rules) {
    if (can_match(rule.match)) continue;
    warn(
        "a rule never matches: the local sidecar supports only the CEL expression event.NAME == "
        "\"TEXT\" (or !=), also joined by && and ||; run Dapr for other expressions",
        {"match", rule.match});
  }
  if (subscription.bulk) {
    warn(
        "events are delivered one by one: the local sidecar does not deliver in bulk; run Dapr for "
        "bulk deliveries",
        {"member", "bulkSubscribe"});
  }
  for (const Header& entry : subscription.metadata) {
    if (entry.name != "unsubscribeOnClose" || !is_truthy(entry.value)) continue;
    warn("the topic stays subscribed when the sidecar ends; run Dapr to unsubscribe it then",
         {"metadata", entry.name});
  }
  const std::string& dead = subscription.dead_letter_topic;
  if (!dead.empty() && !scopes_of(subscription.component).may_publish(dead)) {
    warn(
        "the app may not publish to its dead-letter topic, so it gets no messages: see "
        "allowedTopics, protectedTopics and publishingScopes of the component",
        {"deadLetterTopic", dead});
  }
}

const TopicScopes& AppDelivery::scopes_of(std::string_view component) const {
  static const TopicScopes unrestricted;
  const auto found = rules_.scopes.find(component);
  return found == rules_.scopes.end() ? unrestricted : found->second;
}

void AppDelivery::start_inputs(const std::vector<std::string>& wanted) {
  for (const auto& [name, input] : inputs_) {
    const bool is_wanted =
        rules_.started_unasked.contains(name) || std::ranges::find(wanted, name) != wanted.end();
    const bool is_running = running_.contains(name);
    if (is_wanted && !is_running) {
      running_[name] = true;
      input->start([this](dapr::BindingEvent event, Acknowledge done) {
        on_input(std::move(event), std::move(done));
      });
    } else if (!is_wanted) {
      if (is_running) input->stop();
      running_.erase(name);
      log_.write(Level::kInfo, "the app does not want an input binding", {{"component", name}});
    }
  }
}

void AppDelivery::on_input(dapr::BindingEvent event, Acknowledge done) {
  if (held_) return done(Taken::kNo);
  auto answered = [this, component = event.component,
                   done = std::move(done)](AppAnswer answer) mutable {
    if (answer.verdict == Verdict::kUnreachable) away(answer.why);
    const Taken taken = answer.verdict == Verdict::kTaken ? Taken::kYes : Taken::kNo;
    if (taken == Taken::kNo) {
      log_.write(Level::kError, "the app did not take a binding's event",
                 {{"component", component}, {"reason", answer.why}});
    } else {
      for (const std::string& output : answer.reply.to) invoke_output_(output, answer.reply.data);
    }
    done(taken);
    finished();
  };
  ++under_way_;
  channel_.deliver(event, while_alive_(std::move(answered)));
}

void AppDelivery::on_message(const TopicName& name, const BusMessage& message, Acknowledge done) {
  const auto found = subscriptions_.find(name);
  if (found == subscriptions_.end()) return done(Taken::kNo);
  const dapr::Subscription& subscription = found->second;
  const Pubsub& pubsub = *pubsubs_.find(name.first)->second;
  PendingPtr pending(
      new PendingMessage{.name = name, .original = message, .done = std::move(done)});
  auto opened = open_envelope(
      {.bytes = message.data,
       .topic = message.topic,
       .metadata = pubsub.hands_subscription_metadata() ? subscription.metadata : message.metadata},
      subscription, loop_.clock().system_now(), random_);
  const bool is_unreadable = opened && !opened->unreadable.empty() && !channel_.hands_envelopes();
  if (!opened || is_unreadable) {
    log_.write(
        Level::kError,
        opened ? std::string_view("the data of a message cannot be read")
               : "a message is not a CloudEvent; subscribe with metadata rawPayload=true to get "
                 "other messages",
        {{"pubsub", name.first},
         {"topic", message.topic},
         {"reason", opened ? opened->unreadable : std::string_view("not a JSON object")}});
    // The app cannot read the message later either, and later messages wait behind it.
    if (subscription.dead_letter_topic.empty() && pubsub.repeats() == Pubsub::Repeats::kInFront) {
      return pending->done(Taken::kYes);
    }
    return dead_letter(subscription, std::move(pending));
  }
  const auto path = route(subscription, opened->event);
  if (opened->expired || !path) {
    log_.write(Level::kDebug, opened->expired ? "message expired" : "no rule matches a message",
               {{"pubsub", name.first}, {"topic", message.topic}, {"id", opened->event.id}});
    if (subscription.dead_letter_topic.empty()) return pending->done(Taken::kYes);
    return dead_letter(subscription, std::move(pending));
  }
  if (opened->loses_data && !channel_.hands_envelopes()) warn_of_lost_data(name, *opened);
  opened->event.path = *path;
  pending->opened = *std::move(opened);
  deliver(std::move(pending));
}

// daprd drops the data without a warning. The function would then run without data.
void AppDelivery::warn_of_lost_data(const TopicName& name, const TopicMessage& message) {
  constexpr std::size_t kMostTold = 1000;
  const std::string& type = message.event.content_type;
  if (told_of_lost_data_.size() >= kMostTold ||
      !told_of_lost_data_.insert(name.first + '\n' + name.second + '\n' + type).second) {
    return;
  }
  log_.write(
      Level::kWarning,
      "the app gets an event without its data, as with daprd: over gRPC, Dapr passes on data "
      "of the types "
      "text/*, application/xml, application/json, application/cloudevents+json and "
      "application/octet-stream "
      "only. Publish it as one of these, or subscribe with metadata rawPayload=true, or use "
      "APP_PROTOCOL=http",
      {{"pubsub", name.first},
       {"topic", name.second},
       {"id", message.event.id},
       {"datacontenttype", type.empty() ? std::string_view("(absent)") : type}});
}

void AppDelivery::deliver(PendingPtr pending) {
  if (!there_) {
    waiting_.push_back(std::move(pending));
    return;
  }
  const TopicMessage& message = pending->opened;
  ++under_way_;
  auto done = [this, pending = std::move(pending)](const AppAnswer& answer) mutable {
    answered(answer, std::move(pending));
    finished();
  };
  channel_.deliver(message, while_alive_(std::move(done)));
}

void AppDelivery::answered(const AppAnswer& answer, PendingPtr pending) {
  if (answer.verdict == Verdict::kTaken && answer.why.empty()) return pending->done(Taken::kYes);
  if (stopped_) return;
  if (answer.verdict == Verdict::kUnreachable) {
    away(answer.why);
    return deliver(std::move(pending));
  }
  if (!answer.why.empty()) {
    log_.write(Level::kWarning, "the app did not process a message",
               {{"pubsub", pending->name.first},
                {"topic", pending->original.topic},
                {"id", pending->opened.event.id},
                {"reason", answer.why}});
  }
  if (answer.verdict == Verdict::kTaken) return pending->done(Taken::kYes);
  const auto found = subscriptions_.find(pending->name);
  const bool has_dead_letter =
      found != subscriptions_.end() && !found->second.dead_letter_topic.empty();
  if (has_dead_letter) return dead_letter(found->second, std::move(pending));
  pending->done(answer.verdict == Verdict::kDropped ? Taken::kYes : Taken::kNo);
}

void AppDelivery::finished() {
  if (--under_way_ == 0 && when_idle_) loop_.post(std::exchange(when_idle_, nullptr));
}

void AppDelivery::when_idle(std::function<void()> done) {
  if (under_way_ == 0) return done();
  when_idle_ = std::move(done);
}

void AppDelivery::dead_letter(const dapr::Subscription& subscription, PendingPtr pending) {
  if (subscription.dead_letter_topic.empty()) return pending->done(Taken::kNo);
  if (!scopes_of(subscription.component).may_publish(subscription.dead_letter_topic)) {
    log_.write(Level::kError, "the app may not publish to its dead-letter topic",
               {{"pubsub", subscription.component}, {"topic", subscription.dead_letter_topic}});
    return pending->done(Taken::kNo);
  }
  pending->original.topic = subscription.dead_letter_topic;
  pubsubs_.find(subscription.component)
      ->second->publish(std::move(pending->original),
                        [done = std::move(pending->done)](const Result<void>& published) mutable {
                          done(published ? Taken::kYes : Taken::kNo);
                        });
}

}  // namespace ofn::localdapr
