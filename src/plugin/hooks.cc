#include "plugin/hooks.h"

#include <algorithm>
#include <utility>

#include "function/guard.h"

namespace ofn {

namespace {

std::string joined(std::span<const PluginType> plugins) {
  std::string names;
  for (const PluginType& plugin : plugins) {
    names += (names.empty() ? "" : ", ") + plugin.name + " " + plugin.version;
  }
  return names.empty() ? "none" : names;
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

Hooks Hooks::of(const FunctionContext& context, std::span<const PluginType> known, Log& log) {
  Hooks hooks;
  const auto places = [&](const std::vector<std::string>& names, std::string_view which) {
    std::vector<std::size_t> order;
    for (const std::string& name : names) {
      auto at = std::ranges::find(hooks.plugins_, name, &PluginType::name);
      if (at == hooks.plugins_.end()) {
        const auto found = std::ranges::find(known, name, &PluginType::name);
        if (found == known.end()) {
          log.write(Level::kWarning, "the context names a hook that no program registers",
                    {{"hook", name}, {"kind", which}, {"known", joined(known)}});
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
  return hooks;
}

HookRun::HookRun(const Hooks& hooks, Log& log, std::string_view request_id)
    : hooks_(hooks), log_(log), request_id_(request_id) {
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
    if (!failed_.empty()) return;
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
  const auto crash = guarded(hook);
  if (!crash) return;
  const PluginType& type = hooks_.plugins_[plugin];
  log_.write(Level::kError, "hook failed",
             {{"request_id", request_id_},
              {"hook", type.name},
              {"version", type.version},
              {"kind", which},
              {"exception", crash->exception},
              {"error", crash->what}});
  if (type.required && failed_.empty()) failed_ = type.name;
}

}  // namespace ofn
