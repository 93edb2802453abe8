#include "context/settings.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <limits>
#include <utility>

#include "base/nearest.h"
#include "context/listen_address.h"
#include "context/units.h"
#include "function/function.h"

namespace ofn {
namespace {

// The default in a pod that is not Knative's (flag_table.cc has the reason).
constexpr std::chrono::seconds kPodDrainDelay(5);
constexpr std::string_view kListenAddress = "LISTEN_ADDRESS";

// Parses "auto" and the words of a switch.
template <class Mode>
std::optional<Mode> parse_mode(std::string_view text) noexcept {
  if (equal_ignoring_case(text, "auto")) return Mode::kAuto;
  const auto on = parse_switch(text);
  if (!on) return std::nullopt;
  return *on ? Mode::kOn : Mode::kOff;
}

// Parses "batch" and "response:200ms".
std::optional<std::optional<Duration>> parse_trace_flush(std::string_view text) {
  constexpr std::string_view kResponse = "response:";
  using Read = std::optional<std::optional<Duration>>;
  if (text == "batch") return Read(std::in_place, std::nullopt);
  if (!text.starts_with(kResponse)) return std::nullopt;
  const auto budget = parse_duration(text.substr(kResponse.size()));
  if (!budget || *budget < std::chrono::milliseconds(1) || *budget > std::chrono::seconds(1))
    return std::nullopt;
  return Read(std::in_place, *budget);
}

struct LevelWord {
  std::string_view word;
  Level level;
};
// With the words of OTEL_LOG_LEVEL and AWS_LAMBDA_LOG_LEVEL.
constexpr std::array kLevelWords = {
    LevelWord{"debug", Level::kDebug},     LevelWord{"info", Level::kInfo},
    LevelWord{"warning", Level::kWarning}, LevelWord{"error", Level::kError},
    LevelWord{"trace", Level::kDebug},     LevelWord{"verbose", Level::kDebug},
    LevelWord{"warn", Level::kWarning},    LevelWord{"fatal", Level::kError}};

std::optional<Level> parse_level(std::string_view text) noexcept {
  for (const auto& [word, level] : kLevelWords) {
    if (equal_ignoring_case(text, word)) return level;
  }
  return std::nullopt;
}

std::optional<LogFormat> parse_log_format(std::string_view text) noexcept {
  if (equal_ignoring_case(text, "json")) return LogFormat::kJson;
  if (equal_ignoring_case(text, "readable")) return LogFormat::kReadable;
  if (equal_ignoring_case(text, "ecs")) return LogFormat::kEcs;
  if (equal_ignoring_case(text, "gcp")) return LogFormat::kGcp;
  return std::nullopt;
}

std::optional<AccessLogMode> parse_access_log(std::string_view text) noexcept {
  if (equal_ignoring_case(text, "errors")) return AccessLogMode::kErrors;
  const auto on = parse_switch(text);
  if (!on) return std::nullopt;
  return *on ? AccessLogMode::kOn : AccessLogMode::kOff;
}

// A path of a URL, without a query.
std::optional<std::string> parse_url_path(std::string_view text) {
  const bool is_path = text.starts_with('/') && std::ranges::all_of(text, [](char c) {
                         return c > ' ' && c < '\x7f' && c != '?' && c != '#';
                       });
  return is_path ? std::optional(std::string(text)) : std::nullopt;
}

// Parses "UNAVAILABLE,ABORTED". RESOURCE_EXHAUSTED is refused: a message that is too large stays
// too large.
std::optional<std::vector<Code>> parse_codes(std::string_view text) {
  const auto words = parse_list(text);
  if (!words) return std::nullopt;
  std::vector<Code> codes;
  for (const std::string& word : *words) {
    std::optional<Code> code;
    for (int number = 1; number <= static_cast<int>(Code::kUnauthenticated); ++number) {
      if (equal_ignoring_case(word, code_name(static_cast<Code>(number)))) {
        code = static_cast<Code>(number);
      }
    }
    if (!code || *code == Code::kResourceExhausted) return std::nullopt;
    codes.push_back(*code);
  }
  return codes;
}

// Takes the first of the names with ", " between them; empty: there is none.
std::string_view first_of(std::string_view& names) {
  const std::string_view first = names.substr(0, names.find(", "));
  names.remove_prefix(std::min(names.size(), first.size() + 2));
  return first;
}

class Resolver {
 public:
  Resolver(const Flags& flags, const Environment& env, const FunctionContext& context,
           std::vector<Note>& notes)
      : flags_(flags), env_(env), context_(context), notes_(notes) {}

