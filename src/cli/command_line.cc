#include "cli/command_line.h"

#include <algorithm>
#include <array>
#include <map>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include <CLI/CLI.hpp>

#include "base/nearest.h"
#include "cli/parts.h"
#include "image/oci_layout.h"
#include "localdapr/catalogue.h"

namespace ofn::cli {

namespace {

constexpr std::string_view kVersion = "functions-framework " OFN_VERSION;

// The command that shows the flags of `app`.
std::string help_of(const CLI::App& app) {
  std::string command = "--help";
  for (const CLI::App* level = &app; level != nullptr; level = level->get_parent())
    command = level->get_name() + " " + command;
  return command;
}

// The command that the arguments name.
const CLI::App& last_command(const CLI::App& app) {
  const CLI::App* last = &app;
  while (!last->get_subcommands().empty()) last = last->get_subcommands().front();
  return *last;
}

std::string unknown_argument(const CLI::App& app, const std::string& argument) {
  const std::string word = argument.substr(0, argument.find('='));
  if (!word.starts_with("-")) {
    return "unexpected argument \"" + argument + "\"; see " + help_of(app);
  }
  std::vector<std::string> flags;
  for (const CLI::Option* option : app.get_options())
    flags.push_back("--" + option->get_single_name());
  const std::string nearest = nearest_word(word, flags);
  return "unknown flag " + word + (nearest.empty() ? "" : "; did you mean " + nearest + "?") +
         " (" + help_of(app) + " lists all)";
}

// Adds the rows of the flag table for which `wanted` returns true. Each line of --help contains the
// default and the variables.
template <class Wanted>
void add_flags(CLI::App& app, Flags& flags, Wanted wanted) {
  for (const FlagSpec& spec : flag_table()) {
    if (!wanted(spec)) continue;
    std::string help(spec.help);
    help += " [" + std::string(spec.variable) +
            (spec.alias.empty() ? "" : ", " + std::string(spec.alias));
    help += spec.default_text.empty() ? "]" : "; default " + std::string(spec.default_text) + "]";
    const auto keep = [&flags, flag = spec.flag](const std::string& text) { flags[flag] = text; };
    CLI::Option* option = nullptr;
    if (spec.is_switch()) {
      // Without a value, the flag means "true". --debug=false has precedence over its variable.
      option = app.add_flag("--" + std::string(spec.name), std::as_const(help))->each(keep);
    } else {
      option = app.add_option_function<std::string>("--" + std::string(spec.name), keep, help);
      option->type_name(std::string(spec.value));
    }
    option->group(std::string(flag_group_title(spec.group)));
    if (spec.repeated == FlagSpec::Repeated::kAll) {
      option->delimiter(',');
      option->multi_option_policy(CLI::MultiOptionPolicy::Join);
    } else {
      option->multi_option_policy(CLI::MultiOptionPolicy::TakeLast);
    }
  }
}

bool is_built_with(const FlagSpec& spec) {
  return spec.group == FlagGroup::kFunction || spec.flag == Flag::kEnvFile;
}

// An option that is given as NAME=VALUE, any number of times.
void add_label(const std::string& text, std::map<std::string, std::string>& labels) {
  const std::size_t sign = text.find('=');
  if (sign == 0 || sign == std::string::npos) {
    throw CLI::ValidationError("--label", "expected NAME=VALUE, found \"" + text + "\"");
  }
  labels.insert_or_assign(text.substr(0, sign), text.substr(sign + 1));
}

std::string is_not_empty(const std::string& text) {
  return text.empty() ? "must not be empty" : "";
}

void add_image_flags(CLI::App& app, ImageCommand& image) {
  app.footer(
      "The image has the program, the function and the shared libraries that they need. Push it "
      "with: skopeo copy oci:DIR docker://REGISTRY/NAME");
  add_flags(app, image.flags, is_built_with);
  const auto keep_source = [&image](const std::string& text) { image.flags[Flag::kSource] = text; };
  app.add_option_function<std::string>("SOURCE", keep_source, "The same as --source")
      ->type_name("");
  app.add_option("--oci", image.layout, "Folder to write; a layout that exists gets one more image")
      ->required()
      ->check(is_not_empty)
      ->type_name("DIR");
  app.add_option("--tag", image.tag, "Name of the image in the folder [default latest]")
      ->check([](const std::string& text) {
        return image::is_tag(text)
                   ? std::string()
                   : "expected letters and digits with one of -._:@+/ between them, found \"" +
                         text + "\"";
      })
      ->type_name("NAME");
  app.add_option("--base", image.base,
                 "Build on an image (an OCI layout, DIR or DIR:NAME), or on a folder with a root "
                 "file system")
      ->check(is_not_empty)
      ->type_name("DIR");
  app.add_flag("--ca", image.has_certificates,
               "Add this machine's CA certificates, for functions that use TLS");
  app.add_option("--with", image.opened,
                 "Add a library that the program opens only when a configuration needs it, such "
                 "as libcurl.so.4; may be repeated")
      ->check([](const std::string& name) {
        return name.empty() || name.find_first_of(" :/") != std::string::npos
                   ? "expected a library's name such as libcurl.so.4, found \"" + name + "\""
                   : std::string();
      })
      ->allow_extra_args(false)  // the next word is the source
      ->type_name("LIBRARY");
  app.add_option_function<std::vector<std::string>>(
         "--label",
         [&image](const std::vector<std::string>& texts) {
           for (const std::string& text : texts) add_label(text, image.labels);
         },
         "Add a label, such as org.opencontainers.image.source=URL; may be repeated")
      ->allow_extra_args(false)
      ->type_name("NAME=VALUE");
}

std::string variables_footer() {
  std::string text = "Other variables:\n";
  for (const VariableSpec& variable : variable_table()) {
    std::string name = "  " + std::string(variable.name);
    name.resize(std::max<std::size_t>(name.size() + 1, 30), ' ');
    text += name + std::string(variable.help) + "\n";
  }
  text +=
      "\nExit codes: 0 ok, 2 usage, 3 function cannot be loaded, 4 context invalid, 5 cannot "
      "listen, 6 the function called exit, 128 + N ended by signal N, 1 anything else";
  return text;
}

CLI::Option* add_waiting(CLI::App& app, bool& waits) {
  return app.add_flag("--wait-for-debugger", waits,
                      "Wait until a debugger has attached, before the function is loaded");
}

void add_dev_flags(CLI::App& app, DevCommand& command) {
  add_flags(app, command.flags, [](const FlagSpec&) { return true; });
  app.add_flag("--no-watch{false}", command.watches,
               "Do not watch files; the key b begins a build");
  app.add_flag("--json", command.json, "Write what happens as NDJSON to standard output");
  app.add_flag("--release", command.is_release, "Compile as `build` does, to measure the function");
  app.add_option("--sanitize", command.sanitizers,
                 "Compile for sanitizers, such as address,undefined")
      ->type_name("NAMES");
  add_waiting(app, command.waits_for_debugger);
  app.add_flag("--verbose", command.verbose, "Show probes and more of each call and reload");
}

// The flags of `manifest` that choose what is written.
struct KindFlag {
  manifest::Kind kind;
  const char* flag;
  const char* help;
};
constexpr std::array<KindFlag, 6> kKindFlags = {{
    {manifest::Kind::kKnative, "--knative", "Knative Service"},
    {manifest::Kind::kDeployment, "--deployment", "Deployment, Service, PodDisruptionBudget"},
    {manifest::Kind::kKeda, "--keda",
     "Deployment that KEDA scales, by requests (InterceptorRoute) and by brokers (ScaledObject)"},
    {manifest::Kind::kDapr, "--dapr",
     "Dapr components of the context, and the annotations of the pod"},
    {manifest::Kind::kCompose, "--compose", "Compose file with daprd and brokers"},
    {manifest::Kind::kExplained, "--explain",
     "Not a manifest: the variables that OpenFunction's controller makes of it, FUNC_CONTEXT and "
     "FUNC_CONTEXT_V1BETA2, as a file for --env-file"},
}};
constexpr const char* kWhatIsWritten = "What is written";

// The kinds that are chosen on the command line.
struct Kinds {
  std::vector<manifest::Kind> kinds;
  std::string openfunction;  // the version
};

void add_manifest_flags(CLI::App& app, ManifestCommand& command, CheckCommand& checked,
                        Kinds& chosen) {
  app.footer(
      "The numbers of a manifest agree with the flags above: it also sets their variables for the "
      "program.");
  app.add_flag("--openfunction{v1beta2}", chosen.openfunction,
               "OpenFunction Function; --openfunction=v1beta1 for the older version")
      ->group(kWhatIsWritten);
  for (const KindFlag& each : kKindFlags) {
    app.add_flag_callback(
           each.flag, [&chosen, kind = each.kind] { chosen.kinds.push_back(kind); }, each.help)
        ->group(kWhatIsWritten);
  }
  app.add_option("--kustomize", command.kustomize,
                 "Write a base and overlays to this folder; overlays that exist are kept")
      ->type_name("DIR")
      ->group(kWhatIsWritten);
  const auto add_text = [&](const char* flag, std::string& into, const char* value,
                            const char* help) {
    app.add_option(flag, into, help)->type_name(value)->group("Manifest");
  };
  add_text("--image", command.image, "IMAGE", "Image of the function");
  add_text("--name", command.name, "NAME",
           "Name of all objects [default the context's name, or else the function's]");
  add_text("--namespace", command.space, "NAME", "Namespace of all objects");
  add_text("--hostname", command.host, "HOST", "Host of the function's requests, for --keda");
  app.add_option("--min-replicas", command.min_replicas, "Fewest pods [default 0]")
      ->check(CLI::Range(0, 10000))
      ->type_name("N")
      ->group("Manifest");
  app.add_option("--max-replicas", command.max_replicas, "Most pods [default 10]")
      ->check(CLI::Range(1, 10000))
      ->type_name("N")
      ->group("Manifest");
  app.add_flag("--h2c", command.h2c, "Proxies of the cluster speak HTTP/2 to the function")
      ->group("Manifest");
  add_flags(app, command.flags, [](const FlagSpec& spec) {
    constexpr std::array kNot = {Flag::kHost, Flag::kListenFd, Flag::kReadyFd, Flag::kLocalSidecar};
    return spec.group != FlagGroup::kModes && std::ranges::find(kNot, spec.flag) == kNot.end();
  });
  app.add_subcommand("check", "Say what is wrong in manifests, and what to change")
      ->add_option("FILE", checked.files, "YAML files")
      ->required();
}

// Returns what is wrong with the kinds; otherwise sets the command's.
std::optional<std::string> choose_kind(Kinds& chosen, ManifestCommand& command) {
  if (chosen.openfunction == "v1beta2") {
    chosen.kinds.push_back(manifest::Kind::kOpenFunctionV1Beta2);
  } else if (chosen.openfunction == "v1beta1") {
    chosen.kinds.push_back(manifest::Kind::kOpenFunctionV1Beta1);
  } else if (!chosen.openfunction.empty()) {
    return "--openfunction: expected v1beta1 or v1beta2, found \"" + chosen.openfunction + "\"";
  }
  const std::size_t count = chosen.kinds.size() + (command.kustomize.empty() ? 0 : 1);
  if (count != 1) {
    std::string flags = "--openfunction";
    for (const KindFlag& each : kKindFlags) flags += ", " + std::string(each.flag);
    return "manifest: expected one of " + flags + ", --kustomize, found " +
           (count == 0 ? "none" : std::to_string(count) + " of them");
  }
  if (!chosen.kinds.empty()) command.kind = chosen.kinds.front();
  const bool has_image =
      command.kind != manifest::Kind::kDapr && command.kind != manifest::Kind::kExplained;
  if (command.image.empty() && has_image) {
    return "manifest: --image is missing; it names the image of the function, such as "
           "registry.example/greeter:1";
  }
  return std::nullopt;
}

// Returns what is wrong if flags of `manifest` stand before `check`, which needs none of them.
std::optional<std::string> given_flags(const CLI::App& manifest) {
  for (const CLI::Option* option : manifest.get_options()) {
    if (option->count() == 0) continue;
    return "manifest: --" + option->get_single_name() +
           " has no effect on check; write: functions-framework manifest check FILE";
  }
  return std::nullopt;
}

}  // namespace

std::expected<Command, std::string> parse_command_line(std::span<const std::string> arguments) {
  ServeCommand serve;
  DevCommand dev;
  BuildCommand build;
  ImageCommand image;
  SidecarCommand sidecar;
  ManifestCommand manifest;
  CheckCommand checked;
  Kinds kinds;

  CLI::App app(
      "Serves a C++ function over HTTP and CloudEvents, and sends its results to Dapr "
      "outputs.",
      "functions-framework");
  app.footer(variables_footer());
  CLI::Option* version =
      app.set_version_flag("--version", std::string(kVersion), "Print the version");
  const std::string verbose_help = "With --version: also the libraries that the program contains";
  const CLI::Option* verbose = app.add_flag("--verbose", verbose_help)->needs(version);
  app.get_formatter()->column_width(34);
  app.allow_extras();
  app.require_subcommand(0, 1);
  add_flags(app, serve.flags, [](const FlagSpec&) { return true; });
  app.add_flag("--no-watch{false}", serve.watches,
               "With --debug: do not serve the function anew when a file is saved")
      ->group(std::string(flag_group_title(FlagGroup::kModes)));
  add_waiting(app, serve.waits_for_debugger)
      ->group(std::string(flag_group_title(FlagGroup::kModes)));

  CLI::App* dev_app = app.add_subcommand(
      "dev", "Serve the function while you work on it: each save is compiled and served at once");
  dev_app->allow_extras();
  const auto is_named = [arguments](std::string_view word) {
    return std::ranges::find(arguments, word) != arguments.end();
  };
  // These flags, and those of `image` and `manifest`, would make every start slower.
  if (is_named("dev")) add_dev_flags(*dev_app, dev);

  CLI::App* build_app = app.add_subcommand(
      "build", "Compile a function into a .so, so that an image needs no compiler");
  build_app->allow_extras();
  add_flags(*build_app, build.flags, is_built_with);
  build_app->add_option("-o,--output", build.output, "The .so to write")
      ->required()
      ->check([](const std::string& file) {
        return file.empty() ? std::string("needs the name of a file") : std::string();
      })
      ->type_name("FILE");

  CLI::App* image_app = app.add_subcommand(
      "image",
      "Compile a function and write a container image with it, as a folder in OCI's layout");
  image_app->allow_extras();
  if (is_named("image")) add_image_flags(*image_app, image);

  CLI::App* sidecar_app =
      app.add_subcommand("sidecar",
                         "Run only the local sidecar, for functions of this framework on a "
                         "developer's machine; for anything else run Dapr");
  sidecar_app->footer("Component types: " + localdapr::names_of_types());
  sidecar_app->allow_extras();
  add_flags(*sidecar_app, sidecar.flags,
            [](const FlagSpec& spec) { return spec.flag == Flag::kEnvFile; });
  const CLI::Range port(0, 65535);
  sidecar_app
      ->add_option("--components", sidecar.components,
                   "Directory of component files [default ./components]")
      ->type_name("DIR");
  sidecar_app
      ->add_option("--grpc-port", sidecar.grpc_port,
                   "Port of the Dapr API, 0 for any free one [default 50001]")
      ->check(port)
      ->type_name("PORT");
  sidecar_app->add_option("--host", sidecar.host, "Address to listen on [default 127.0.0.1]")
      ->type_name("ADDRESS");
  sidecar_app
      ->add_option(
          "--app-port", sidecar.app_port,
          "Port of an app on this machine that gets the events of input bindings and topics")
      ->check(port)
      ->type_name("PORT");
  sidecar_app
      ->add_option("--app-protocol", sidecar.app_protocol,
                   "Protocol of the app, grpc or http [default grpc]")
      ->transform(CLI::CheckedTransformer(std::map<std::string, AppProtocol>{
          {"grpc", AppProtocol::kGrpc}, {"http", AppProtocol::kHttp}}))
      ->type_name("PROTOCOL");
  sidecar_app->add_flag("--debug", sidecar.debug, "Readable log with details");

  CLI::App* manifest_app = app.add_subcommand(
      "manifest",
      "Write a manifest of the function, for a cluster or Docker Compose; or check manifests");
  manifest_app->allow_extras();
  if (is_named("manifest")) add_manifest_flags(*manifest_app, manifest, checked, kinds);

  std::vector<std::string> reversed(arguments.rbegin(),
                                    arguments.rend());  // CLI11 reads them from the end
  try {
    app.parse(reversed);
  } catch (const CLI::CallForHelp&) {
    const CLI::App* used = &app;
    std::string path;  // of the commands before the one that is asked for
    while (!used->get_subcommands().empty()) {
      path += (path.empty() ? "" : " ") + used->get_name();
      used = used->get_subcommands().front();
    }
    return ShowCommand{used->help(path)};
  } catch (const CLI::CallForVersion&) {
    return ShowCommand{
        std::string(kVersion) + "\n" +
        (verbose->count() == 0 ? std::string() : "It contains:\n" + std::string(parts_text()))};
  } catch (const CLI::ParseError& error) {
    return std::unexpected(std::string(error.what()) + " (" + help_of(last_command(app)) +
                           " lists all flags)");
  }
  for (const CLI::App* level = &app;; level = level->get_subcommands().front()) {
    const auto extras = level->remaining();
    if (!extras.empty()) return std::unexpected(unknown_argument(*level, extras.front()));
    if (level->get_subcommands().empty()) break;
  }
  const CLI::App* used = app.get_subcommands().empty() ? &app : app.get_subcommands().front();
  if (used == dev_app) return dev;
  if (used == build_app) return build;
  if (used == image_app) return image;
  if (used == sidecar_app) return sidecar;
  if (!checked.files.empty()) {
    if (auto wrong = given_flags(*manifest_app)) return std::unexpected(*std::move(wrong));
    return checked;
  }
  if (used == manifest_app) {
    if (auto wrong = choose_kind(kinds, manifest)) return std::unexpected(*std::move(wrong));
    return manifest;
  }
  return serve;
}

}  // namespace ofn::cli
