// What the app tells its sidecar it wants, from the context's triggers.
//
//   auto wanted = Subscriptions::of(context);
//   wanted->topics();        // for ListTopicSubscriptions
//   wanted->bindings();      // for ListInputBindings
#pragma once

#include <cstddef>
#include <expected>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "context/function_context.h"
#include "dapr/app_codec.h"

namespace ofn {

// How one trigger's deliveries are treated.
struct InputRules {
  const Trigger* trigger = nullptr;
  bool in_order = false;         // one at a time, as they come
  std::size_t max_failures = 0;  // of one event, then it is dropped; 0: never
};

// A topic's metadata says more than what goes to the broker. These keys are read here; every other
// is passed on, rawPayload=true among them:
//   deadLetterTopic    where the sidecar puts what is dropped
//   bulkSubscribe      true: several messages in one delivery, as many as maxMessagesCount, awaited
//                      for maxAwaitDurationMs
//   routes             {"rules":[{"match":"event.type == \"a\"","path":"/a"}],"default":"/b"}
//   inOrder            true
//   maxFailures        a number from 1
//
// Lifetime: the context outlives it. Threads: any (const). Cost: searches are linear.
class Subscriptions {
 public:
  // Errors: kInvalidArgument, naming the trigger, the key, what was expected; all of them.
  static std::expected<Subscriptions, std::vector<Error>> of(const FunctionContext& context);

  const std::vector<dapr::Subscription>& topics() const noexcept { return topics_; }
  const std::vector<std::string>& bindings() const noexcept { return bindings_; }
  const std::vector<InputRules>& inputs() const noexcept { return inputs_; }

  // What a delivery belongs to; null: nothing that this function wants.
  const InputRules* binding(std::string_view component) const noexcept;
  // The platform's proxy says the topic as the path; without a component, the topic's only trigger.
  const InputRules* topic(std::string_view component, std::string_view topic,
                          std::string_view path) const noexcept;

  // For errors: `"orders" (component "bus")`, …
  std::string names() const;

 private:
  std::vector<dapr::Subscription> topics_;
  std::vector<std::string> bindings_;
  std::vector<InputRules> inputs_;  // in the order of the context's triggers
};

}  // namespace ofn
