// What a manifest is made from: the function, what it is connected to, and the numbers that the
// program and the platform must agree about.
//
//   Description function{.name = "greeter", .image = "registry.example/greeter:1"};
//   const Stopping stopping = stopping_of(function, Place::kPod);
//   stopping.grace;   // terminationGracePeriodSeconds
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/error.h"
#include "context/function_context.h"
#include "manifest/component.h"

namespace ofn::manifest {

// Where the program runs.
enum class Place : std::uint8_t { kPod, kKnative, kCompose };

// A function of the program, for the comment at the beginning of a manifest.
struct ServedFunction {
  std::string name;
  std::string_view signature;
  std::vector<std::string> routes;  // "GET /users/{id}"; may be empty
};

// A value.
struct Description {
  std::string name{};   // of all objects, a DNS label
  std::string space{};  // the namespace; empty: the one that kubectl uses
  std::string image{};
  std::string target{};  // FUNCTION_TARGET; empty: the image decides
  std::string host{};    // of the requests that KEDA's interceptor passes on; empty: any
  std::vector<ServedFunction> functions{};  // empty if no program was looked at
  FunctionContext context{};
  std::vector<Component> components{};             // of the files
  std::string components_folder = "./components";  // that has them

  std::uint16_t port = 8080;
  std::optional<std::uint16_t> metrics_port{};
  Duration timeout = std::chrono::seconds(300);
  Duration drain_delay = std::chrono::seconds(5);  // in a pod
  bool drain_delay_given = false;                  // then it also counts in Knative
  Duration drain_timeout = std::chrono::seconds(30);
  std::size_t concurrency = 1024;
  std::size_t max_body_size = std::size_t{10} * 1024 * 1024;
  bool calls_by_http = false;  // the sidecar calls the function by HTTP and not by gRPC
  bool h2c = false;            // clients speak HTTP/2 without TLS
  std::uint32_t min_replicas = 0;
  std::uint32_t max_replicas = 10;
  // Further variables of the program, in their order; none of those that the numbers above become.
  std::vector<std::pair<std::string, std::string>> variables{};

  // Returns true if a Dapr sidecar is needed.
  bool needs_dapr() const { return context.needs_sidecar(); }
  // Returns true if clients call the function by HTTP.
  bool serves_http() const {
    return context.runtime != Runtime::kAsync || context.http.has_value();
  }
  // Returns the component of that name from the files; nullptr if no file has it.
  const Component* find_component(std::string_view component) const;
};

// Parts of every stop, in seconds.
inline constexpr std::int64_t kStopTokens = 1;  // until the program gives up calls that ignore them
inline constexpr std::int64_t kContainerEnds = 3;
inline constexpr std::int64_t kDaprGraceful = 5;  // Dapr's own default

// Returns how long the program may need its sidecar after the signal, in seconds.
std::int64_t program_stops(Duration drain_delay, Duration drain_timeout);

// The times of a stop, in whole seconds. docs/operations.md has the formula.
struct Stopping {
  std::int64_t delay = 0;
  std::int64_t drain = 0;
  std::int64_t block_shutdown = 0;  // daprd keeps its API open for so long
  std::int64_t graceful = 0;        // what daprd has after that
  std::int64_t grace = 0;           // after which the platform kills
};
Stopping stopping_of(const Description& function, Place place);

// What Knative waits for one request; also its grace period.
std::int64_t knative_timeout_seconds(const Description& function);

// Rounded up.
std::int64_t whole_seconds(Duration duration);
// As the flags have it: "300s", "500ms".
std::string duration_text(Duration duration);
// "10MiB", or the number of bytes.
std::string size_text(std::size_t bytes);
// As a Kubernetes quantity, rounded up: "10Mi".
std::string mebibytes(std::size_t bytes);

// Makes a DNS label from a function's name: `app::Hello` → app-hello. Empty if nothing is left.
std::string dns_label(std::string_view name);
// Returns true for a name that Services and Knative accept (RFC 1035, at most 63 bytes).
bool is_dns_label(std::string_view name);
// Returns true for the name of a namespace: as above, but it may begin with a digit (RFC 1123).
bool is_namespace(std::string_view name);
// Returns true for a host that a request may name, without a port: such names with dots between them; the first may be "*".
bool is_host(std::string_view name);
// Returns true for an image as registries name it: "registry.example:5000/functions/greeter:1", also with "@sha256:…".
// Spec: OCI distribution 1.1, "Pulling manifests".
bool is_image(std::string_view name);

}  // namespace ofn::manifest
