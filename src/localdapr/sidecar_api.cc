#include "localdapr/sidecar_api.h"

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <mutex>
#include <optional>
#include <set>
#include <span>
#include <string_view>
#include <utility>

#include "localdapr/app/envelope.h"
#include "localdapr/catalogue.h"
#include "localdapr/component_properties.h"

namespace ofn::localdapr {
namespace {

// As in daprd, no version, v0 and v1 all mean the first version of a type.
bool is_first_version(std::string_view version) {
  return version.empty() || same_field_name(version, "v0") || same_field_name(version, "v1");
}

Error unknown_type(const Component& component) {
  std::string message = "the local sidecar has no component type '" + component.type;
  if (!is_first_version(component.version)) message += "/" + component.version;
  message += "'; it has " + names_of_types() +
             ". Run Dapr for others (dapr run) and set DAPR_GRPC_PORT to its gRPC port";
  return {Code::kUnimplemented, std::move(message)};
}

// How often this looks whether the calls of ended components are answered.
constexpr std::chrono::milliseconds kLooksAtEnded(100);

bool is_binding(Kind kind) {
  return kind == Kind::kInput || kind == Kind::kOutput || kind == Kind::kInputAndOutput;
}

// Returns an error of a binding in daprd's form. `context`: metadata of the failure.
std::unexpected<Error> binding_failure(std::string_view name, std::string_view why,
                                       Error::Context context = {}) {
  std::string message = "error invoking output binding ";
  message.append(name).append(": ").append(why);
  return fail(Code::kInternal, std::move(message), std::move(context));
}

// Returns the reason why the request cannot be invoked; empty if it can. `operations` is empty if
// there is no such binding.
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

// Sets the call's own trace context, for bindings that pass it on. As in daprd, trace context and
// baggage replace those of the metadata.
void add_trace(std::vector<Header>& metadata, std::string_view name, std::string&& value) {
  if (value.empty()) return;
  std::erase_if(metadata, [name](const Header& entry) { return entry.name == name; });
  metadata.push_back({std::string(name), std::move(value)});
}

// Several publications that one call has asked for. If all fail, so does the call, as in daprd.
// Threads: any.
class BulkPublication {
 public:
  BulkPublication(std::size_t count, dapr::BulkPublishDone done)
      : count_(count), left_(count), done_(std::move(done)) {}

  void ended(std::string id, Result<void> published) {
    std::unique_lock lock(mutex_);
    if (!published) {
      failures_.push_back({.id = std::move(id), .error = published.error().message()});
      error_ = std::move(published.error());
    }
    if (--left_ > 0) return;
    lock.unlock();  // this was the last
    if (failures_.size() == count_) return done_(std::unexpected(*std::move(error_)));
    done_(std::move(failures_));
  }

