#include "cli/configuration.h"

#include <optional>
#include <string_view>
#include <utility>

#include "cli/env_files.h"
#include "cli/named_file.h"
#include "context/parse_context.h"
#include "wire/own_address.h"

namespace ofn::cli {

namespace {

std::vector<std::string> texts_of(const auto& mistakes) {
  std::vector<std::string> texts;
  for (const auto& mistake : mistakes) texts.push_back(mistake.text());
  return texts;
}

constexpr std::string_view kV1Beta1 = "FUNC_CONTEXT";
constexpr std::string_view kV1Beta2 = "FUNC_CONTEXT_V1BETA2";

std::expected<FunctionContext, std::vector<Problem>> read_context_file(const GivenText& given,
                                                                       const Environment& env,
                                                                       std::vector<Note>& notes) {
  auto text = read_named_file(given.text, given.origin);
  if (!text) return std::unexpected(std::vector{std::move(text.error())});
  for (const std::string_view variable : {kV1Beta1, kV1Beta2}) {
    if (!non_empty(env, variable)) continue;
    notes.push_back({Level::kInfo, env.label(variable) + " is not used, because " +
                                       given.origin.name + " names the context's file " +
                                       quoted(given.text)});
  }
  return parse_context_file(given.text, *text, notes);
}

// Replaces a HOST that another tool has set by the default.
std::expected<Settings, std::vector<Problem>> settings_with_own_host(const Flags& flags,
                                                                     const Environment& env,
                                                                     const FunctionContext& context,
                                                                     std::vector<Note>& notes) {
  const std::string_view host_variable = flag_spec(Flag::kHost).variable;
  auto settings = resolve_settings(flags, env, context, notes);
  if (!settings || settings->listen_fd.value ||
      settings->host.origin != Origin{Origin::Kind::kVariable, env.label(host_variable)} ||
      wire::is_own_address(settings->host.value)) {
    return settings;
  }
  notes.push_back({Level::kWarning, foreign_host_warning(settings->host)});
  std::vector<Note> told_already;
  return resolve_settings(flags, without(env, std::string(host_variable)), context, told_already);
}

}  // namespace

std::expected<FunctionContext, std::vector<Problem>> read_context(const Flags& flags,
                                                                  const Environment& env,
                                                                  std::vector<Note>& notes,
                                                                  std::vector<std::string>& files) {
  const GivenText given = given_text(flags, env, Flag::kContext);
  if (!given.origin.is_default()) {
    files.push_back(given.text);
    return read_context_file(given, env, notes);
  }
  return parse_context(env(kV1Beta1), env(kV1Beta2), notes,
                       {.v1beta1 = env.label(kV1Beta1), .v1beta2 = env.label(kV1Beta2)});
}

std::expected<Configuration, ConfigurationError> resolve_configuration(
    const Flags& flags, const Environment& env_without_files) {
  EnvFiles env_files = read_env_files(flags, env_without_files);
  std::vector<std::string> files = std::move(env_files.files);
  const auto refused = [&files](const auto& mistakes, Exit code) {
    return std::unexpected(ConfigurationError{
        .messages = texts_of(mistakes), .code = code, .files = std::move(files)});
  };
  if (!env_files.problems.empty()) return refused(env_files.problems, kExitUsage);
  const Environment env = with_variables(env_without_files, env_files.variables);
  std::vector<Note> notes = std::move(env_files.notes);
  auto context = read_context(flags, env, notes, files);
  if (!context) return refused(context.error(), kExitContext);
  auto subscriptions =
      context->runtime == Runtime::kAsync ? Subscriptions::of(*context) : Subscriptions();
  if (!subscriptions) return refused(subscriptions.error(), kExitContext);
  auto settings = settings_with_own_host(flags, env, *context, notes);
  if (!settings) return refused(settings.error(), kExitUsage);
  return Configuration{.context = *std::move(context),
                       .settings = *std::move(settings),
                       .subscriptions = *std::move(subscriptions),
                       .notes = std::move(notes),
                       .files = std::move(files),
                       .variables = std::move(env_files.variables),
                       .env = env};
}

}  // namespace ofn::cli
