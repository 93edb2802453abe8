// Reads flags and environment into one immutable Settings: how the program runs. The
// FunctionContext says to what the function is connected.
//
//   auto settings = resolve_settings(flags, env, context, notes);
//   if (!settings) for (const Problem& problem : settings.error()) say(problem.text());  // exit 2
//   listen(settings->host.value, settings->port.value);
//
// Precedence: the flag, its variable, the variable's alias (FUNC_NAME, FUNC_TYPE and FUNC_SRC of
// the platform's builder, CLOUD_RUN_TIMEOUT_SECONDS), for host and port LISTEN_ADDRESS, for the port
// the context, then the default. An empty variable counts as not set. flag_table.h has the defaults
// and notations.
#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <ofn/abi.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/log_line.h"
#include "context/environment.h"
#include "context/flag_table.h"
#include "context/function_context.h"
#include "context/metrics_choice.h"
#include "context/sidecar_address.h"
#include "document/problem.h"

namespace ofn {

// The source of a setting: for messages, and for decisions that depend on whether the user has
// set it.
struct Origin {
  enum class Kind { kFlag, kVariable, kContext, kDefault };
  Kind kind = Kind::kDefault;
  std::string name;  // "--port", "PORT", "dev.env:3 (PORT)", "the context's port", "the default"

  bool is_default() const { return kind == Kind::kDefault; }
  friend bool operator==(const Origin&, const Origin&) = default;
};

template <class T>
struct Sourced {
  T value{};
  Origin origin;
};

// The text of a setting, not yet checked.
struct GivenText {
  std::string text;
  Origin origin;
};
// Looks for the flag, its variable, its alias and its default, in this order.
GivenText given_text(const Flags& flags, const Environment& env, Flag flag);

enum class LocalSidecarMode { kAuto, kOn, kOff };
enum class InvocationMode { kAuto, kOn, kOff };
enum class AppProtocol { kGrpc, kHttp };
enum class AccessLogMode { kOff, kErrors, kOn };

struct Settings {
  // Function.
  // By default "function", which means every registered function if there are any.
  Sourced<std::string> target;
  Sourced<std::string> source;
  // The user's choice; the function's C++ type has precedence. nullopt if the user did not choose.
  Sourced<std::optional<abi::Signature>> signature_type;
  std::string cxxflags;
  std::vector<std::string> plugins;         // .so files
  std::vector<std::string> optional_hooks;  // names; "*" means all

  // Server.
  Sourced<std::string> host;  // IPv6 without brackets
  Sourced<std::uint16_t> port;
  // An inherited descriptor of a socket that listens; if set, host and port are not used.
  Sourced<std::optional<int>> listen_fd;
  std::optional<int> ready_fd;  // an inherited descriptor to write to when requests are served
  std::size_t concurrency = 0;  // invocations that run at once; at least 1
  std::size_t queue = 0;        // calls that may wait for a slot; may be 0
  std::size_t threads = 0;      // event loops; 0 for one for each processor that the cgroup grants
  Duration timeout{};           // of an invocation with its outputs
  Duration start_timeout{};     // of all start functions together
  Duration drain_delay{};       // from the signal to the drain; 0 to drain at once
  Duration drain_timeout{};     // after the delay; 0 to abandon running calls at once
  MetricsChoice metrics;
  std::string openapi;  // the path at which the OpenAPI document is shown; empty for none

  // Limits; sizes in bytes.
  std::size_t max_connections = 0;  // 0 to derive it from the limit of open files
  std::size_t max_body_size = 0;
  std::size_t max_body_memory = 0;  // for all connections; 0 for a quarter of the usable memory
  std::size_t max_header_bytes = 0;
  std::size_t max_header_fields = 0;
  Duration head_timeout{};
  Duration body_timeout{};
  Duration idle_timeout{};
  Duration slow_reader_timeout{};

  // Outputs.
  SidecarAddress sidecar;
  Duration sidecar_timeout{};  // how long outputs wait for an unreachable sidecar
  // gRPC codes to retry, in addition to calls that never reached the sidecar.
  std::vector<Code> retry_codes;
  // How long an answer waits at most until its spans are sent; nullopt: spans are sent in batches.
  Sourced<std::optional<Duration>> trace_flush;
  LocalSidecarMode local_sidecar = LocalSidecarMode::kAuto;
  std::string components;      // directory of the local sidecar's component files
  std::string dapr_api_token;  // sent to the sidecar; empty if there is none. A secret
  std::string app_api_token;   // app callbacks must send it; empty if there is none. A secret
  AppProtocol app_protocol = AppProtocol::kGrpc;
  InvocationMode dapr_invocation = InvocationMode::kAuto;  // over gRPC

  // Log.
  LogFormat log_format = LogFormat::kJson;
  std::optional<Level> log_level;  // nullopt: --debug and the log filter decide
  Sourced<AccessLogMode> access_log;
  bool capture_output = false;
  std::string cloud_project;  // GOOGLE_CLOUD_PROJECT

  // Modes.
  bool debug = false;
  // DEBUG's value if it is not a boolean: "common:*,ofn:*", as some manifests have it
  std::string log_filter;
  bool dry_run = false;
  bool print_openapi = false;
  bool print_schema = false;
  // Returns true if the program is only inspected: nothing is served, and the author's start-up code does not run.
  bool only_looks() const noexcept { return dry_run || print_openapi || print_schema; }

  // Surroundings.
  bool in_pod = false;  // KUBERNETES_SERVICE_HOST, K_SERVICE or POD_NAME is set
  // The platform may take the processors away between requests: K_SERVICE without Kubernetes, as on Cloud Run.
  bool may_be_stopped_at_rest = false;
  std::string pod_name;
  std::string pod_namespace;
  std::string service;   // K_SERVICE
  std::string revision;  // K_REVISION

  // Returns "http://0.0.0.0:8080/", from the configured host and the given port (the bound port if
  // port 0 was requested).
  std::string url(std::uint16_t bound_port) const;
  std::string url() const { return url(port.value); }
};

// Returns the warning about a HOST that is ignored.
std::string foreign_host_warning(const Sourced<std::string>& host);

// Errors: all problems of flags and variables at once. Notes are added both on success and on
// failure. A wrong sidecar address is a problem only if the context needs a sidecar; otherwise it
// is a note.
std::expected<Settings, std::vector<Problem>> resolve_settings(const Flags& flags,
                                                               const Environment& env,
                                                               const FunctionContext& context,
                                                               std::vector<Note>& notes);

}  // namespace ofn