  std::expected<Settings, std::vector<Problem>> resolve() && {
    surroundings();
    modes();
    log();
    function();
    server();
    limits();
    outputs();
    if (!problems_.empty()) return std::unexpected(std::move(problems_));
    return std::move(settings_);
  }

 private:
  GivenText given(Flag flag) const { return given_text(flags_, env_, flag); }

  void wrong(const GivenText& given, std::string_view expected) {
    problems_.push_back({given.origin.name, "", std::string(expected), quoted_setting(given.text)});
  }

  // For one of some words: names the most similar one.
  void wrong_word(Flag flag, const GivenText& given, std::string_view expected) {
    wrong(given, expected);
    std::vector<std::string> words;
    for (std::string_view rest = flag_spec(flag).words; !rest.empty();) {
      const std::string_view word = rest.substr(0, rest.find('|'));
      words.emplace_back(word);
      rest.remove_prefix(std::min(rest.size(), word.size() + 1));
    }
    if (flag_spec(flag).kind != ValueKind::kWord) return;
    if (const std::string nearest = nearest_word(given.text, words); !nearest.empty())
      problems_.back().found += "; did you mean " + nearest + "?";
  }

  // `parse` returns an optional. An empty one is a problem, reported with `expected`.
  template <class T, class Parse>
  Origin read(Flag flag, T& into, std::string_view expected, Parse parse) {
    GivenText from = given(flag);
    if (auto value = parse(from.text)) {
      into = std::move(*value);
    } else {
      wrong_word(flag, from, expected);
    }
    return std::move(from.origin);
  }

  Origin text(Flag flag, std::string& into) {
    return read(flag, into, "a text that is not empty", [](std::string& given) {
      return given.empty() ? std::nullopt : std::optional(std::move(given));
    });
  }

  void duration(Flag flag, Duration& into) {
    read(flag, into, kExpectedDuration, [](std::string_view given) {
      const auto value = parse_duration(given);
      return value && *value > Duration::zero() ? value : std::nullopt;
    });
  }

  void size(Flag flag, std::size_t& into) {
    read(flag, into, kExpectedSize, [](std::string_view given) {
      const auto value = parse_size(given);
      return value && *value > 0 ? value : std::nullopt;
    });
  }

  // Counts of things that each cost memory. More than a million is taken for a typing error.
  void count(Flag flag, std::size_t& into, std::size_t least) {
    static constexpr std::uint64_t kMost = 1'000'000;
    read(flag, into, "a number from " + std::to_string(least) + " to 1000000",
         [least](std::string_view given) {
           const auto value = parse_number(given);
           return value && *value >= least && *value <= kMost ? value : std::nullopt;
         });
  }

  // This room cannot know whether the descriptor is open, and what it is.
  Origin descriptor(Flag flag, std::optional<int>& into) {
    GivenText from = given(flag);
    if (from.origin.is_default()) return std::move(from.origin);
    const auto value = parse_number(from.text);
    if (value && *value > 2 && *value <= std::numeric_limits<int>::max()) {
      into = static_cast<int>(*value);
    } else {
      wrong(from, "a descriptor's number, from 3 on (0, 1 and 2 are the standard streams)");
    }
    return std::move(from.origin);
  }

  void surroundings() {
    const bool in_kubernetes = non_empty(env_, "KUBERNETES_SERVICE_HOST").has_value();
    settings_.service = non_empty(env_, "K_SERVICE").value_or("");
    settings_.in_pod = in_kubernetes || !settings_.service.empty() || non_empty(env_, "POD_NAME");
    settings_.may_be_stopped_at_rest = !settings_.service.empty() && !in_kubernetes;
    settings_.pod_name = non_empty(env_, "POD_NAME").value_or("");
    settings_.pod_namespace = non_empty(env_, "POD_NAMESPACE").value_or("");
    settings_.revision = non_empty(env_, "K_REVISION").value_or("");
  }

