// Asks the app which topics and input bindings it uses, and delivers their events to it, as daprd
// does.
//
//   AppDelivery delivery(sidecar.inputs(), sidecar.pubsubs(), channel, invoke_output, loop, log, rules);
//   delivery.start();
//
// It asks for topics and input bindings as soon as the app listens, and again after the app was
// unreachable. If the app does not take a message, the component repeats it, or it goes to the
// dead-letter topic.
#pragma once

#include <cstddef>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/log.h"
#include "base/random.h"
#include "base/while_alive.h"
#include "localdapr/app/app_channel.h"
#include "localdapr/input_binding.h"
#include "localdapr/pubsub.h"
#include "localdapr/topic_scopes.h"
#include "loop/loop.h"

namespace ofn::localdapr {

using Inputs = std::map<std::string, std::unique_ptr<InputBinding>, std::less<>>;
using Pubsubs = std::map<std::string, std::unique_ptr<Pubsub>, std::less<>>;
// Sends `data` of an app's reply to a binding's event to an output binding.
using InvokeOutput = std::function<void(const std::string& component, std::string data)>;

// The rules for deliveries from the component files.
struct DeliveryRules {
  std::set<std::string, std::less<>>
      started_unasked;  // input bindings whose direction names "input"
  std::map<std::string, TopicScopes, std::less<>> scopes;  // of topic components
};

// Differs from daprd: if nothing listens on the app's port, this class waits for the app, asks for
// its lists again, and then delivers the messages that are waiting.
// Threads: its loop's. Lifetime: all constructor arguments outlive it.
class AppDelivery {
 public:
  AppDelivery(const Inputs& inputs, const Pubsubs& pubsubs, AppChannel& channel,
              InvokeOutput invoke_output, Loop& loop, Log& log, const DeliveryRules& rules);
  AppDelivery(const AppDelivery&) = delete;
  AppDelivery& operator=(const AppDelivery&) = delete;
  ~AppDelivery();

  // Asks the app, and begins to deliver. Call it again when another process has become the app, because it may want other topics and
  // bindings; what it still wants goes on without a gap.
  void start();
  // No process is the app at present: messages wait, and events of input bindings are dropped, until start() is called again.
  void hold();
  // Call it before the component of this name ends: ends its subscriptions and its events. Its messages that wait for the app are
  // dropped; the component decides whether they come again.
  void forget(std::string_view component);
  // Components have been added: asks the app whether it wants their topics and events. The others go on without a gap.
  void components_changed();
  // Begins no new delivery. If the app takes a delivery that is running, it is still acknowledged.
  void stop();
  bool is_idle() const { return under_way_ == 0; }
  // Runs `done` when no delivery is running and everything is acknowledged. Call it once, after
  // stop().
  void when_idle(std::function<void()> done);

 private:
  using TopicName = std::pair<std::string, std::string>;  // component, topic

  // A message of a topic, from its arrival until its acknowledgement.
  struct PendingMessage {
    TopicName name;         // of the subscription
    BusMessage original;    // as the bus delivered it, for the dead-letter topic
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
  const DeliveryRules& rules_;
  Random random_;
  Timer again_;
  std::map<TopicName, dapr::Subscription> subscriptions_;
  std::map<std::string, bool, std::less<>> running_;  // inputs
  std::deque<PendingPtr> waiting_;                    // for an app that is unreachable
  std::size_t under_way_ = 0;
  std::function<void()> when_idle_;
  bool there_ = false;
  bool told_away_ = false;
  bool held_ = false;
  bool stopped_ = false;
  // The topics and types for which the log already says that their data does not reach the app;
  // bounded.
  std::set<std::string> told_of_lost_data_;
  WhileAlive while_alive_;
};

}  // namespace ofn::localdapr
