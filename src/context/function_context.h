// The platform's declaration of the function: the merged meaning of FUNC_CONTEXT and
// FUNC_CONTEXT_V1BETA2.
//
// Made once at start by parse_context(), immutable afterwards, shared by every invocation:
//
//   if (const Output* output = context.find_output("archive")) deliver(*output, data);
//   else fail(..., "no output is named \"archive\"; the outputs are " + context.output_names());
//
// Spec: the platform writes both variables, in two schemas (v1beta1 and v1beta2) whose keys differ;
// see parse_context.h for how they are told apart and merged.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace ofn {

// The shape of the program that the platform asked for.
enum class Runtime {
  kNone,     // no context at all: a plain HTTP function
  kKnative,  // HTTP requests in; what the function returns goes to the outputs and to the caller
  kAsync,    // Dapr input bindings and topics in, over app callbacks; HTTP too when `http` is set
};
std::string_view runtime_name(Runtime runtime) noexcept;  // "none", "Knative", "Async"

// The two building blocks of Dapr that carry data. Decided by the component type's first word.
enum class ComponentKind {
  kBinding,  // "bindings.kafka": InvokeBinding, OnBindingEvent
  kPubsub,   // "pubsub.redis": PublishEvent, OnTopicEvent
};
// From "bindings.…"/"bindings" and "pubsub.…"/"pubsub"; nothing else is a kind.
std::optional<ComponentKind> component_kind(std::string_view component_type) noexcept;

using Metadata = std::map<std::string, std::string>;

// A destination of what the function returns, or of ctx.send(name, …).
// (Every member has an initializer, so that `Output{.name = "a", .component = "c"}` is complete.)
struct Output {
  std::string name{};       // the user's name: v1beta1's key, else v1beta2's
  std::string alias{};      // v1beta2's key where it differs, else empty. As good as the name
  std::string component{};  // the Dapr component, often a name the platform generated
  ComponentKind kind = ComponentKind::kBinding;
  std::string component_type{};  // "bindings.localstorage"
  std::string topic{};           // pubsub only (v1beta1: uri, v1beta2: topic); never empty there
  std::string operation = "create";  // binding only; an empty one in the context means "create"
  Metadata metadata{};               // sent with every delivery

  // For errors: `"archive" (component "fn-x1-bindings-files-q9")`. Users know the name, operators
  // the component.
  std::string label() const;
  friend bool operator==(const Output&, const Output&) = default;
};

// A cause of calls under Async: an input binding or a topic subscription.
// From v1beta1's inputs and v1beta2's triggers.dapr; never from v1beta2's inputs.
struct Trigger {
  std::string name{};       // v1beta1's key, else v1beta2's inputName, else the component
  std::string alias{};      // v1beta2's name where it differs, else empty
  std::string component{};  // as OnBindingEvent (name) and OnTopicEvent (pubsub_name) carry it
  ComponentKind kind = ComponentKind::kBinding;
  std::string component_type{};  // may be empty in v1beta2; a topic then tells the kind
  std::string topic{};           // pubsub only; never empty there
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
  std::string provider;    // "skywalking", "opentelemetry"; empty when null
  std::string oap_server;  // SkyWalking's "host:port"
  TracingExporter exporter;
  Metadata tags;
  Metadata baggage;
  friend bool operator==(const Tracing&, const Tracing&) = default;
};

// v1beta2's triggers.http: requests arrive over HTTP. Beside dapr triggers, both share one port.
struct HttpTrigger {
  std::string route;   // the gateway's route as compact JSON; empty when none. Told, not used: the
                       // gateway routes
  std::string engine;  // "knative", "keda" or empty
  friend bool operator==(const HttpTrigger&, const HttpTrigger&) = default;
};

// Threads: any (const). Cost: searches are linear; contexts are small and the lists stay in cache.
struct FunctionContext {
  std::string name;
  std::string version;
  Runtime runtime = Runtime::kNone;
  std::optional<std::uint16_t> port;  // to listen on, after the flag and PORT; 1 to 65535
  std::optional<HttpTrigger> http;    // declared by v1beta2
  std::string http_pattern;  // v1beta1's httpPattern: the route of a single function; may be empty
  std::vector<Trigger> triggers;
  std::vector<Output> outputs;
  std::vector<Input> inputs;
  std::vector<State> states;
  std::vector<std::string> pre_hooks;  // in the order they run; no name twice, tracing's name never
  std::vector<std::string> post_hooks;  // likewise
  std::optional<Tracing> tracing;

  // By name, then by alias. nullptr if there is none. Lifetime: as long as the context.
  const Output* find_output(std::string_view name_or_alias) const noexcept;
  // The input that an app callback belongs to. nullptr if there is none.
  const Trigger* find_binding(std::string_view component) const noexcept;
  const Trigger* find_topic(std::string_view pubsub, std::string_view topic) const noexcept;

  // For errors: `"archive", "events" (also "gen-x1")`, or "none".
  std::string output_names() const;
  // Whether anything here is reached through a sidecar.
  bool needs_sidecar() const noexcept {
    return !outputs.empty() || !triggers.empty() || !inputs.empty() || !states.empty();
  }
  friend bool operator==(const FunctionContext&, const FunctionContext&) = default;
};

}  // namespace ofn
