// Asks the app which topics and input bindings it wants, and then delivers what these bring, as daprd does.
//
//   AppDelivery delivery(sidecar.inputs(), sidecar.pubsubs(), channel, invoke_output, loop, log);
//   delivery.start();
//
// The app is asked for its topics and its input bindings as soon as it listens, and again after it was away. What it does not
// take is repeated by the component, or goes to the dead letter topic.
#pragma once

#include <cstddef>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "base/log.h"
#include "base/random.h"
#include "localdapr/app/app_channel.h"
#include "localdapr/input_binding.h"
#include "localdapr/pubsub.h"
#include "localdapr/topic_scopes.h"
#include "loop/loop.h"

namespace ofn::localdapr {

using Inputs = std::map<std::string, std::unique_ptr<InputBinding>, std::less<>>;
using Pubsubs = std::map<std::string, std::unique_ptr<Pubsub>, std::less<>>;
// Sends what an app's answer to a binding's event asks for: `data` for an output binding.
using InvokeOutput = std::function<void(const std::string& component, std::string data)>;

// The rules of delivery that the component files set.
struct DeliveryRules {
  std::set<std::string, std::less<>>
      started_unasked;  // input bindings whose direction names "input"
  std::map<std::string, TopicScopes, std::less<>> scopes;  // of topic components
};

// Differs from daprd: if nothing listens on the app's port, this waits for the app, asks for its lists again, and then delivers
//   what it could not deliver before.
// Threads: its loop's. Lifetime: everything that it is given outlives it.
class AppDelivery {
 public:
  AppDelivery(const Inputs& inputs, const Pubsubs& pubsubs, AppChannel& channel,
              InvokeOutput invoke_output, Loop& loop, Log& log, DeliveryRules rules = {});
  AppDelivery(const AppDelivery&) = delete;
  AppDelivery& operator=(const AppDelivery&) = delete;
  ~AppDelivery();

  void start();
  // Delivers nothing new. What the app takes of the deliveries under way is still acknowledged.
  void stop();
  bool is_idle() const { return under_way_ == 0; }
  // Runs `done` when nothing is under way any more and everything is acknowledged. Call this once, after stop().
  void when_idle(std::function<void()> done);

 private:
  using TopicName = std::pair<std::string, std::string>;  // component, topic

  // A message of a topic, from its arrival until it is acknowledged.
  struct PendingMessage {
    TopicName name;         // of the subscription
    BusMessage original;    // as the bus has it, for the dead letter topic
    TopicMessage opened{};  // as the app gets it
    Acknowledge done;
  };
  using PendingPtr = std::unique_ptr<PendingMessage>;

  void ask();
  void ask_inputs();
  void away(std::string_view why);
  void subscribe(std::vector<dapr::Subscription> wanted);
  bool may_subscribe(const dapr::Subscription& subscription);
  void warn_of(const dapr::Subscription& subscription);
  void warn_of_lost_data(const TopicName& name, const TopicMessage& message);
  const TopicScopes& scopes_of(std::string_view component) const;
  void start_inputs(const std::vector<std::string>& wanted);
  void on_input(dapr::BindingEvent event, Acknowledge done);
  void on_message(const TopicName& name, const BusMessage& message, Acknowledge done);
  void deliver(PendingPtr pending);
  void answered(const AppAnswer& answer, PendingPtr pending);
  void finished();
  void dead_letter(const dapr::Subscription& subscription, PendingPtr pending);

  const Inputs& inputs_;
  const Pubsubs& pubsubs_;
  AppChannel& channel_;
  InvokeOutput invoke_output_;
  Loop& loop_;
  Log& log_;
  const DeliveryRules rules_;
  Random random_;
  Timer again_;
  std::map<TopicName, dapr::Subscription> subscriptions_;
  std::map<std::string, bool, std::less<>> running_;  // inputs
  std::deque<PendingPtr> waiting_;                    // for an app that is away
  std::size_t under_way_ = 0;
  std::function<void()> when_idle_;
  bool there_ = false;
  bool told_away_ = false;
  bool stopped_ = false;
  // Topics and types for which the log says that their data does not reach the app; bounded.
  std::set<std::string> told_of_lost_data_;
  // Callbacks of deliveries under way look whether this still exists.
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

}  // namespace ofn::localdapr
