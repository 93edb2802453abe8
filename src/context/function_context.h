// The platform's declaration of the function: the merged content of FUNC_CONTEXT and
// FUNC_CONTEXT_V1BETA2.
//
// parse_context() makes it once at start. It is immutable afterwards, and all invocations share it:
//
//   if (const Output* output = context.find_output("archive")) return deliver(*output, data);
//   return fail(Code::kNotFound, "no output is named \"archive\" among " + context.output_names());
//
// Spec: the platform writes both variables, in two schemas (v1beta1 and v1beta2) with different
// keys. parse_context.h describes how the schemas are recognized and merged.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace ofn {

// How the platform calls the function.
enum class Runtime {
  kNone,     // no context: a plain HTTP function
  kKnative,  // HTTP requests; the result goes to the outputs and to the client
  kAsync,    // Dapr input bindings and topics, over app callbacks; also HTTP if `http` is set
};
std::string_view runtime_name(Runtime runtime) noexcept;  // "none", "Knative", "Async"

// The two kinds of Dapr components that carry data. The first word of the component type decides.
enum class ComponentKind {
  kBinding,  // "bindings.kafka": InvokeBinding, OnBindingEvent
  kPubsub,   // "pubsub.redis": PublishEvent, OnTopicEvent
};
// Accepts "bindings.…", "bindings", "pubsub.…" and "pubsub". Returns nullopt for any other text.
std::optional<ComponentKind> component_kind(std::string_view component_type) noexcept;

using Metadata = std::map<std::string, std::string>;

// A destination for the function's result, or for ctx.send(name, …). Every member has an
// initializer, so that `Output{.name = "a", .component = "c"}` is complete.
struct Output {
  std::string name{};       // the user's name: v1beta1's key, or else v1beta2's
  std::string alias{};      // v1beta2's key if it differs, else empty; usable like the name
  std::string component{};  // the Dapr component, often with a generated name
  ComponentKind kind = ComponentKind::kBinding;
  std::string component_type{};  // "bindings.localstorage"
  std::string topic{};           // pubsub only, and then never empty (v1beta1: uri, v1beta2: topic)
  std::string operation = "create";  // binding only; an empty one in the context means "create"
  Metadata metadata{};               // sent with every delivery

  // For errors: `"archive" (component "fn-x1-bindings-files-q9")`. Users know the name, and
  // operators know the component.
  std::string label() const;
  friend bool operator==(const Output&, const Output&) = default;
};

// A trigger of the function if the runtime is Async: an input binding or a topic subscription. It
// comes from v1beta1's inputs and v1beta2's triggers.dapr, never from v1beta2's inputs.
struct Trigger {
  std::string name{};       // v1beta1's key, or else v1beta2's inputName, or else the component
  std::string alias{};      // v1beta2's name if it differs, else empty
  std::string component{};  // as in OnBindingEvent (name) and OnTopicEvent (pubsub_name)
  ComponentKind kind = ComponentKind::kBinding;
  std::string component_type{};  // may be empty in v1beta2; then a topic means a pubsub
  std::string topic{};           // pubsub only, and then never empty
  Metadata metadata{};

  std::string label() const;
  friend bool operator==(const Trigger&, const Trigger&) = default;
};

// Data that a triggered function can fetch (v1beta2's inputs). Never a subscription.
struct Input {
  std::string name;
  std::string component;
  std::string component_type;  // any building block
  std::string topic;
  std::string operation;  // as given; may be empty
  Metadata metadata;
  friend bool operator==(const Input&, const Input&) = default;
};

// A state store of the function.
struct State {
  std::string name;
  std::string component;
  std::string component_type;  // "state.redis"
  friend bool operator==(const State&, const State&) = default;
};

struct TracingExporter {
  std::string name;         // "jaeger", "otlp", …
  std::string endpoint;     // URL
  std::string headers;      // "key=value,key=value", as in OpenTelemetry's variables; may be secret
  std::string compression;  // "gzip" or empty
  std::string timeout;      // as given, "10s"
  std::string protocol;     // "grpc", "http/protobuf", …
  friend bool operator==(const TracingExporter&, const TracingExporter&) = default;
};

struct Tracing {
  bool enabled = false;
  std::string provider;    // "skywalking", "opentelemetry"; empty if it is null
  std::string oap_server;  // SkyWalking's "host:port"
  TracingExporter exporter;
  Metadata tags;
  Metadata baggage;
  friend bool operator==(const Tracing&, const Tracing&) = default;
};

// v1beta2's triggers.http: requests arrive over HTTP. If there are Dapr triggers as well, both use
// the same port.
struct HttpTrigger {
  // The gateway's route as compact JSON; empty if there is none. Shown but not used, because the
  // gateway does the routing.
  std::string route;
  std::string engine;  // "knative", "keda" or empty
  friend bool operator==(const HttpTrigger&, const HttpTrigger&) = default;
};

// Threads: any (const). Cost: searches are linear; contexts are small and the lists stay in cache.
struct FunctionContext {
  std::string name;
  std::string version;
  Runtime runtime = Runtime::kNone;
  // The port to listen on if neither the flag nor PORT is set; 1 to 65535.
  std::optional<std::uint16_t> port;
  std::optional<HttpTrigger> http;  // v1beta2's
  std::string http_pattern;  // v1beta1's httpPattern: the route of a single function; may be empty
  std::vector<Trigger> triggers;
  std::vector<Output> outputs;
  std::vector<Input> inputs;
  std::vector<State> states;
  // In the order in which they run; without duplicates and without the tracing provider's name.
  std::vector<std::string> pre_hooks;
  std::vector<std::string> post_hooks;  // the same
  std::optional<Tracing> tracing;

  // Searches by name, then by alias. Returns nullptr if there is none. Lifetime: as long as the
  // context.
  const Output* find_output(std::string_view name_or_alias) const noexcept;
  // Returns the input to which an app callback belongs, or nullptr if there is none.
  const Trigger* find_binding(std::string_view component) const noexcept;
  const Trigger* find_topic(std::string_view pubsub, std::string_view topic) const noexcept;

  // For errors: `"archive", "events" (also "gen-x1")`, or "none".
  std::string output_names() const;
  // Returns true if any part of this context is reached through a sidecar.
  bool needs_sidecar() const noexcept {
    return !outputs.empty() || !triggers.empty() || !inputs.empty() || !states.empty();
  }
  friend bool operator==(const FunctionContext&, const FunctionContext&) = default;
};

}  // namespace ofn
