// Flags and environment → one immutable Settings: how the program runs. (What the function is
// connected to is the FunctionContext.)
//
//   auto settings = resolve_settings(flags, env, context, notes);
//   if (!settings) for (const Problem& problem : settings.error()) say(problem.text());  // exit 2
//   listen(settings->host.value, settings->port.value);
//
// Precedence: the flag, its variable, the variable's alias (FUNC_NAME, FUNC_TYPE and FUNC_SRC of
// the platform's builder, CLOUD_RUN_TIMEOUT_SECONDS), for the port the context, the default. An
// empty variable counts as not set. Defaults and notations stand in flag_table.h.
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
#include "context/environment.h"
#include "context/flag_table.h"
#include "context/function_context.h"
#include "context/sidecar_address.h"
#include "document/problem.h"

namespace ofn {

// The source of a setting: for messages, and for choices that depend on whether there is one.
struct Origin {
  enum class Kind { kFlag, kVariable, kContext, kDefault };
  Kind kind = Kind::kDefault;
  std::string name;  // "--port", "PORT", "the context's port", "the default"

  bool is_default() const { return kind == Kind::kDefault; }
  friend bool operator==(const Origin&, const Origin&) = default;
};

template <class T>
struct Sourced {
  T value{};
  Origin origin;
};

enum class LocalSidecarMode { kAuto, kOn, kOff };
enum class AppProtocol { kGrpc, kHttp };

struct Settings {
  // Function.
  // "function" by default: then every registered function is served, where there are any.
  Sourced<std::string> target;
  Sourced<std::string> source;
  // The user's choice; the function's C++ type wins over it. nullopt if the user did not choose.
  Sourced<std::optional<abi::Signature>> signature_type;
  std::string cxxflags;
  std::vector<std::string> plugins;         // .so files
  std::vector<std::string> optional_hooks;  // names; "*": all

  // Server.
  Sourced<std::string> host;  // IPv6 without brackets
  Sourced<std::uint16_t> port;
  // An inherited descriptor of a socket that listens; if set, host and port are not used.
  Sourced<std::optional<int>> listen_fd;
  std::optional<int> ready_fd;  // an inherited descriptor that is told when requests are served
  std::size_t concurrency = 0;  // invocations at a time; at least 1
  std::size_t queue = 0;        // calls that may wait beyond that; 0 if none may
  std::size_t threads = 0;      // event loops; 0 for as many as processors are granted
  Duration timeout{};           // of an invocation with its outputs
  Duration drain_timeout{};     // 0 to abandon at once

  // Limits; sizes in bytes.
  std::size_t max_connections = 0;  // 0 to derive it from the limit of open files
  std::size_t max_body_size = 0;
  std::size_t max_body_memory = 0;  // of all connections; 0 for a quarter of the memory there is
  std::size_t max_header_bytes = 0;
  std::size_t max_header_fields = 0;
  Duration head_timeout{};
  Duration body_timeout{};
  Duration idle_timeout{};
  Duration slow_reader_timeout{};

  // Outputs.
  SidecarAddress sidecar;
  Duration sidecar_timeout{};     // how long an unreachable sidecar is awaited
  std::vector<Code> retry_codes;  // codes to retry besides what provably never reached a handler
  LocalSidecarMode local_sidecar = LocalSidecarMode::kAuto;
  std::string components;      // directory of the local sidecar's component files
  std::string dapr_api_token;  // sent to the sidecar; empty if there is none. A secret
  std::string
      app_api_token;  // expected of callers of the app callbacks; empty if there is none. A secret
  AppProtocol app_protocol = AppProtocol::kGrpc;

  // Modes.
  bool debug = false;
  std::string log_filter;  // DEBUG's value when it is no boolean, as real manifests have it:
                           // "common:*,ofn:*"
  bool dry_run = false;
  bool print_schema = false;

  // Surroundings.
  bool in_pod = false;  // KUBERNETES_SERVICE_HOST, K_SERVICE or POD_NAME is set
  std::string pod_name;
  std::string pod_namespace;

  // "http://0.0.0.0:8080/", of the configured host and the given port (the bound one, when 0 was
  // asked for).
  std::string url(std::uint16_t bound_port) const;
  std::string url() const { return url(port.value); }
};

// The remark on a HOST that is not listened on.
std::string foreign_host_warning(std::string_view value);

// Errors: every problem of flags and variables at once. Notes are added in both outcomes.
// A sidecar address that is wrong is a problem only where the context needs a sidecar; a note
// otherwise.
std::expected<Settings, std::vector<Problem>> resolve_settings(const Flags& flags,
                                                               const Environment& env,
                                                               const FunctionContext& context,
                                                               std::vector<Note>& notes);

}  // namespace ofn
