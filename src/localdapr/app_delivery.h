// The app gets what it wants: asked once it is there, then handed what input bindings and topics bring,
// as daprd does it.
//
//   AppDelivery delivery(sidecar.inputs(), sidecar.pubsubs(), channel, invoke_output, loop, log);
//   delivery.start();
//
// The app is asked for its topics and its input bindings as soon as it listens, and again when it was
// away; what it does not take is the component's to repeat, or goes to the dead-letter topic.
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
#include "localdapr/app_channel.h"
#include "localdapr/input_binding.h"
#include "localdapr/pubsub.h"
#include "localdapr/topic_scopes.h"
#include "loop/loop.h"

namespace ofn::localdapr {

using Inputs = std::map<std::string, std::unique_ptr<InputBinding>, std::less<>>;
using Pubsubs = std::map<std::string, std::unique_ptr<Pubsub>, std::less<>>;
// What an app's answer to a binding's event asks for: `data` for an output binding.
using InvokeOutput = std::function<void(const std::string& component, std::string data)>;

// What the component files say of who may have what, and how.
struct DeliveryRules {
  std::set<std::string, std::less<>>
      started_unasked;  // input bindings whose direction names "input"
  std::map<std::string, TopicScopes, std::less<>> scopes;  // of topic components
};

// Differs from daprd: an app that nobody listens for is waited for, and what it could not be handed is
//   handed to it then; its lists are asked again.
// Threads: its loop's. Lifetime: all that it is given outlives it.
class AppDelivery {
 public:
  AppDelivery(const Inputs& inputs, const Pubsubs& pubsubs, AppChannel& channel,
              InvokeOutput invoke_output, Loop& loop, Log& log, DeliveryRules rules = {});
  AppDelivery(const AppDelivery&) = delete;
  AppDelivery& operator=(const AppDelivery&) = delete;
  ~AppDelivery();

  void start();
  // Nothing new is delivered; what the app takes of what is under way is still acknowledged.
  void stop();
  bool is_idle() const { return under_way_ == 0; }
  // Runs `done` when nothing is under way any more, and acknowledged: once, after stop().
  void when_idle(std::function<void()> done);

 private:
  using TopicName = std::pair<std::string, std::string>;  // component, topic

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
  void deliver(std::shared_ptr<TopicMessage> message, TopicName name, BusMessage original,
               Acknowledge done);
  void answered(const AppAnswer& answer, std::shared_ptr<TopicMessage> message, TopicName name,
                BusMessage original, Acknowledge done);
  void finished();
  void dead_letter(const dapr::Subscription& subscription, BusMessage message, Acknowledge done);

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
  std::deque<Task> waiting_;                          // for an app that is away
  std::size_t under_way_ = 0;
  std::function<void()> when_idle_;
  bool there_ = false;
  bool told_away_ = false;
  bool stopped_ = false;
  // Topics and types of which it was said that their data does not reach the app; bounded.
  std::set<std::string> told_of_lost_data_;
  // Callbacks of what is under way look whether this still exists.
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

}  // namespace ofn::localdapr