  void modes() {
    const GivenText debug = given(Flag::kDebug);
    if (const auto value = parse_switch(debug.text)) {
      settings_.debug = *value;
    } else if (debug.origin.kind == Origin::Kind::kVariable) {
      settings_.log_filter = debug.text;
      notes_.push_back({Level::kDebug, debug.origin.name + " is " + quoted(debug.text) +
                                           ", which is not a boolean; it is used as a log filter"});
    } else {
      wrong(debug, kExpectedSwitch);
    }
    const Origin dry = read(Flag::kDryRun, settings_.dry_run, kExpectedSwitch, parse_switch);
    if (settings_.dry_run && dry.kind == Origin::Kind::kVariable) {
      notes_.push_back(
          {Level::kInfo, "nothing is served: the variable " + dry.name + " asks for a dry run"});
    }
    read(Flag::kPrintOpenapi, settings_.print_openapi, kExpectedSwitch, parse_switch);
    read(Flag::kPrintSchema, settings_.print_schema, kExpectedSwitch, parse_switch);
  }

  void log() {
    settings_.log_format = settings_.debug ? LogFormat::kReadable : LogFormat::kJson;
    if (!given(Flag::kLogFormat).origin.is_default())
      read(Flag::kLogFormat, settings_.log_format, "json, readable, ecs or gcp", parse_log_format);
    log_level();
    settings_.access_log.value = settings_.debug ? AccessLogMode::kOn : AccessLogMode::kOff;
    if (!given(Flag::kAccessLog).origin.is_default())
      settings_.access_log.origin =
          read(Flag::kAccessLog, settings_.access_log.value, "off, on or errors", parse_access_log);
    read(Flag::kCaptureOutput, settings_.capture_output, kExpectedSwitch, parse_switch);
    settings_.cloud_project = non_empty(env_, "GOOGLE_CLOUD_PROJECT").value_or("");
  }

  // The aliases are other programs' variables, too, which know other levels.
  void log_level() {
    const GivenText from = given(Flag::kLogLevel);
    if (from.origin.is_default()) return;
    settings_.log_level = parse_level(from.text);
    if (settings_.log_level) return;
    constexpr std::string_view kExpected = "debug, info, warning or error";
    const bool is_own =
        from.origin.kind == Origin::Kind::kFlag ||
        from.origin.name.find(flag_spec(Flag::kLogLevel).variable) != std::string::npos;
    if (is_own) return wrong_word(Flag::kLogLevel, from, kExpected);
    notes_.push_back({Level::kWarning, from.origin.name + " is " + quoted(from.text) +
                                           "; expected " + std::string(kExpected) +
                                           "; it is ignored"});
  }

  void function() {
    settings_.target.origin = text(Flag::kTarget, settings_.target.value);
    settings_.source.origin = text(Flag::kSource, settings_.source.value);
    settings_.cxxflags = given(Flag::kCxxflags).text;
    read(Flag::kPlugin, settings_.plugins, "paths of .so files, separated by commas", parse_list);
    read(Flag::kOptionalHooks, settings_.optional_hooks, "names of hooks, separated by commas",
         parse_list);
    const GivenText type = given(Flag::kSignatureType);
    settings_.signature_type.origin = type.origin;
    if (type.origin.is_default()) return;
    settings_.signature_type.value = parse_signature(type.text);
    if (!settings_.signature_type.value) {
      wrong_word(Flag::kSignatureType, type, "http, cloudevent, event, openfunction or typed");
    }
  }

  // Knative's `func` sets this variable in images that it builds, whatever PORT the platform sets
  // later. So HOST and PORT come first. nullopt: it is not set, or wrong.
  std::optional<ListenAddress> listen_address() {
    const auto text = non_empty(env_, kListenAddress);
    if (!text) return std::nullopt;
    auto address = parse_listen_address(*text);
    if (!address) wrong({*text, listen_address_origin()}, kExpectedListenAddress);
    return address;
  }
  Origin listen_address_origin() const {
    return {Origin::Kind::kVariable, env_.label(kListenAddress)};
  }

