#include "kit/served_program.h"

#include <fstream>
#include <iterator>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

#include "base/joined.h"
#include "base/nearest.h"
#include "context/environment.h"
#include "context/parse_context.h"
#include "function/registry.h"
#include "typed/patterns_check.h"

namespace ofn::kit {

namespace {

template <class Mistakes>
std::unexpected<std::string> refused(const Mistakes& mistakes) {
  std::string text;
  for (const auto& mistake : mistakes) {
    if (!text.empty()) text += '\n';
    if constexpr (requires { mistake.text(); }) text += mistake.text();
  }
  return std::unexpected(std::move(text));
}

std::expected<FunctionContext, std::string> context_of(const testing::Options& options, Log& log) {
  std::string name = "the test's context";
  std::string text = options.context;
  if (!options.context_file.empty()) {
    if (!text.empty())
      return std::unexpected("a test has either Options::context or Options::context_file");
    name = options.context_file;
    std::ifstream file(name, std::ios::binary);
    if (!file) return std::unexpected("the context's file cannot be read: " + name);
    text.assign(std::istreambuf_iterator<char>(file), {});
  }
  if (text.empty() && options.context_file.empty()) return FunctionContext();
  std::vector<Note> notes;
  auto context = parse_context_file(name, text, notes);
  for (const Note& note : notes) log.write(note.level, note.text);
  if (!context) return refused(context.error());
  return *std::move(context);
}

std::expected<std::vector<Function>, std::string> functions_of(const abi::Program& linked,
                                                               const std::string& target) {
  const auto registry = Registry::of(linked);
  if (!registry) return std::unexpected(registry.error().message());
  const auto all = registry->functions();
  if (all.empty())
    return std::unexpected(
        "this program registers no function; write OFN_FUNCTION(name) beside one, or use "
        "Program::of<name>()");
  if (target.empty()) return std::vector<Function>(all.begin(), all.end());
  if (const Function* const function = registry->find(target))
    return std::vector<Function>{*function};
  std::string text = "this program has no function named " + target;
  if (const std::string near = nearest_word(target, registry->names()); !near.empty())
    text += "; did you mean " + near + "?";
  return std::unexpected(text + " Its functions: " + joined(all, ", ", &Function::name));
}

}  // namespace

std::expected<std::unique_ptr<ServedProgram>, std::string> ServedProgram::of(
    const abi::Program& linked, const testing::Options& options, Log& log,
    std::optional<FunctionContext> given) {
  auto served = std::make_unique<ServedProgram>();
  if (given) {
    served->context = *std::move(given);
  } else {
    auto context = context_of(options, log);
    if (!context) return std::unexpected(std::move(context).error());
    served->context = *std::move(context);
  }
  auto functions = functions_of(linked, options.target);
  if (!functions) return std::unexpected(std::move(functions).error());
  if (const auto compiled = compile_patterns(*functions); !compiled)
    return std::unexpected(compiled.error().message());
  auto routes = Routes::of(*std::move(functions), served->context.http_pattern);
  if (!routes) return std::unexpected(routes.error().message());
  const std::span<const abi::Program> programs(&linked, 1);
  routes->take_options(programs);
  served->routes = *std::move(routes);

  if (served->context.runtime == Runtime::kAsync) {
    auto subscriptions = Subscriptions::of(served->context);
    if (!subscriptions) return refused(subscriptions.error());
    served->subscriptions = *std::move(subscriptions);
    const Function* const sole = served->routes.sole();
    if (!served->subscriptions.inputs().empty() && sole == nullptr) {
      return std::unexpected(
          "the context's triggers are for one function, and this program has several (" +
          joined(served->routes.functions(), ", ", &Function::name) +
          "); name one with Options::target");
    }
    if (sole != nullptr && !served->subscriptions.inputs().empty()) {
      if (const auto problem = delivery_problem(*sole)) return std::unexpected(*problem);
    }
  }
  auto errors = ErrorHandlers::of(programs, ErrorHandlers::Code::kMayRun);
  if (!errors) return refused(errors.error());
  served->errors = *std::move(errors);
  auto middleware =
      Middleware::of(programs, environment_of({options.variables.begin(), options.variables.end()}),
                     Middleware::Secrets::kRead);
  if (!middleware) return refused(middleware.error());
  served->middleware = *std::move(middleware);
  std::vector<PluginType> plugins;
  if (const auto added = add_plugins(linked, plugins); !added)
    return std::unexpected(added.error().message());
  auto hooks = Hooks::of(served->context, plugins, options.optional_hooks, log);
  if (!hooks) return refused(hooks.error());
  served->hooks = *std::move(hooks);
  auto steps = life_steps(programs);
  if (!steps) return std::unexpected(steps.error().message());
  for (LifeStep& step : object_steps(served->routes)) steps->push_back(std::move(step));
  served->steps = *steps;
  served->life.emplace(*std::move(steps));
  return served;
}

}  // namespace ofn::kit
