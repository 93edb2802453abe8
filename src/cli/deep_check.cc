#include "cli/deep_check.h"

#include <algorithm>
#include <charconv>
#include <optional>
#include <string>
#include <string_view>
#include <unistd.h>

#include "base/log.h"
#include "cli/configuration.h"
#include "cli/load_function.h"
#include "cli/loading.h"
#include "document/problem.h"
#include "function/function.h"
#include "os/watched_process.h"
#include "plugin/hooks.h"

namespace ofn::cli {

namespace {

using check::Findings;
using check::Spot;
using check::Text;

// The compiler's line "hello.cc:12:5: error: …".
struct CompilerError {
  std::string_view file;
  std::size_t line = 0;
  std::size_t column = 0;
  std::string_view message;
};

std::size_t number_of(std::string_view digits) {
  std::size_t number = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
  return error == std::errc() && end == digits.data() + digits.size() ? number : 0;
}

std::optional<CompilerError> error_in(std::string_view line) {
  constexpr std::string_view kError = "error: ";
  const std::size_t at = line.find(kError);
  if (at == std::string_view::npos) return std::nullopt;
  std::string_view place = line.substr(0, line.substr(0, at).rfind(": "));
  const std::size_t second = place.rfind(':');
  if (second == std::string_view::npos || second == 0) return std::nullopt;
  const std::size_t first = place.rfind(':', second - 1);
  if (first == std::string_view::npos) return std::nullopt;
  CompilerError error{.file = place.substr(0, first),
                      .line = number_of(place.substr(first + 1, second - first - 1)),
                      .column = number_of(place.substr(second + 1)),
                      .message = line.substr(at + kError.size())};
  return error.line > 0 ? std::optional(error) : std::nullopt;
}

const Text* text_of(const CheckFiles& files, std::string_view name) {
  for (const Text& text : files.project.sources) {
    if (text.name == name || name.ends_with("/" + text.name)) return &text;
  }
  return nullptr;
}

std::string_view first_line(std::string_view text) { return text.substr(0, text.find('\n')); }

void report_load(const CheckFiles& files, const Spot& source, std::string_view message,
                 Findings& findings) {
  constexpr const char* kChange =
      "correct the code; `functions-framework build` shows all that the compiler says";
  bool is_placed = false;
  for (std::string_view rest = message; !rest.empty();) {
    const std::string_view line = first_line(rest);
    rest.remove_prefix(std::min(line.size() + 1, rest.size()));
    const auto error = error_in(line);
    const Text* text = error ? text_of(files, error->file) : nullptr;
    if (text == nullptr) continue;
    Spot spot = check::line_spot(*text, error->line);
    const std::size_t feed =
        spot.begin == 0 ? std::string::npos : text->content.rfind('\n', spot.begin - 1);
    const std::size_t begin = feed == std::string::npos ? 0 : feed + 1;
    if (error->column > 0) spot = {text, begin + error->column - 1, begin + error->column - 1};
    findings.add("OFN6001", spot, std::string(error->message), kChange);
    is_placed = true;
  }
  if (!is_placed) findings.add("OFN6001", source, std::string(first_line(message)), kChange);
}

// Set what the files' search has found, as a start with these flags would have it.
Flags with_found(Flags flags, const CheckFiles& files) {
  if (!flags[Flag::kSource]) flags[Flag::kSource] = files.source;
  if (!flags[Flag::kContext] && files.project.contexts.size() == 1)
    flags[Flag::kContext] = files.project.contexts.front().name;
  return flags;
}

}  // namespace

void check_deeply(const CheckFiles& files, const Flags& flags, const Environment& env,
                  const abi::Program* linked, Findings& findings) {
  const auto configuration = resolve_configuration(with_found(flags, files), env);
  if (!configuration) return;
  Settings settings = configuration->settings;
  settings.dry_run = true;
  const os::WatchedProcess watched(watched_command());
  const Text named{.name = settings.source.value, .content = {}};
  const Text* text = text_of(files, settings.source.value);
  if (text == nullptr && files.project.sources.size() == 1) text = &files.project.sources.front();
  const Spot source{text == nullptr ? &named : text, 0, 0};
  NullLog log;
  Programs programs;
  Build build;
  const auto routes = load_functions(settings, configuration->context.http_pattern, "",
                                     configuration->env, linked, programs, build, log);
  if (!routes) return report_load(files, source, routes.error().message(), findings);
  if (const auto loaded = load_plugin_files(settings, programs); !loaded)
    return report_load(files, source, loaded.error().message(), findings);
  const auto hooks =
      Hooks::of(configuration->context, programs.plugins, settings.optional_hooks, log);
  if (!hooks) {
    for (const Error& error : hooks.error()) {
      findings.add("OFN6002", source, error.message(), "change one of the two");
    }
  }
  if (configuration->subscriptions.inputs().empty()) return;
  if (routes->sole() == nullptr) {
    findings.add("OFN6003", source,
                 "the context's inputs are for one function, and this program has several",
                 "name one with --target");
  } else if (const auto problem = delivery_problem(*routes->sole())) {
    findings.add("OFN6003", source, *problem,
                 "give the function one of the forms that take deliveries; docs/async.md has them");
  }
}

}  // namespace ofn::cli
