// Implements Dapr's API (`dapr::DaprApi`) with the components of the local sidecar.
//
//   Components loaded = load_components("./components", options, log);
//   auto api = SidecarApi::create(loaded.components, {.app_id = "hello", .run = run}, loop, log);
//   dapr::Server server(**api);            // a wire::Handler, for wire::HttpSessions
//
// Codes and messages are daprd's. If they differ, it is a mistake here.
#pragma once

#include <expected>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/error.h"
#include "base/log.h"
#include "base/random.h"
#include "dapr/api.h"
#include "localdapr/app/app_delivery.h"
#include "localdapr/app/http_app_channel.h"
#include "localdapr/component.h"
#include "localdapr/component_type.h"
#include "localdapr/executor.h"
#include "localdapr/output_binding.h"
#include "localdapr/stores.h"
#include "loop/loop.h"

namespace ofn::localdapr {

struct SidecarApiOptions {
  std::string app_id;
  std::string version;  // of this program, for GetMetadata
  Executor run;
};

// Threads: calls come on `loop`, on which input bindings and topics live; `done` runs on any
// thread. Bindings and stores that block run on the executor, several at once.
// Lifetime: its loop outlives it; it outlives the tasks that it gave to the executor.
class SidecarApi final : public dapr::DaprApi {
 public:
  // Errors: one for each component of an unknown type or that cannot start, with its file and line.
  // If the component has ignoreErrors, it is left out with a warning instead.
  static std::expected<std::unique_ptr<SidecarApi>, std::vector<Error>> create(
      const std::vector<Component>& components, SidecarApiOptions options, Loop& loop, Log& log);

  void invoke_binding(dapr::BindingRequest request, dapr::ApiCall call,
                      dapr::BindingDone done) override;
  void publish(dapr::PublishRequest request, dapr::ApiCall call, dapr::PublishDone done) override;
  dapr::SidecarInfo describe() const override;

  // For the code that delivers to the app.
  const Inputs& inputs() const { return inputs_; }
  const Pubsubs& pubsubs() const { return pubsubs_; }
  const DeliveryRules& rules() const { return rules_; }
  // The routes of those input bindings that have one.
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
  SidecarApi(SidecarApiOptions options, Loop& loop, Log& log);
  template <class Request, class Argument, class Reply>
  void on_stores(Request request, Result<Reply> (Stores::*act)(Argument) const,
                 dapr::ApiDone<Reply> done);
  Result<void> add(const Component& component);
  Result<void> add_parts(const Component& component, const ComponentType& type,
                         const Direction& direction, Parts parts);

  SidecarApiOptions options_;
  Loop& loop_;
  Log& log_;
  Random random_;
  dapr::SidecarInfo info_;
  std::map<std::string, std::unique_ptr<OutputBinding>, std::less<>> bindings_;
  Inputs inputs_;
  Pubsubs pubsubs_;
  DeliveryRules rules_;
  InputRoutes routes_;
  Stores stores_;
};

}  // namespace ofn::localdapr
