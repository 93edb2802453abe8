#include "cli/load_function.h"

#include <filesystem>
#include <system_error>
#include <utility>

#include "base/joined.h"
#include "cli/loading.h"
#include "function/registry.h"
#include "os/end_forked_child.h"
#include "typed/patterns_check.h"

namespace ofn::cli {

namespace {

// A program that is only inspected runs none of the author's code.
StartUp start_up_of(const Settings& settings) {
  return settings.only_looks() ? StartUp::kIsLeftOut : StartUp::kRuns;
}

std::string names_of(std::span<const Function> functions) {
  return functions.empty() ? "none" : joined(functions, ", ", &Function::name);
}

// A program that is linked with the framework already contains its functions.
Result<std::vector<Function>> linked_functions(const abi::Program& program,
                                               const std::optional<std::string>& target,
                                               Programs& programs) {
  programs.add(program);  // the author's constructors have run already
  if (auto added = add_plugins(program, programs.plugins); !added) {
    return std::unexpected(std::move(added).error());
  }
  auto registry = Registry::of(program);
  if (!registry) return std::unexpected(std::move(registry).error());
  if (!target)
    return std::vector<Function>(registry->functions().begin(), registry->functions().end());
  if (const Function* function = registry->find(*target)) return std::vector<Function>{*function};
  return fail(Code::kNotFound, "this program is expected to contain a function named " + *target +
                                   "; its functions: " + names_of(registry->functions()));
}

Result<std::vector<Function>> loaded_functions(const Settings& settings,
                                               const std::optional<std::string>& target,
                                               const std::string& shown, const Environment& env,
                                               Programs& programs, Build& build, Log& log) {
  LoadRequest wanted = load_request(settings.source.value, target, settings.cxxflags, env);
  wanted.shown = shown;
  wanted.start_up = start_up_of(settings);
  auto program = load_stoppable(std::move(wanted),
                                [&](const LoadRequest& request) { return load(request, log); });
  if (!program) return std::unexpected(std::move(program).error());
  log.write(Level::kInfo, program->build.commands == 0 ? "function loaded" : "function compiled",
            {{"source", settings.source.value},
             {"seconds", std::chrono::duration<double>(program->build.elapsed).count()},
             {"cpu_seconds", std::chrono::duration<double>(program->build.cpu).count()}});
  build = program->build;
  programs.add(program->program);
  programs.plugins = std::move(program->plugins);
  return std::move(program->functions);
}

}  // namespace

LoadRequest load_request(const std::string& source, std::optional<std::string> target,
                         const std::string& cxxflags, const Environment& env) {
  std::error_code unreadable;
  const auto executable = std::filesystem::read_symlink("/proc/self/exe", unreadable);
  return LoadRequest{
      .source = source,
      .target = std::move(target),
      .cxxflags = cxxflags,
      .compiler = non_empty(env, "OFN_CXX").value_or(""),
      .include_dir = find_include_dir(non_empty(env, "OFN_INCLUDE_DIR").value_or(""), executable),
      .cache_dirs = default_cache_dirs(non_empty(env, "HOME").value_or(""),
                                       non_empty(env, "XDG_CACHE_HOME").value_or(""),
                                       non_empty(env, "TMPDIR").value_or(""))};
}

Result<void> load_plugin_files(const Settings& settings, Programs& programs) {
  for (const std::string& file : settings.plugins) {
    const InitializersWatched watched(file);
    auto loaded = load_plugins(file, start_up_of(settings), programs.plugins);
    os::end_forked_child();
    if (!loaded) return std::unexpected(std::move(loaded).error());
    programs.add(*loaded);
  }
  return {};
}

Result<Routes> load_functions(const Settings& settings, std::string_view http_pattern,
                              const std::string& shown, const Environment& env,
                              const abi::Program* linked, Programs& programs, Build& build,
                              Log& log) {
  const std::optional<std::string> target =
      settings.target.origin.is_default() ? std::nullopt : std::optional(settings.target.value);
  auto functions = linked != nullptr
                       ? linked_functions(*linked, target, programs)
                       : loaded_functions(settings, target, shown, env, programs, build, log);
  if (!functions) return std::unexpected(std::move(functions).error());
  if (functions->empty()) {
    return fail(Code::kInvalidArgument,
                "this program registers no function; write OFN_FUNCTION(name) beside one");
  }
  for (const Function& function : *functions) {
    if (!settings.signature_type.value) break;
    if (const auto warning = signature_warning(function, *settings.signature_type.value)) {
      log.write(Level::kWarning, *warning, {{"set_by", settings.signature_type.origin.name}});
    }
  }
  if (const auto compiled = compile_patterns(*functions); !compiled)
    return std::unexpected(compiled.error());
  if (!http_pattern.empty() && (functions->size() > 1 || !functions->front().routes.empty())) {
    log.write(Level::kWarning,
              "the context's httpPattern is ignored: it is for a single function without a route "
              "of its own",
              {{"httpPattern", http_pattern}});
  }
  auto routes = Routes::of(*std::move(functions), http_pattern);
  if (routes) routes->take_options(programs.all);
  return routes;
}

}  // namespace ofn::cli
