// Implements Dapr's API (`dapr::DaprApi`) with the components of the local sidecar.
//
//   Components loaded = load_components("./components", options, log);
//   auto api = SidecarApi::create(loaded.components, {.app_id = "hello", .run = run}, loop, log);
//   dapr::Server server(**api);            // a wire::Handler, for wire::HttpSessions
//
// Codes and messages are daprd's. If they differ, it is a mistake here.
#pragma once

#include <cstdint>
#include <expected>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
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

// What became of a component when the component files were read again.
struct ComponentChange {
  enum class What : std::uint8_t { kAdded, kChanged, kRemoved };
  What what = What::kChanged;
  std::string name{};
  std::string type{};
  std::string lost{};  // "3 messages that waited in it"; empty: nothing
};

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

  // Serves these components from now on. Only those that are new or declared in another way are made; the others go on, with all
  // that they hold. With another app id all are made anew. Secret stores are always read again, because they hold nothing of their own.
  // `ends` hears the name of each component just before it ends. Calls that an ended component has begun are still answered by it.
  // Errors: those of create(); then nothing has changed.
  using Ends = std::function<void(const std::string& name)>;
  std::expected<std::vector<ComponentChange>, std::vector<Error>> replace(
      const std::vector<Component>& components, const std::string& app_id, const Ends& ends);

  void invoke_binding(dapr::BindingRequest request, dapr::ApiCall call,
                      dapr::BindingDone done) override;
  void publish(dapr::PublishRequest request, dapr::ApiCall call, dapr::PublishDone done) override;
  void publish_all(dapr::BulkPublishRequest request, dapr::ApiCall call,
                   dapr::BulkPublishDone done) override;
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
  // Returns the pubsub that takes a message for that topic. Errors: why none does, as Dapr says it.
  Result<Pubsub*> pubsub_for(const std::string& component, const std::string& topic) const;
  // Each running call of a component has a copy of the pointer to it.
  struct Calls {};
  // A component that is replaced, until its calls are answered. So it never ends inside its own callback.
  struct Ended {
    std::shared_ptr<Calls> calls;
    std::unique_ptr<OutputBinding> binding{};
    std::unique_ptr<Pubsub> pubsub{};
  };
  // A component that is made, and not served yet.
  struct Made {
    const Component* component = nullptr;
    const ComponentType* type = nullptr;
    Direction direction{};
    Parts parts{};
  };
  Result<Made> make(const Component& component, const std::string& app_id) const;
  std::vector<Made> make_all(const std::vector<Component>& components, const std::string& app_id,
                             Stores& stores, std::vector<Error>& problems) const;
  const Component* find(std::string_view name) const;
  bool goes_on(const Component& component, const std::string& app_id) const;
  std::string what_ends_with(const std::string& name) const;
  void remove(const std::string& name);
  void add(Made made);
  void forget_answered();

  SidecarApiOptions options_;
  Loop& loop_;
  Log& log_;
  Random random_;
  dapr::SidecarInfo info_;
  std::vector<Component> components_;  // all that are declared
  std::map<std::string, std::unique_ptr<OutputBinding>, std::less<>> bindings_;
  Inputs inputs_;
  Pubsubs pubsubs_;
  DeliveryRules rules_;
  InputRoutes routes_;
  std::shared_ptr<const Stores> stores_;  // shared with the calls that run
  std::map<std::string, std::shared_ptr<Calls>, std::less<>> calls_;  // of each component
  std::vector<Ended> ended_;
  Timer look_at_ended_;
};

}  // namespace ofn::localdapr
