#include "cli/configuration.h"

#include <optional>
#include <span>
#include <string_view>
#include <utility>

#include "context/parse_context.h"
#include "function/route.h"
#include "wire/own_address.h"

namespace ofn::cli {

namespace {

std::unexpected<ConfigurationError> refused(std::span<const Problem> problems, Exit code) {
  ConfigurationError error{.messages = {}, .code = code};
  for (const Problem& problem : problems) error.messages.push_back(problem.text());
  return std::unexpected(std::move(error));
}

std::unexpected<ConfigurationError> refused(std::span<const Error> errors, Exit code) {
  ConfigurationError error{.messages = {}, .code = code};
  for (const Error& each : errors) error.messages.push_back(each.text());
  return std::unexpected(std::move(error));
}

// The room context does not know which texts are routes.
std::expected<FunctionContext, std::vector<Problem>> read_context(const Environment& env,
                                                                  std::vector<Note>& notes) {
  const auto v1beta1 = env("FUNC_CONTEXT");
  const auto v1beta2 = env("FUNC_CONTEXT_V1BETA2");
  auto context = parse_context(v1beta1, v1beta2, notes);
  if (!context || context->http_pattern.empty() || parse_http_pattern(context->http_pattern)) {
    return context;
  }
  const bool first = v1beta1 && !v1beta1->empty();
  return std::unexpected(
      std::vector{Problem{.source = first ? "FUNC_CONTEXT" : "FUNC_CONTEXT_V1BETA2",
                          .path = "$.httpPattern",
                          .expected = R"(a route, such as "/" or "/users/{id}")",
                          .found = ofn::quoted(context->http_pattern)}});
}

// Replaces a HOST that another tool has set by the default.
std::expected<Settings, std::vector<Problem>> settings_with_own_host(const Flags& flags,
                                                                     const Environment& env,
                                                                     const FunctionContext& context,
                                                                     std::vector<Note>& notes) {
  auto settings = resolve_settings(flags, env, context, notes);
  if (!settings || settings->listen_fd.value ||
      settings->host.origin.kind != Origin::Kind::kVariable ||
      wire::is_own_address(settings->host.value)) {
    return settings;
  }
  notes.push_back({Level::kWarning, foreign_host_warning(settings->host.value)});
  std::vector<Note> told_already;
  return resolve_settings(flags, without(env, settings->host.origin.name), context, told_already);
}

}  // namespace

std::expected<Configuration, ConfigurationError> resolve_configuration(const Flags& flags,
                                                                       const Environment& env) {
  std::vector<Note> notes;
  auto context = read_context(env, notes);
  if (!context) return refused(context.error(), kExitContext);
  auto subscriptions =
      context->runtime == Runtime::kAsync ? Subscriptions::of(*context) : Subscriptions();
  if (!subscriptions) return refused(subscriptions.error(), kExitContext);
  auto settings = settings_with_own_host(flags, env, *context, notes);
  if (!settings) return refused(settings.error(), kExitUsage);
  return Configuration{.context = *std::move(context),
                       .settings = *std::move(settings),
                       .subscriptions = *std::move(subscriptions),
                       .notes = std::move(notes)};
}

}  // namespace ofn::cli
