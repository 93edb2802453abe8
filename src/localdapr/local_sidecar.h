// The embedded sidecar: components in, Dapr's API out. It exists so that a function with outputs runs
// on a laptop with nothing else installed; production uses Dapr itself.
//
//   Components loaded = load_components("./components", …);
//   auto sidecar = LocalSidecar::create(loaded.components, {.app_id = "hello", …}, clock, log);
//   dapr::Server server(**sidecar, …);         // a wire::Handler: give it to a listener
//
// Codes and words are daprd's; where they differ, daprd is right.
#pragma once

#include <expected>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/error.h"
#include "base/log.h"
#include "base/random.h"
#include "dapr/api.h"
#include "localdapr/app_delivery.h"
#include "localdapr/component.h"
#include "localdapr/executor.h"
#include "localdapr/http_app_channel.h"
#include "localdapr/known_properties.h"
#include "localdapr/mosquitto_library.h"
#include "localdapr/mqtt_link.h"
#include "localdapr/output_binding.h"
#include "localdapr/stores.h"
#include "loop/loop.h"

namespace ofn::localdapr {

struct LocalSidecarOptions {
  std::string app_id;
  std::string version;  // of this program, for GetMetadata
  Executor run;
};

// Threads: calls come on `loop`, which input bindings and topics live on; `done` runs on any. Bindings and stores run on the executor, several at once.
// Lifetime: its loop outlives it; it outlives what it gave the executor.
class LocalSidecar final : public dapr::DaprApi {
 public:
  // Errors: one for each component that has no type here or cannot start, with its file and line,
  //   unless it says ignoreErrors: then it is left out with a warning.
  static std::expected<std::unique_ptr<LocalSidecar>, std::vector<Error>> create(
      const std::vector<Component>& components, LocalSidecarOptions options, Loop& loop, Log& log);

  void invoke_binding(dapr::BindingRequest request, dapr::ApiCall call,
                      dapr::BindingDone done) override;
  void publish(dapr::PublishRequest request, dapr::ApiCall call, dapr::PublishDone done) override;
  dapr::SidecarInfo describe() const override;

  // For whoever delivers to the app.
  const Inputs& inputs() const { return inputs_; }
  const Pubsubs& pubsubs() const { return pubsubs_; }
  const DeliveryRules& rules() const { return rules_; }
  // Of input bindings that have one.
  const InputRoutes& routes() const { return routes_; }

  void get_state(GetState request, dapr::ApiCall call, dapr::ApiDone<StateValue> done) override;
  void get_bulk_state(GetBulkState request, dapr::ApiCall call,
                      dapr::ApiDone<std::vector<StateValue>> done) override;
  void save_state(StateItems request, dapr::ApiCall call, dapr::ApiDone<void> done) override;
  void delete_state(DeleteState request, dapr::ApiCall call, dapr::ApiDone<void> done) override;
  void delete_bulk_state(StateItems request, dapr::ApiCall call, dapr::ApiDone<void> done) override;
  void transact_state(StateTransaction request, dapr::ApiCall call,
                      dapr::ApiDone<void> done) override;
  void get_secret(GetSecret request, dapr::ApiCall call, dapr::ApiDone<Secret> done) override;
  void get_bulk_secret(GetBulkSecret request, dapr::ApiCall call,
                       dapr::ApiDone<std::vector<Secret>> done) override;
  void invoke_service(InvokeService request, dapr::ApiCall call,
                      dapr::ApiDone<InvokeReply> done) override;

 private:
  LocalSidecar(LocalSidecarOptions options, Loop& loop, Log& log);
  template <class Request, class Argument, class Reply>
  void on_stores(Request request, Result<Reply> (Stores::*act)(Argument) const,
                 dapr::ApiDone<Reply> done);
  Result<void> add(const Component& component);
  Result<void> add_binding(const Component& component);
  Result<void> add_pubsub(const Component& component);
  void describe_component(const Component& component, std::vector<std::string> capabilities);
  // The ways that it has opened.
  Result<std::vector<std::string>> add_mqtt_binding(
      const Component& component, const Direction& direction,
      const std::function<void(std::unique_ptr<InputBinding>)>& add_input);
  Result<void> add_redis_pubsub(const Component& component);
  Result<void> add_mqtt_pubsub(const Component& component);
  MakeMqttLink link_maker(const MosquittoLibrary& library, const MqttBroker& broker) const;

  LocalSidecarOptions options_;
  Loop& loop_;
  Log& log_;
  Random random_;
  dapr::SidecarInfo info_;
  std::map<std::string, std::unique_ptr<OutputBinding>, std::less<>> bindings_;
  std::map<std::string, std::unique_ptr<AsyncOutputBinding>, std::less<>> async_bindings_;
  Inputs inputs_;
  Pubsubs pubsubs_;
  DeliveryRules rules_;
  InputRoutes routes_;
  Stores stores_;
};

}  // namespace ofn::localdapr
