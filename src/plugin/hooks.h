// The hooks that run around every function, and their order.
//
//   std::vector<PluginType> known;                           // at start: add_plugins(program, known)
//   const auto hooks = Hooks::of(context, known, settings.optional_hooks, log);
//   HookRun run(*hooks, log, ids);                    // for one call
#pragma once

#include <atomic>
#include <cstdint>
#include <exception>
#include <expected>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <ofn/abi.h>
#include <ofn/plugin.h>

#include "base/error.h"
#include "base/log.h"
#include "context/function_context.h"
#include "function/guard.h"

namespace ofn {

// A plugin that a program registered. A value. Lifetime: its program stays loaded until the process
// ends.
struct PluginType {
  std::string name;
  std::string version;
  bool required = false;
  Plugin* (*create)() = nullptr;
  void (*destroy)(Plugin*) = nullptr;
  std::string place;  // "file.cc:12"
};

// Appends the plugins of a program. Errors: two plugins have the same name, perhaps in two
// programs; the message says both places.
Result<void> add_plugins(const abi::Program& program, std::vector<PluginType>& known);

// Lifetime: outlives its runs. Threads: any (const).
class Hooks {
 public:
  Hooks() = default;
  // Returns the known plugins that the context names. `optional`: the names of hooks that may be
  // missing; "*" means all.
  // Errors: one for each name that no program registers, because a hook may be a guard that must
  // not be skipped. It is only a warning if the hook is optional, or if it is the platform's
  // tracing, which the platform's own frameworks have built in.
  static std::expected<Hooks, std::vector<Error>> of(const FunctionContext& context,
                                                     std::span<const PluginType> known,
                                                     std::span<const std::string> optional,
                                                     Log& log);

  bool empty() const noexcept { return plugins_.empty(); }
  // How often the hooks of each plugin have thrown. Threads: any.
  struct Failures {
    std::string_view plugin;
    std::uint64_t count;
  };
  std::vector<Failures> failures() const;

 private:
  friend class HookRun;
  std::vector<PluginType> plugins_;                         // each once
  std::unique_ptr<std::atomic<std::uint64_t>[]> failures_;  // of each plugin
  std::vector<std::size_t> pre_;  // indexes in plugins_, in the order in which they run
  std::vector<std::size_t> post_;
};

// The hooks of one call, with their instances. Threads: the call's.
class HookRun {
 public:
  // All arguments outlive it.
  HookRun(const Hooks& hooks, Log& log, const CallIds& ids);
  HookRun(const HookRun&) = delete;
  HookRun& operator=(const HookRun&) = delete;
  ~HookRun();

  // The plugins for the author's Context.
  std::span<const abi::ActivePlugin> plugins() const noexcept { return active_; }

  // Each runs its hooks in order, and logs the hooks that fail.
  void pre(Context& context, CallData& data);
  void post(Context& context, CallResult& result);
  // What ends the call: a hook that was thrown an answer out of (a BadInput or an HttpError), or the failed hook of a required
  // plugin.
  struct End {
    std::string_view plugin;
    Crash crash;
    std::exception_ptr thrown;
    bool is_required = false;  // the plugin is: the call fails if nothing answers what was thrown
  };
  // Returns the first one since the last call of this function; nullopt if there is none.
  std::optional<End> take_end() noexcept { return std::exchange(end_, std::nullopt); }

 private:
  template <class Hook>
  void run(std::size_t plugin, std::string_view which, Hook hook);

  const Hooks& hooks_;
  Log& log_;
  const CallIds& ids_;
  std::vector<abi::ActivePlugin> active_;  // in the order of the plugins of hooks_
  std::optional<End> end_;
};

}  // namespace ofn
