#include "localdapr/local_sidecar.h"

#include <algorithm>
#include <array>
#include <span>
#include <string_view>
#include <utility>

#include "localdapr/cron_binding.h"
#include "localdapr/curl_client.h"
#include "localdapr/envelope.h"
#include "localdapr/hiredis_link.h"
#include "localdapr/http_binding.h"
#include "localdapr/in_memory_pubsub.h"
#include "localdapr/local_storage.h"
#include "localdapr/memory_state.h"
#include "localdapr/mosquitto_link.h"
#include "localdapr/mqtt_binding.h"
#include "localdapr/mqtt_pubsub.h"
#include "localdapr/redis_binding.h"
#include "localdapr/redis_pubsub.h"
#include "localdapr/redis_settings.h"
#include "localdapr/sqlite_state.h"

namespace ofn::localdapr {
namespace {

using MakeBinding = Result<std::unique_ptr<OutputBinding>> (*)(const Component&, const Clock&);

struct BindingType {
  std::string_view type;
  MakeBinding make;
};

constexpr std::array<BindingType, 2> kBindingTypes = {{
    {"bindings.http",
     [](const Component& component, const Clock& clock) {
       return HttpBinding::create(
           component,
           [&clock](const HttpClientOptions& options) { return make_curl_client(options, clock); },
           clock);
     }},
    {"bindings.localstorage",
     [](const Component& component, const Clock& /*clock*/) {
       return LocalStorage::create(component);
     }},
}};

using MakeState = Result<std::unique_ptr<StateStore>> (*)(const Component&, const Clock&);

struct StateType {
  std::string_view type;
  MakeState make;
  std::vector<std::string> capabilities;
};

const std::array<StateType, 2>& state_types() {
  static const std::array<StateType, 2> types = {{
      {"state.in-memory",
       [](const Component& /*component*/, const Clock& clock)
           -> Result<std::unique_ptr<StateStore>> { return std::make_unique<MemoryState>(clock); },
       {"ETAG", "TRANSACTIONAL", "TTL", "DELETE_WITH_PREFIX", "ACTOR"}},
      {"state.sqlite", SqliteState::create, {"ETAG", "TRANSACTIONAL", "TTL", "ACTOR"}},
  }};
  return types;
}

constexpr std::string_view kCron = "bindings.cron";
constexpr std::string_view kMqttBinding = "bindings.mqtt3";
constexpr std::string_view kRedisBinding = "bindings.redis";
constexpr std::string_view kInMemory = "pubsub.in-memory";
constexpr std::string_view kMqttPubsub = "pubsub.mqtt3";
constexpr std::string_view kRedisPubsub = "pubsub.redis";
constexpr std::string_view kSecretFile = "secretstores.local.file";

// As daprd: no version, v0 and v1 are the first version of a type.
bool is_first_version(std::string_view version) {
  return version.empty() || same_field_name(version, "v0") || same_field_name(version, "v1");
}

Error unknown_type(const Component& component) {
  std::string message = "the local sidecar has no component type '" + component.type;
  if (!is_first_version(component.version)) message += "/" + component.version;
  message.append("'; it has ").append(kCron).append(", ");
  for (const BindingType& known : kBindingTypes) message.append(known.type).append(", ");
  message.append(kMqttBinding).append(", ").append(kRedisBinding);
  for (const std::string_view bus : {kInMemory, kMqttPubsub, kRedisPubsub}) {
    message.append(", ").append(bus);
  }
  for (const StateType& known : state_types()) message.append(", ").append(known.type);
  message.append(", ").append(kSecretFile);
  message += ". Run Dapr for others (dapr run) and set DAPR_GRPC_PORT to its gRPC port";
  return {Code::kUnimplemented, std::move(message)};
}

// daprd's one form for whatever goes wrong with a binding. `context`: metadata of what failed.
std::unexpected<Error> binding_failure(std::string_view name, std::string_view why,
                                       Error::Context context = {}) {
  std::string message = "error invoking output binding ";
  message.append(name).append(": ").append(why);
  return fail(Code::kInternal, std::move(message), std::move(context));
}

// Why the request cannot be invoked; empty: it can. `operations`: none, where there is no such binding.
std::string refusal(const dapr::BindingRequest& request,
                    std::span<const std::string_view> operations) {
  if (request.operation.empty()) return "operation field is missing from request";
  if (operations.empty()) return "couldn't find output binding " + request.component;
  std::string supported;
  for (std::string_view operation : operations) {
    if (operation == request.operation) return {};
    if (!supported.empty()) supported.push_back(' ');
    supported.append(operation);
  }
  return "binding " + request.component + " does not support operation " + request.operation +
         ". supported operations:" + supported;
}

// The call's own trace context, for bindings that pass it on. It wins over the metadata's, as in
// daprd; baggage does, too.
void add_trace(std::vector<Header>& metadata, std::string_view name, std::string&& value) {
  if (value.empty()) return;
  std::erase_if(metadata, [name](const Header& entry) { return entry.name == name; });
  metadata.push_back({std::string(name), std::move(value)});
}

}  // namespace

LocalSidecar::LocalSidecar(LocalSidecarOptions options, Loop& loop, Log& log)
    : options_(std::move(options)), loop_(loop), log_(log), stores_(options_.app_id) {
  info_.id = options_.app_id;
  info_.runtime_version = options_.version;
}

std::expected<std::unique_ptr<LocalSidecar>, std::vector<Error>> LocalSidecar::create(
    const std::vector<Component>& components, LocalSidecarOptions options, Loop& loop, Log& log) {
  std::unique_ptr<LocalSidecar> sidecar(new LocalSidecar(std::move(options), loop, log));
  std::vector<Error> problems;
  for (const Component& component : components) {
    auto added = sidecar->add(component);
    if (added) continue;
    Error& error = added.error();
    error.with("component", component.name)
        .with("file", component.file)
        .with("line", std::to_string(component.line));
    if (component.ignore_errors) {
      log.write(Level::kWarning, "component left out, as its ignoreErrors says",
                {{"component", component.name}, {"problem", error.text()}});
    } else {
      problems.push_back(std::move(error));
    }
  }
  if (!problems.empty()) return std::unexpected(std::move(problems));
  return sidecar;
}

Result<void> LocalSidecar::add(const Component& component) {
  if (!is_first_version(component.version)) return std::unexpected(unknown_type(component));
  if (auto checked = check_properties(component, log_); !checked) return checked;
  if (same_field_name(component.type.substr(0, 7), "pubsub.")) return add_pubsub(component);
  if (same_field_name(component.type.substr(0, 9), "bindings.")) return add_binding(component);
  if (same_field_name(component.type, kSecretFile)) {
    auto secrets = SecretFile::create(component);
    if (!secrets) return std::unexpected(std::move(secrets.error()));
    stores_.add(component.name, *std::move(secrets));
    describe_component(component, {});
    return {};
  }
  for (const StateType& known : state_types()) {
    if (!same_field_name(component.type, known.type)) continue;
    auto store = known.make(component, loop_.clock());
    if (!store) return std::unexpected(std::move(store.error()));
    if (auto added = stores_.add(component, *std::move(store)); !added) return added;
    describe_component(component, known.capabilities);
    return {};
  }
  return std::unexpected(unknown_type(component));
}

void LocalSidecar::describe_component(const Component& component,
                                      std::vector<std::string> capabilities) {
  info_.components.push_back({.name = component.name,
                              .type = component.type,
                              .version = component.version,
                              .capabilities = std::move(capabilities)});
}

Result<void> LocalSidecar::add_pubsub(const Component& component) {
  rules_.scopes.insert_or_assign(component.name, TopicScopes(component, options_.app_id));
  if (same_field_name(component.type, kMqttPubsub)) return add_mqtt_pubsub(component);
  if (same_field_name(component.type, kRedisPubsub)) return add_redis_pubsub(component);
  if (!same_field_name(component.type, kInMemory)) return std::unexpected(unknown_type(component));
  pubsubs_.emplace(component.name, std::make_unique<InMemoryPubsub>(component.name, loop_, log_));
  describe_component(component, {"SUBSCRIBE_WILDCARDS"});
  return {};
}

// A way that the component's direction closes is not there: nothing comes in, or `couldn't find output binding`.
Result<void> LocalSidecar::add_binding(const Component& component) {
  const auto direction = direction_of(component);
  if (!direction) return std::unexpected(direction.error());
  const auto add_input = [&](std::unique_ptr<InputBinding> input) {
    if (direction->starts_unasked) rules_.started_unasked.insert(component.name);
    if (std::string route = route_of(component); !route.empty())
      routes_.insert_or_assign(component.name, std::move(route));
    inputs_.emplace(component.name, std::move(input));
  };
  std::vector<std::string> capabilities;
  if (same_field_name(component.type, kCron)) {
    auto cron = CronBinding::create(component, loop_);
    if (!cron) return std::unexpected(std::move(cron.error()));
    if (direction->input) {
      add_input(*std::move(cron));
      capabilities.emplace_back("INPUT_BINDING");
    }
  } else if (same_field_name(component.type, kMqttBinding)) {
    auto added = add_mqtt_binding(component, *direction, add_input);
    if (!added) return std::unexpected(std::move(added.error()));
    capabilities = *std::move(added);
  } else if (same_field_name(component.type, kRedisBinding)) {
    auto settings = redis_settings(component, options_.app_id);
    if (!settings) return std::unexpected(std::move(settings.error()));
    if (direction->output) {
      async_bindings_.emplace(
          component.name, std::make_unique<RedisBinding>(
                              make_hiredis_link(std::move(settings->server), loop_, log_), loop_));
      capabilities.emplace_back("OUTPUT_BINDING");
    }
  } else {
    const auto* known = std::ranges::find_if(kBindingTypes, [&component](const BindingType& type) {
      return same_field_name(component.type, type.type);
    });
    if (known == kBindingTypes.end()) return std::unexpected(unknown_type(component));
    auto binding = known->make(component, loop_.clock());
    if (!binding) return std::unexpected(std::move(binding.error()));
    if (direction->output) {
      bindings_.emplace(component.name, *std::move(binding));
      capabilities.emplace_back("OUTPUT_BINDING");
    }
  }
  if (capabilities.empty()) {
    log_.write(Level::kWarning,
               "a component does nothing: its type does not have the direction that it says",
               {{"component", component.name}, {"type", component.type}, {"file", component.file}});
  }
  describe_component(component, std::move(capabilities));
  return {};
}

Result<std::vector<std::string>> LocalSidecar::add_mqtt_binding(
    const Component& component, const Direction& direction,
    const std::function<void(std::unique_ptr<InputBinding>)>& add_input) {
  const auto settings = mqtt_binding_settings(component);
  if (!settings) return std::unexpected(settings.error());
  const auto library = open_mosquitto(kMqttBinding);
  if (!library) return std::unexpected(library.error());
  const auto make_link = link_maker(*library, settings->broker);
  std::vector<std::string> capabilities;
  if (direction.input) {
    auto input = MqttInput::create(component.name, *settings, make_link, loop_, log_);
    if (!input) return std::unexpected(std::move(input.error()));
    add_input(*std::move(input));
    capabilities.emplace_back("INPUT_BINDING");
  }
  if (direction.output) {
    auto output = MqttOutput::create(*settings, make_link, loop_);
    if (!output) return std::unexpected(std::move(output.error()));
    async_bindings_.emplace(component.name, *std::move(output));
    capabilities.emplace_back("OUTPUT_BINDING");
  }
  return capabilities;
}

Result<void> LocalSidecar::add_mqtt_pubsub(const Component& component) {
  const auto settings = mqtt_pubsub_settings(component, options_.app_id);
  if (!settings) return std::unexpected(settings.error());
  const auto library = open_mosquitto(kMqttPubsub);
  if (!library) return std::unexpected(library.error());
  auto pubsub = MqttPubsub::create(*settings, link_maker(*library, settings->broker), loop_, log_);
  if (!pubsub) return std::unexpected(std::move(pubsub.error()));
  pubsubs_.emplace(component.name, *std::move(pubsub));
  describe_component(component, {"SUBSCRIBE_WILDCARDS"});
  return {};
}

Result<void> LocalSidecar::add_redis_pubsub(const Component& component) {
  auto settings = redis_settings(component, options_.app_id);
  if (!settings) return std::unexpected(std::move(settings.error()));
  auto make_link = [this, server = settings->server] {
    return make_hiredis_link(server, loop_, log_);
  };
  pubsubs_.emplace(component.name, std::make_unique<RedisPubsub>(
                                       *std::move(settings), std::move(make_link), loop_, log_));
  describe_component(component, {});
  return {};
}

MakeMqttLink LocalSidecar::link_maker(const MosquittoLibrary& library,
                                      const MqttBroker& broker) const {
  return [this, library, broker](std::string client_id, MqttRole role) {
    return make_mosquitto_link(library,
                               {.broker = broker, .client_id = std::move(client_id), .role = role},
                               options_.run, loop_, log_);
  };
}

void LocalSidecar::invoke_binding(dapr::BindingRequest request, dapr::ApiCall call,
                                  dapr::BindingDone done) {
  const auto found = bindings_.find(request.component);
  OutputBinding* binding = found == bindings_.end() ? nullptr : found->second.get();
  const auto asynchronous = async_bindings_.find(request.component);
  std::span<const std::string_view> operations;
  if (binding != nullptr) operations = binding->operations();
  if (asynchronous != async_bindings_.end()) operations = asynchronous->second->operations();
  if (const std::string why = refusal(request, operations); !why.empty()) {
    return done(binding_failure(request.component, why));
  }
  if (binding == nullptr) {
    auto answer = [component = request.component,
                   done = std::move(done)](Result<SidecarReply> reply) mutable {
      if (reply) return done(std::move(reply));
      done(binding_failure(component, reply.error().message(), reply.error().context()));
    };
    return asynchronous->second->invoke(std::move(request), call.deadline, std::move(answer));
  }
  add_trace(request.metadata, "traceparent", std::move(call.traceparent));
  add_trace(request.metadata, "tracestate", std::move(call.tracestate));
  add_trace(request.metadata, "baggage", std::move(call.baggage));
  options_.run([this, binding, deadline = call.deadline, request = std::move(request),
                done = std::move(done)]() mutable {
    auto reply = binding->invoke(request, deadline);
    log_.write(Level::kDebug, reply ? "binding invoked" : "binding failed",
               {{"component", request.component}, {"operation", request.operation}});
    if (reply) return done(std::move(reply));
    done(binding_failure(request.component, reply.error().message(), reply.error().context()));
  });
}

void LocalSidecar::publish(dapr::PublishRequest request, dapr::ApiCall call,
                           dapr::PublishDone done) {
  if (request.component.empty()) {
    return done(fail(Code::kInvalidArgument, "pubsub name is empty"));
  }
  const auto found = pubsubs_.find(request.component);
  if (found == pubsubs_.end()) {
    return done(fail(Code::kInvalidArgument, "pubsub " + request.component + " is not found"));
  }
  if (request.topic.empty()) {
    return done(fail(Code::kInvalidArgument, "topic is empty in pubsub " + request.component));
  }
  const auto scopes = rules_.scopes.find(request.component);
  if (scopes != rules_.scopes.end() && !scopes->second.may_publish(request.topic)) {
    return done(fail(Code::kPermissionDenied,
                     "topic " + request.topic + " is not allowed for app id " + options_.app_id));
  }
  if (auto checked = found->second->check_topic(request.topic, TopicUse::kPublish); !checked) {
    return done(fail(
        checked.error().code(),
        "error when publishing to pubsub " + request.component + ": " + checked.error().message()));
  }
  auto envelope =
      make_envelope(request, call, options_.app_id, loop_.clock().system_now(), random_);
  if (!envelope) return done(std::unexpected(std::move(envelope.error())));
  auto answer = [component = request.component, topic = request.topic,
                 done = std::move(done)](Result<void> published) mutable {
    if (published) return done({});
    done(fail(published.error().code(), "error when publishing to topic " + topic + " in pubsub " +
                                            component + ": " + published.error().message()));
  };
  found->second->publish({.topic = std::move(request.topic),
                          .data = *std::move(envelope),
                          .metadata = std::move(request.metadata)},
                         std::move(answer));
}

dapr::SidecarInfo LocalSidecar::describe() const { return info_; }

// A store may wait for a disk.
template <class Request, class Argument, class Reply>
void LocalSidecar::on_stores(Request request, Result<Reply> (Stores::*act)(Argument) const,
                             dapr::ApiDone<Reply> done) {
  options_.run([this, act, request = std::move(request), done = std::move(done)]() mutable {
    done((stores_.*act)(std::move(request)));
  });
}

void LocalSidecar::get_state(GetState request, dapr::ApiCall /*call*/,
                             dapr::ApiDone<StateValue> done) {
  on_stores(std::move(request), &Stores::get, std::move(done));
}

void LocalSidecar::get_bulk_state(GetBulkState request, dapr::ApiCall /*call*/,
                                  dapr::ApiDone<std::vector<StateValue>> done) {
  on_stores(std::move(request), &Stores::get_bulk, std::move(done));
}

void LocalSidecar::save_state(StateItems request, dapr::ApiCall /*call*/,
                              dapr::ApiDone<void> done) {
  on_stores(std::move(request), &Stores::save, std::move(done));
}

void LocalSidecar::delete_state(DeleteState request, dapr::ApiCall /*call*/,
                                dapr::ApiDone<void> done) {
  on_stores(std::move(request), &Stores::remove, std::move(done));
}

void LocalSidecar::delete_bulk_state(StateItems request, dapr::ApiCall /*call*/,
                                     dapr::ApiDone<void> done) {
  on_stores(std::move(request), &Stores::remove_bulk, std::move(done));
}

void LocalSidecar::transact_state(StateTransaction request, dapr::ApiCall /*call*/,
                                  dapr::ApiDone<void> done) {
  on_stores(std::move(request), &Stores::transact, std::move(done));
}

void LocalSidecar::get_secret(GetSecret request, dapr::ApiCall /*call*/,
                              dapr::ApiDone<Secret> done) {
  on_stores(std::move(request), &Stores::secret, std::move(done));
}

void LocalSidecar::get_bulk_secret(GetBulkSecret request, dapr::ApiCall /*call*/,
                                   dapr::ApiDone<std::vector<Secret>> done) {
  on_stores(std::move(request), &Stores::secrets, std::move(done));
}

void LocalSidecar::invoke_service(InvokeService request, dapr::ApiCall /*call*/,
                                  dapr::ApiDone<InvokeReply> done) {
  done(fail(Code::kInternal, "failed to invoke, id: " + request.app_id +
                                 ", err: the local sidecar knows no other app"));
}

}  // namespace ofn::localdapr