 private:
  std::mutex mutex_;
  const std::size_t count_;
  std::size_t left_;
  std::vector<dapr::BulkPublishFailure> failures_;
  std::optional<Error> error_;  // of the last that failed
  dapr::BulkPublishDone done_;
};

}  // namespace

SidecarApi::SidecarApi(SidecarApiOptions options, Loop& loop, Log& log)
    : options_(std::move(options)),
      loop_(loop),
      log_(log),
      stores_(std::make_shared<Stores>(options_.app_id)),
      look_at_ended_(loop, [this] { forget_answered(); }) {
  info_.runtime_version = options_.version;
}

std::expected<std::unique_ptr<SidecarApi>, std::vector<Error>> SidecarApi::create(
    const std::vector<Component>& components, SidecarApiOptions options, Loop& loop, Log& log) {
  std::unique_ptr<SidecarApi> sidecar(new SidecarApi(std::move(options), loop, log));
  auto added = sidecar->replace(components, sidecar->options_.app_id, [](const std::string&) {});
  if (!added) return std::unexpected(std::move(added).error());
  return sidecar;
}

std::expected<std::vector<ComponentChange>, std::vector<Error>> SidecarApi::replace(
    const std::vector<Component>& components, const std::string& app_id, const Ends& ends) {
  // The calls that run keep the stores that they have begun with.
  auto stores = std::make_shared<Stores>(app_id == options_.app_id ? *stores_ : Stores(app_id));
  std::vector<ComponentChange> changes;
  std::vector<std::string> ending;
  for (const Component& before : components_) {
    const auto now = std::ranges::find(components, before.name, &Component::name);
    if (now != components.end() && goes_on(*now, app_id)) continue;
    ending.push_back(before.name);
    stores->remove_store(before.name);
    if (now == components.end())
      changes.push_back({.what = ComponentChange::What::kRemoved,
                         .name = before.name,
                         .type = before.type,
                         .lost = what_ends_with(before.name)});
  }
  std::vector<Error> problems;
  auto made = make_all(components, app_id, *stores, problems);
  if (!problems.empty()) return std::unexpected(std::move(problems));

  for (const Component& now : components) {
    const Component* const before = find(now.name);
    if (before != nullptr && app_id == options_.app_id && now.is_same_as(*before)) continue;
    changes.push_back({.what = before == nullptr ? ComponentChange::What::kAdded
                                                 : ComponentChange::What::kChanged,
                       .name = now.name,
                       .type = now.type,
                       .lost = what_ends_with(now.name)});
  }
  for (const std::string& name : ending) {
    ends(name);
    remove(name);
  }
  options_.app_id = info_.id = app_id;
  stores_ = std::move(stores);
  components_ = components;
  for (Made& one : made) add(std::move(one));
  forget_answered();
  return changes;
}

const Component* SidecarApi::find(std::string_view name) const {
  const auto found = std::ranges::find(components_, name, &Component::name);
  return found == components_.end() ? nullptr : &*found;
}

bool SidecarApi::goes_on(const Component& component, const std::string& app_id) const {
  const Component* const before = find(component.name);
  if (before == nullptr || app_id != options_.app_id || !component.is_same_as(*before))
    return false;
  const ComponentType* const type = find_type(component.type);
  return type == nullptr || type->kind != Kind::kSecrets;
}

std::string SidecarApi::what_ends_with(const std::string& name) const {
  if (const auto pubsub = pubsubs_.find(name); pubsub != pubsubs_.end())
    return pubsub->second->loses();
  if (const auto input = inputs_.find(name); input != inputs_.end()) return input->second->loses();
  return stores_->loses(name);
}

// Makes the components that do not go on, and adds their stores.
std::vector<SidecarApi::Made> SidecarApi::make_all(const std::vector<Component>& components,
                                                   const std::string& app_id, Stores& stores,
                                                   std::vector<Error>& problems) const {
  std::vector<Made> all;
  for (const Component& component : components) {
    if (goes_on(component, app_id)) continue;
    auto made = make(component, app_id);
    if (made && made->parts.state) {
      auto added = stores.add(component, std::move(made->parts.state));
      if (!added) made = std::unexpected(std::move(added).error());
    }
    if (made && made->parts.secrets) stores.add(component.name, std::move(made->parts.secrets));
    if (made) {
      all.push_back(*std::move(made));
      continue;
    }
    Error& error = made.error();
    error.with("component", component.name)
        .with("file", component.file)
        .with("line", std::to_string(component.line));
    if (component.ignore_errors) {
      log_.write(Level::kWarning,
                 "component failed and is left out, because its ignoreErrors is true",
                 {{"component", component.name}, {"problem", error.text()}});
    } else {
      problems.push_back(std::move(error));
    }
  }
  return all;
}

Result<SidecarApi::Made> SidecarApi::make(const Component& component,
                                          const std::string& app_id) const {
  const ComponentType* type =
      is_first_version(component.version) ? find_type(component.type) : nullptr;
  if (type == nullptr) return std::unexpected(unknown_type(component));
  if (auto checked = check_properties(component, *type, log_); !checked)
    return std::unexpected(std::move(checked.error()));
  Direction direction;
  if (is_binding(type->kind)) {
    auto said = direction_of(component);
    if (!said) return std::unexpected(std::move(said.error()));
    direction = *said;
  }
  auto parts = type->make(
      component,
      {.loop = loop_, .log = log_, .app_id = app_id, .run = options_.run, .direction = direction});
  if (!parts) return std::unexpected(std::move(parts.error()));
  return Made{
      .component = &component, .type = type, .direction = direction, .parts = *std::move(parts)};
}

void SidecarApi::remove(const std::string& name) {
  auto calls = calls_.extract(name);
  auto binding = bindings_.extract(name);
  auto pubsub = pubsubs_.extract(name);
  if (binding || pubsub) {
    ended_.push_back({.calls = std::move(calls.mapped()),
                      .binding = binding ? std::move(binding.mapped()) : nullptr,
                      .pubsub = pubsub ? std::move(pubsub.mapped()) : nullptr});
  }
  inputs_.erase(name);
  rules_.started_unasked.erase(name);
  rules_.scopes.erase(name);
  routes_.erase(name);
  std::erase_if(info_.components, [&](const auto& each) { return each.name == name; });
}

// A disabled direction of a binding does not exist: no events come in, or calls get `couldn't find
// output binding`.
void SidecarApi::add(Made made) {
  const Component& component = *made.component;
  Parts& parts = made.parts;
  std::vector<std::string> capabilities(made.type->capabilities.begin(),
                                        made.type->capabilities.end());
  if (parts.input && made.direction.input) {
    if (made.direction.starts_unasked) rules_.started_unasked.insert(component.name);
    if (std::string route = route_of(component); !route.empty())
      routes_.insert_or_assign(component.name, std::move(route));
    inputs_.emplace(component.name, std::move(parts.input));
    capabilities.emplace_back("INPUT_BINDING");
  }
  if (parts.output && made.direction.output) {
    bindings_.emplace(component.name, std::move(parts.output));
    capabilities.emplace_back("OUTPUT_BINDING");
  }
  if (is_binding(made.type->kind) && capabilities.empty()) {
    log_.write(Level::kWarning,
               "a component does nothing, because its type does not have its direction",
               {{"component", component.name}, {"type", component.type}, {"file", component.file}});
  }
  if (parts.pubsub) {
    rules_.scopes.insert_or_assign(component.name, TopicScopes(component, options_.app_id));
    pubsubs_.emplace(component.name, std::move(parts.pubsub));
  }
  calls_.emplace(component.name, std::make_shared<Calls>());
  info_.components.push_back({.name = component.name,
                              .type = component.type,
                              .version = component.version,
                              .capabilities = std::move(capabilities)});
}

// Their calls have deadlines, so this ends.
void SidecarApi::forget_answered() {
  std::erase_if(ended_, [](const Ended& each) { return each.calls.use_count() == 1; });
  if (!ended_.empty()) look_at_ended_.arm(loop_.clock().now() + kLooksAtEnded);
}

void SidecarApi::invoke_binding(dapr::BindingRequest request, dapr::ApiCall call,
                                dapr::BindingDone done) {
  const auto found = bindings_.find(request.component);
  OutputBinding* binding = found == bindings_.end() ? nullptr : found->second.get();
  const std::span<const std::string_view> operations =
      binding == nullptr ? std::span<const std::string_view>() : binding->operations();
  if (const std::string why = refusal(request, operations); !why.empty()) {
    return done(binding_failure(request.component, why));
  }
  add_trace(request.metadata, "traceparent", std::move(call.traceparent));
  add_trace(request.metadata, "tracestate", std::move(call.tracestate));
  add_trace(request.metadata, "baggage", std::move(call.baggage));
  auto answer = [&log = log_, component = request.component, operation = request.operation,
                 runs = calls_.at(request.component),
                 done = std::move(done)](Result<SidecarReply> reply) mutable {
    log.write(Level::kDebug, reply ? "binding invoked" : "binding failed",
              {{"component", component}, {"operation", operation}});
    if (reply) return done(std::move(reply));
    done(binding_failure(component, reply.error().message(), reply.error().context()));
  };
  binding->invoke(std::move(request), call.deadline, std::move(answer));
}

Result<Pubsub*> SidecarApi::pubsub_for(const std::string& component,
                                       const std::string& topic) const {
  if (component.empty()) return fail(Code::kInvalidArgument, "pubsub name is empty");
  const auto found = pubsubs_.find(component);
  if (found == pubsubs_.end())
    return fail(Code::kInvalidArgument, "pubsub " + component + " is not found");
  if (topic.empty()) return fail(Code::kInvalidArgument, "topic is empty in pubsub " + component);
  const auto scopes = rules_.scopes.find(component);
  if (scopes != rules_.scopes.end() && !scopes->second.may_publish(topic)) {
    return fail(Code::kPermissionDenied,
                "topic " + topic + " is not allowed for app id " + options_.app_id);
  }
  return found->second.get();
}

void SidecarApi::publish(dapr::PublishRequest request, dapr::ApiCall call, dapr::PublishDone done) {
  const auto pubsub = pubsub_for(request.component, request.topic);
  if (!pubsub) return done(std::unexpected(pubsub.error()));
  if (auto checked = (*pubsub)->check_topic(request.topic, TopicUse::kPublish); !checked) {
    return done(fail(
        checked.error().code(),
        "error when publishing to pubsub " + request.component + ": " + checked.error().message()));
  }
  auto envelope =
      make_envelope(request, call, options_.app_id, loop_.clock().system_now(), random_);
  if (!envelope) return done(std::unexpected(std::move(envelope.error())));
  auto answer = [component = request.component, topic = request.topic,
                 runs = calls_.at(request.component),
                 done = std::move(done)](Result<void> published) mutable {
    if (published) return done({});
    done(fail(published.error().code(), "error when publishing to topic " + topic + " in pubsub " +
                                            component + ": " + published.error().message()));
  };
  (*pubsub)->publish({.topic = std::move(request.topic),
                      .data = *std::move(envelope),
                      .metadata = std::move(request.metadata)},
                     std::move(answer));
}

void SidecarApi::publish_all(dapr::BulkPublishRequest request, dapr::ApiCall call,
                             dapr::BulkPublishDone done) {
  if (const auto pubsub = pubsub_for(request.component, request.topic); !pubsub)
    return done(std::unexpected(pubsub.error()));
  std::set<std::string_view> ids;
  for (const auto& entry : request.entries) {
    if (entry.id.empty() || !ids.insert(entry.id).second) {
      return done(fail(Code::kInvalidArgument,
                       "error marshaling events to publish: entryId is duplicated or not present "
                       "for entry"));
    }
  }
  if (request.entries.empty()) return done({});
  auto bulk = std::make_shared<BulkPublication>(request.entries.size(), std::move(done));
  for (auto& entry : request.entries) {
    publish(std::move(entry.publish), call,
            [bulk, id = std::move(entry.id)](Result<void> published) mutable {
              bulk->ended(std::move(id), std::move(published));
            });
  }
}

dapr::SidecarInfo SidecarApi::describe() const { return info_; }

// Runs on the executor, because a store may wait for a disk.
template <class Request, class Argument, class Reply>
void SidecarApi::on_stores(Request request, Result<Reply> (Stores::*act)(Argument) const,
                           dapr::ApiDone<Reply> done) {
  options_.run([stores = stores_, act, request = std::move(request),
                done = std::move(done)]() mutable { done(((*stores).*act)(std::move(request))); });
}

void SidecarApi::get_state(GetState request, dapr::ApiCall /*call*/,
                           dapr::ApiDone<StateValue> done) {
  on_stores(std::move(request), &Stores::get, std::move(done));
}

void SidecarApi::get_bulk_state(GetBulkState request, dapr::ApiCall /*call*/,
                                dapr::ApiDone<std::vector<StateValue>> done) {
  on_stores(std::move(request), &Stores::get_bulk, std::move(done));
}

void SidecarApi::save_state(StateItems request, dapr::ApiCall /*call*/, dapr::ApiDone<void> done) {
  on_stores(std::move(request), &Stores::save, std::move(done));
}

void SidecarApi::delete_state(DeleteState request, dapr::ApiCall /*call*/,
                              dapr::ApiDone<void> done) {
  on_stores(std::move(request), &Stores::remove, std::move(done));
}

void SidecarApi::delete_bulk_state(StateItems request, dapr::ApiCall /*call*/,
                                   dapr::ApiDone<void> done) {
  on_stores(std::move(request), &Stores::remove_bulk, std::move(done));
}

void SidecarApi::transact_state(StateTransaction request, dapr::ApiCall /*call*/,
                                dapr::ApiDone<void> done) {
  on_stores(std::move(request), &Stores::transact, std::move(done));
}

void SidecarApi::get_secret(GetSecret request, dapr::ApiCall /*call*/, dapr::ApiDone<Secret> done) {
  on_stores(std::move(request), &Stores::secret, std::move(done));
}

void SidecarApi::get_bulk_secret(GetBulkSecret request, dapr::ApiCall /*call*/,
                                 dapr::ApiDone<std::vector<Secret>> done) {
  on_stores(std::move(request), &Stores::secrets, std::move(done));
}

void SidecarApi::invoke_service(InvokeService request, dapr::ApiCall /*call*/,
                                dapr::ApiDone<InvokeReply> done) {
  done(fail(Code::kInternal,
            "failed to invoke, id: " + request.app_id +
                ", err: the local sidecar knows no apps; run Dapr for it (dapr run) and set "
                "DAPR_GRPC_PORT to its gRPC port"));
}

}  // namespace ofn::localdapr