  void host(const std::optional<ListenAddress>& address) {
    GivenText from = given(Flag::kHost);
    auto value = parse_host(from.text);
    if (!value && from.origin.kind == Origin::Kind::kVariable) {
      // Other tools export this common name with values of their own (conda: the machine's type).
      notes_.push_back({Level::kWarning, foreign_host_warning({from.text, from.origin})});
      from = {"", {Origin::Kind::kDefault, "the default"}};
      value = flag_spec(Flag::kHost).default_text;
    }
    if (from.origin.is_default() && address && !address->host.empty()) {
      settings_.host = {address->host, listen_address_origin()};
    } else if (value) {
      settings_.host = {std::move(*value), std::move(from.origin)};
    } else {
      wrong(from, "an address or a host name to listen on, without a port");
    }
  }

  void port(const std::optional<ListenAddress>& address) {
    settings_.port.origin =
        read(Flag::kPort, settings_.port.value, kExpectedListeningPort, parse_listening_port);
    if (!settings_.port.origin.is_default()) {
      if (address && address->port != settings_.port.value)
        notes_.push_back({Level::kInfo, env_.label(kListenAddress) + " names port " +
                                            std::to_string(address->port) + ", which " +
                                            settings_.port.origin.name + " overrides"});
    } else if (address) {
      settings_.port = {address->port, listen_address_origin()};
    } else if (context_.port) {
      settings_.port = {*context_.port, {Origin::Kind::kContext, "the context's port"}};
    }
  }

  void server() {
    const auto address = listen_address();
    host(address);
    // A developer's machine should not be reachable from outside; in a pod, the probes and the mesh
    // come from outside.
    if (settings_.host.origin.is_default() && settings_.debug && !settings_.in_pod) {
      settings_.host.value = "127.0.0.1";
    }
    port(address);
    settings_.listen_fd.origin = descriptor(Flag::kListenFd, settings_.listen_fd.value);
    descriptor(Flag::kReadyFd, settings_.ready_fd);
    for (const Flag flag : {Flag::kHost, Flag::kPort}) {
      const GivenText other = given(flag);
      if (settings_.listen_fd.value && other.origin.kind == Origin::Kind::kFlag)
        wrong(other, "no address beside " + settings_.listen_fd.origin.name);
    }
    count(Flag::kConcurrency, settings_.concurrency, 1);
    settings_.queue = settings_.concurrency;
    if (!given(Flag::kQueue).origin.is_default()) count(Flag::kQueue, settings_.queue, 0);
    count(Flag::kThreads, settings_.threads, 0);
    duration(Flag::kTimeout, settings_.timeout);
    duration(Flag::kStartTimeout, settings_.start_timeout);
    if (!given(Flag::kDrainDelay).origin.is_default()) {
      read(Flag::kDrainDelay, settings_.drain_delay, kExpectedDuration, parse_duration);
    } else if (settings_.in_pod && !non_empty(env_, "K_SERVICE")) {
      settings_.drain_delay = kPodDrainDelay;
    }
    read(Flag::kDrainTimeout, settings_.drain_timeout, kExpectedDuration, parse_duration);
    metrics();
  }

  void metrics() {
    const std::string_view host = settings_.in_pod ? "0.0.0.0" : "127.0.0.1";
    if (!given(Flag::kOpenapi).origin.is_default())
      read(Flag::kOpenapi, settings_.openapi, "a path such as /openapi.json", parse_url_path);
    if (given(Flag::kMetrics).origin.is_default()) {
      settings_.metrics = metrics_of_variables(env_, host, notes_);
    } else {
      read(Flag::kMetrics, settings_.metrics, kExpectedMetrics,
           [host](std::string_view given) { return parse_metrics(given, host); });
    }
  }

