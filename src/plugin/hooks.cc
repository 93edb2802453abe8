#include "plugin/hooks.h"

#include <algorithm>
#include <functional>
#include <set>
#include <utility>

#include "base/joined.h"
#include "base/nearest.h"
#include "function/guard.h"

namespace ofn {

namespace {

std::string names_of(std::span<const PluginType> plugins) {
  const auto text = [](const PluginType& plugin) { return plugin.name + " " + plugin.version; };
  return plugins.empty() ? "none" : joined(plugins, ", ", text);
}

// The tracing plugins that the platform's own frameworks register themselves, so the platform's
// contexts name them.
bool is_tracing(std::string_view name) { return name == "skywalking" || name == "opentelemetry"; }

Error absent_hook(const std::string& name, std::string_view kind,
                  std::span<const PluginType> known) {
  std::vector<std::string> names;
  for (const PluginType& plugin : known) names.push_back(plugin.name);
  const std::string nearest = nearest_word(name, names);
  std::string text = "the context names the " + std::string(kind) + "-hook '" + name +
                     "', which no program registers";
  if (!nearest.empty()) text += "; did you mean '" + nearest + "'?";
  text += " (registered: " + names_of(known) +
          "). Correct the context, register the hook by OFN_PLUGIN in the function's program or in "
          "a .so that --plugin names, or, if the function may be served without it, say "
          "--optional-hooks " +
          name;
  return {Code::kNotFound, std::move(text)};
}

}  // namespace

Result<void> add_plugins(const abi::Program& program, std::vector<PluginType>& known) {
  for (const auto* it = program.plugins_begin; it != program.plugins_end; ++it) {
    const abi::PluginRegistration* each = *it;
    if (each == nullptr || each->size < sizeof(abi::PluginRegistration) ||
        each->create == nullptr) {
      continue;
    }
    PluginType plugin{.name = each->name,
                      .version = each->version,
                      .required = each->required,
                      .create = each->create,
                      .destroy = each->destroy,
                      .place = std::string(each->file) + ":" + std::to_string(each->line)};
    const auto same = std::ranges::find(known, plugin.name, &PluginType::name);
    if (same != known.end()) {
      return fail(Code::kAlreadyExists, "two plugins are registered by the name '" + plugin.name +
                                            "': at " + same->place + " and at " + plugin.place +
                                            "; rename one of them");
    }
    known.push_back(std::move(plugin));
  }
  return {};
}

std::expected<Hooks, std::vector<Error>> Hooks::of(const FunctionContext& context,
                                                   std::span<const PluginType> known,
                                                   std::span<const std::string> optional,
                                                   Log& log) {
  Hooks hooks;
  std::vector<Error> missing;
  std::set<std::string, std::less<>> told;  // a name that is in both lists is reported once
  const auto absent = [&](const std::string& name, std::string_view kind) {
    if (!told.insert(name).second) return;
    const bool is_optional = std::ranges::any_of(
        optional, [&](const std::string& each) { return each == name || each == "*"; });
    if (!is_optional && !is_tracing(name)) {
      return missing.push_back(absent_hook(name, kind, known));
    }
    log.write(Level::kWarning,
              is_optional ? "the context names an optional hook that no program registers"
                          : "the context names the platform's tracing as a hook; only its section "
                            "`tracing` switches tracing on",
              {{"hook", name}, {"kind", kind}, {"known", names_of(known)}});
  };
  const auto places = [&](const std::vector<std::string>& names, std::string_view kind) {
    std::vector<std::size_t> order;
    for (const std::string& name : names) {
      auto at = std::ranges::find(hooks.plugins_, name, &PluginType::name);
      if (at == hooks.plugins_.end()) {
        const auto found = std::ranges::find(known, name, &PluginType::name);
        if (found == known.end()) {
          absent(name, kind);
          continue;
        }
        at = hooks.plugins_.insert(hooks.plugins_.end(), *found);
      }
      order.push_back(static_cast<std::size_t>(at - hooks.plugins_.begin()));
    }
    return order;
  };
  hooks.pre_ = places(context.pre_hooks, "pre");
  hooks.post_ = places(context.post_hooks, "post");
  if (!missing.empty()) return std::unexpected(std::move(missing));
  hooks.failures_ = std::make_unique<std::atomic<std::uint64_t>[]>(hooks.plugins_.size());
  return hooks;
}

std::vector<Hooks::Failures> Hooks::failures() const {
  std::vector<Failures> failures;
  for (std::size_t i = 0; i < plugins_.size(); ++i)
    failures.push_back(
        {.plugin = plugins_[i].name, .count = failures_[i].load(std::memory_order_relaxed)});
  return failures;
}

HookRun::HookRun(const Hooks& hooks, Log& log, const CallIds& ids)
    : hooks_(hooks), log_(log), ids_(ids) {
  active_.reserve(hooks.plugins_.size());
  for (const PluginType& plugin : hooks.plugins_) active_.push_back({.name = plugin.name});
  for (std::size_t i = 0; i < active_.size(); ++i) {
    run(i, "constructor", [&] { active_[i].plugin = hooks_.plugins_[i].create(); });
  }
}

HookRun::~HookRun() {
  for (std::size_t i = active_.size(); i-- > 0;) {
    if (active_[i].plugin != nullptr) hooks_.plugins_[i].destroy(active_[i].plugin);
  }
}

void HookRun::pre(Context& context, CallData& data) {
  for (const std::size_t i : hooks_.pre_) {
    if (end_ || data.answered() != nullptr) return;
    if (Plugin* plugin = active_[i].plugin) run(i, "pre", [&] { plugin->pre(context, data); });
  }
}

void HookRun::post(Context& context, CallResult& result) {
  for (const std::size_t i : hooks_.post_) {
    if (Plugin* plugin = active_[i].plugin) run(i, "post", [&] { plugin->post(context, result); });
  }
}

template <class Hook>
void HookRun::run(std::size_t plugin, std::string_view which, Hook hook) {
  std::exception_ptr thrown;
  auto crash = guarded(hook, &thrown);
  if (!crash) return;
  const PluginType& type = hooks_.plugins_[plugin];
  if (!crash->is_bad_input && !crash->is_http_error) {
    hooks_.failures_[plugin].fetch_add(1, std::memory_order_relaxed);
    log_crash(
        log_, "hook failed",
        CallFields(ids_).add("hook", type.name).add("version", type.version).add("kind", which),
        *crash);
    if (!type.required) return;
  }
  if (end_) return;
  end_ = End{.plugin = type.name,
             .crash = *std::move(crash),
             .thrown = std::move(thrown),
             .is_required = type.required};
}

}  // namespace ofn
