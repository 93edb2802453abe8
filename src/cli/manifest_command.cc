#include "cli/manifest_command.h"

#include <algorithm>
#include <array>
#include <filesystem>
#include <fstream>
#include <optional>
#include <string>
#include <system_error>
#include <unistd.h>
#include <utility>
#include <vector>

#include "cli/configuration.h"
#include "cli/env_files.h"
#include "cli/json_result.h"
#include "cli/load_function.h"
#include "cli/loading.h"
#include "cli/named_file.h"
#include "cli/streams.h"
#include "localdapr/component_loader.h"
#include "logging/logger.h"
#include "manifest/check.h"
#include "manifest/manifest.h"
#include "os/small_file.h"
#include "os/watched_process.h"

namespace ofn::cli {

namespace {

namespace fs = std::filesystem;
using manifest::Description;

// The same environment as in a pod that is not Knative's, on which defaults depend.
Environment in_a_pod(const Environment& env) {
  return {[env](std::string_view name) -> std::optional<std::string> {
            if (name == "KUBERNETES_SERVICE_HOST") return "cluster";
            if (name == "K_SERVICE") return std::nullopt;
            return env(name);
          },
          [env](std::string_view name) { return env.label(name); }};
}

// Flags that a manifest expresses in another way, or that belong to this machine.
constexpr std::array kNoVariables = {Flag::kHost,         Flag::kPort,        Flag::kListenFd,
                                     Flag::kReadyFd,      Flag::kConcurrency, Flag::kTimeout,
                                     Flag::kMetrics,      Flag::kDrainDelay,  Flag::kMaxBodySize,
                                     Flag::kDrainTimeout, Flag::kComponents,  Flag::kLocalSidecar};

bool is_for_the_container(const FlagSpec& spec) {
  if (spec.flag == Flag::kOptionalHooks) return true;
  const bool is_setting = spec.group == FlagGroup::kServer || spec.group == FlagGroup::kLimits ||
                          spec.group == FlagGroup::kOutputs || spec.group == FlagGroup::kLog;
  return is_setting && std::ranges::find(kNoVariables, spec.flag) == kNoVariables.end();
}

// Reads the components of the files of --components. The default folder need not exist.
// Errors: message() is for the user.
Result<std::vector<manifest::Component>> read_components(const std::string& folder, bool is_default,
                                                         Log& log, std::vector<Problem>& problems) {
  std::vector<manifest::Component> components;
  std::error_code error;
  if (is_default && !fs::exists(folder, error)) return components;
  const auto files = localdapr::component_files(folder, log);
  if (!files) return fail(files.error().code(), files.error().text());
  for (const fs::path& file : *files) {
    auto text = read_named_file(file, {Origin::Kind::kFlag, "--components"});
    if (!text) {
      problems.push_back(std::move(text.error()));
    } else {
      manifest::read_components(file.native(), *text, components, problems);
    }
  }
  return components;
}

std::vector<manifest::ServedFunction> served_functions(const Routes& routes) {
  std::vector<manifest::ServedFunction> served;
  for (const Function& function : routes.functions()) {
    manifest::ServedFunction& one =
        served.emplace_back(function.name, signature_name(function.signature));
    for (const RegisteredRoute& route : function.routes) one.routes.push_back(route.text);
  }
  return served;
}

// The functions of --source or of this program, of which no code runs; empty if there is no source.
// Errors: message() is for the user.
Result<std::vector<manifest::ServedFunction>> look_at_functions(const Configuration& configuration,
                                                                const abi::Program* linked,
                                                                Log& log) {
  Settings settings = configuration.settings;
  settings.dry_run = true;
  std::error_code error;
  if (linked == nullptr && settings.source.origin.is_default() &&
      !fs::exists(settings.source.value, error)) {
    return std::vector<manifest::ServedFunction>();
  }
  Programs programs;
  Build build;
  const auto routes = load_functions(settings, configuration.context.http_pattern, "",
                                     configuration.env, linked, programs, build, log);
  if (!routes) return std::unexpected(routes.error());
  if (!configuration.subscriptions.inputs().empty() && routes->sole() != nullptr) {
    if (const auto problem = delivery_problem(*routes->sole()))
      return fail(Code::kFailedPrecondition, *problem);
  }
  return served_functions(*routes);
}

std::string name_of(const ManifestCommand& command, const Configuration& configuration,
                    const std::vector<manifest::ServedFunction>& functions) {
  if (!command.name.empty()) return command.name;
  if (!configuration.context.name.empty()) return manifest::dns_label(configuration.context.name);
  if (functions.size() == 1) return manifest::dns_label(functions.front().name);
  return manifest::dns_label(configuration.settings.target.value);
}

Description description_of(const ManifestCommand& command, const Configuration& configuration,
                           std::vector<manifest::ServedFunction> functions) {
  const Settings& settings = configuration.settings;
  Description function{.name = name_of(command, configuration, functions),
                       .space = command.space,
                       .image = command.image,
                       .host = command.host,
                       .functions = std::move(functions),
                       .context = configuration.context,
                       .port = settings.port.value,
                       .timeout = settings.timeout,
                       .drain_delay = settings.drain_delay,
                       .drain_timeout = settings.drain_timeout,
                       .concurrency = settings.concurrency,
                       .max_body_size = settings.max_body_size,
                       .calls_by_http = settings.app_protocol == AppProtocol::kHttp,
                       .h2c = command.h2c,
                       .min_replicas = command.min_replicas,
                       .max_replicas = command.max_replicas};
  if (!settings.target.origin.is_default()) function.target = settings.target.value;
  function.drain_delay_given =
      !given_text(command.flags, configuration.env, Flag::kDrainDelay).origin.is_default();
  if (settings.metrics.place == MetricsChoice::Place::kOwnPort)
    function.metrics_port = settings.metrics.port;
  for (const FlagSpec& spec : flag_table()) {
    const auto& given = command.flags[spec.flag];
    if (given && is_for_the_container(spec)) function.variables.emplace_back(spec.variable, *given);
  }
  if (settings.metrics.place == MetricsChoice::Place::kFunctionsPort)
    function.variables.emplace_back(flag_spec(Flag::kMetrics).variable, "same");
  return function;
}

// Returns what is wrong with the command, apart from its settings.
std::optional<std::string> mistake(const ManifestCommand& command, const Description& function) {
  if (!manifest::is_dns_label(function.name)) {
    return "the name " + ofn::quoted(function.name) +
           " cannot be used in a cluster: give one with --name, of at most 63 lower-case letters, "
           "digits and '-', which begins with a letter";
  }
  if (!function.space.empty() && !manifest::is_namespace(function.space)) {
    return "--namespace: expected at most 63 lower-case letters, digits and '-', with a letter or "
           "a "
           "digit at both ends, found " +
           ofn::quoted(function.space);
  }
  if (!function.host.empty() && !manifest::is_host(function.host)) {
    return "--hostname: expected a host without a port, such as greeter.example or *.example, "
           "found " +
           ofn::quoted(function.host);
  }
  if (!function.image.empty() && !manifest::is_image(function.image)) {
    return "--image: expected an image as registries name it, such as registry.example/greeter:1, "
           "found " +
           ofn::quoted(function.image);
  }
  if (function.port == 0) return "--port: expected a port from 1 to 65535, found \"0\"";
  if (command.min_replicas > command.max_replicas) {
    return "--min-replicas " + std::to_string(command.min_replicas) +
           " is more than --max-replicas " + std::to_string(command.max_replicas);
  }
  return std::nullopt;
}

// Writes the files below the folder. The user's own are not written again.
// Errors: message() names the file.
Result<std::string> write_files(const std::string& folder,
                                const std::vector<manifest::File>& files) {
  std::string report;
  for (const manifest::File& file : files) {
    const fs::path path = fs::path(folder) / file.path;
    std::error_code error;
    if (file.is_users && fs::exists(path, error)) {
      report += path.string() + ": kept\n";
      continue;
    }
    fs::create_directories(path.parent_path(), error);
    std::ofstream stream(path, std::ios::binary | std::ios::trunc);
    stream << file.text;
    stream.close();
    if (!stream) {
      return fail(Code::kPermissionDenied, "--kustomize: the file " +
                                               ofn::quoted(path.string(), 4096) +
                                               " cannot be written; name another folder");
    }
    report += path.string() + ": written\n";
  }
  return report;
}

}  // namespace

int write_manifest(const ManifestCommand& command, const Environment& process,
                   const abi::Program* linked) {
  const auto configuration = resolve_configuration(command.flags, in_a_pod(process));
  if (!configuration) return complain(configuration.error());
  set_in_process(configuration->variables);
  Logger log({.format = LogFormat::kReadable}, Level::kWarning, STDERR_FILENO);
  log_notes(configuration->notes, log);
  const os::WatchedProcess watched(watched_command());
  auto functions = look_at_functions(*configuration, linked, log);
  if (!functions) return complain(functions.error().message(), kExitLoad);
  Description function = description_of(command, *configuration, *std::move(functions));
  if (const auto wrong = mistake(command, function)) return complain(*wrong, kExitUsage);
  std::vector<Problem> problems;
  function.components_folder = configuration->settings.components;
  auto components = read_components(
      function.components_folder,
      given_text(command.flags, configuration->env, Flag::kComponents).origin.is_default(), log,
      problems);
  if (!components) return complain(components.error().message(), kExitUsage);
  function.components = *std::move(components);
  if (!problems.empty()) return complain(problems, kExitUsage);
  const auto text = command.kustomize.empty()
                        ? manifest::manifest_of(command.kind, function)
                        : write_files(command.kustomize, manifest::kustomization_of(function));
  if (!text) return complain(text.error().message(), kExitUsage);
  return print(*text);
}

int check_manifests(const ManifestCheckCommand& command) {
  std::string report;
  std::vector<document::Node> findings;
  std::vector<document::Node> unreadable;
  std::size_t objects = 0;
  bool is_readable = true;
  for (const std::string& file : command.files) {
    const auto text = os::read_small_file(file);
    if (!text) {
      complain(file + ": " + text.error().message());
      unreadable.push_back(
          document::Node::object({{"file", file}, {"reason", text.error().message()}}));
      is_readable = false;
      continue;
    }
    const manifest::Checked checked = manifest::check(*text);
    objects += checked.objects;
    for (const manifest::Finding& finding : checked.findings) {
      report += file + ":" + std::to_string(finding.line) + ": " + std::string(finding.rule) +
                ": " + finding.found + "; " + finding.change + "\n";
      findings.push_back(document::Node::object({{"file", file},
                                                 {"line", document::Node::number(finding.line)},
                                                 {"rule", finding.rule},
                                                 {"found", finding.found},
                                                 {"change", finding.change}}));
    }
  }
  const bool is_good = report.empty() && is_readable;
  if (command.json) {
    const Exit printed = print_result(
        "manifest check", {{"objects", document::Node::number(objects)},
                           {"findings", document::Node::list(std::move(findings))},
                           {"unreadable", document::Node::list(std::move(unreadable))}});
    return is_good ? printed : kExitFailure;
  }
  if (is_good)
    report =
        std::to_string(objects) + (objects == 1 ? " object" : " objects") + ", nothing wrong\n";
  const Exit printed = print(report);
  return is_good ? printed : kExitFailure;
}

}  // namespace ofn::cli