  void limits() {
    count(Flag::kMaxConnections, settings_.max_connections, 0);
    size(Flag::kMaxBodySize, settings_.max_body_size);
    if (!given(Flag::kMaxBodyMemory).origin.is_default())
      size(Flag::kMaxBodyMemory, settings_.max_body_memory);
    size(Flag::kMaxHeaderBytes, settings_.max_header_bytes);
    count(Flag::kMaxHeaderFields, settings_.max_header_fields, 1);
    duration(Flag::kHeadTimeout, settings_.head_timeout);
    duration(Flag::kBodyTimeout, settings_.body_timeout);
    duration(Flag::kIdleTimeout, settings_.idle_timeout);
    duration(Flag::kSlowReaderTimeout, settings_.slow_reader_timeout);
  }

  void outputs() {
    if (auto sidecar = resolve_sidecar(env_)) {
      settings_.sidecar = std::move(*sidecar);
    } else if (context_.needs_sidecar()) {
      problems_.push_back(std::move(sidecar.error()));
    } else {
      notes_.push_back({Level::kWarning, "no sidecar is needed, but " + sidecar.error().text()});
    }
    duration(Flag::kSidecarTimeout, settings_.sidecar_timeout);
    read(Flag::kRetryCodes, settings_.retry_codes,
         "gRPC codes such as UNAVAILABLE,ABORTED (not RESOURCE_EXHAUSTED: too large stays too "
         "large)",
         parse_codes);
    settings_.trace_flush.origin =
        read(Flag::kTraceFlush, settings_.trace_flush.value,
             "batch, or response: with a duration from 1ms to 1s, such as response:200ms",
             parse_trace_flush);
    constexpr std::string_view kModes = "auto, on or off";
    read(Flag::kLocalSidecar, settings_.local_sidecar, kModes, parse_mode<LocalSidecarMode>);
    read(Flag::kDaprInvocation, settings_.dapr_invocation, kModes, parse_mode<InvocationMode>);
    text(Flag::kComponents, settings_.components);
    settings_.dapr_api_token = non_empty(env_, "DAPR_API_TOKEN").value_or("");
    settings_.app_api_token = non_empty(env_, "APP_API_TOKEN").value_or("");
    const std::string protocol = non_empty(env_, "APP_PROTOCOL").value_or("grpc");
    if (equal_ignoring_case(protocol, "http") || equal_ignoring_case(protocol, "h2c")) {
      settings_.app_protocol = AppProtocol::kHttp;
    } else if (!equal_ignoring_case(protocol, "grpc")) {
      // Only a warning, because the platform sets this variable and the user cannot correct it.
      notes_.push_back({Level::kWarning, env_.label("APP_PROTOCOL") + " is " + quoted(protocol) +
                                             "; expected grpc or http; grpc is used"});
    }
  }

  const Flags& flags_;
  const Environment& env_;
  const FunctionContext& context_;
  std::vector<Note>& notes_;
  std::vector<Problem> problems_;
  Settings settings_;
};

}  // namespace

GivenText given_text(const Flags& flags, const Environment& env, Flag flag) {
  const FlagSpec& spec = flag_spec(flag);
  if (flags[flag]) return {*flags[flag], {Origin::Kind::kFlag, "--" + std::string(spec.name)}};
  std::string_view names = spec.alias;
  for (std::string_view name = spec.variable; !name.empty(); name = first_of(names)) {
    if (auto value = non_empty(env, name)) {
      return {std::move(*value), {Origin::Kind::kVariable, env.label(name)}};
    }
  }
  return {std::string(spec.default_text), {Origin::Kind::kDefault, "the default"}};
}

std::string foreign_host_warning(const Sourced<std::string>& host) {
  return host.origin.name + " is " + quoted(host.value) +
         ", which is not an address of this machine; another tool may have set it, so it is "
         "ignored; --host names an address to listen on";
}

std::string Settings::url(std::uint16_t bound_port) const {
  const bool ipv6 = host.value.find(':') != std::string::npos;
  return "http://" + (ipv6 ? '[' + host.value + ']' : host.value) + ':' +
         std::to_string(bound_port) + '/';
}

std::expected<Settings, std::vector<Problem>> resolve_settings(const Flags& flags,
                                                               const Environment& env,
                                                               const FunctionContext& context,
                                                               std::vector<Note>& notes) {
  return Resolver(flags, env, context, notes).resolve();
}

}  // namespace ofn
