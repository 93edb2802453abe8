// What a program does before its first call and after its last one, and whether it is ready for calls:
//
//   void open_pool();
//   void close_pool();
//   bool pool_is_up();
//   OFN_START(open_pool)
//   OFN_STOP(close_pool)
//   OFN_READY(pool_is_up)
//
// Use each macro at namespace scope, in any source file of a function's program or of a plugin's.
//
// OFN_START takes `void f()` or `void f(std::stop_token)`. Starts run one after the other, in the order in which a file registers them, and
// files in the order in which they are linked. The port opens when all of them have ended. If one throws, or if all together take longer than
// --start-timeout, the program ends with exit code 3 and says which one it was. The token is asked to stop if the program is told to end
// meanwhile; then the start has two seconds to return.
//
// OFN_STOP takes the same. Stops run in reverse order, when the last call and its outputs have ended, within what is left of
// --drain-timeout. Then their token is asked to stop, and after one second more the program ends with exit code 1. If one throws, the log has
// it, and the others run. Write a stop behind the start to which it belongs: if a later start fails, only the stops in front of it run.
// No stop runs if calls had to be abandoned, because these may still use what it would close.
//
// OFN_READY takes `bool f()` or `std::optional<std::string> f()`, whose text says why the program is not ready. While one of them says no,
// or throws, or takes longer than a second, probes are answered 503 with the reason; calls are served as before. A check runs only if a probe
// asks, at most once in a second, and never twice at the same time. A probe for liveness, whose path's last part begins with `live`, does
// not depend on it.
//
// Nothing of this runs in `build`, with --dry-run, --print-openapi and --print-schema. In `functions-framework dev` each worker runs its own, and the starts
// of a new one run before the stops of the one that it replaces.
// Threads: starts and stops run on a thread that may block, checks on another one. <ofn/log.h> and <ofn/metrics.h> work there.
// Cost: nothing for calls.
#pragma once

#include <concepts>
#include <cstdint>
#include <optional>
#include <stop_token>
#include <string>
#include <type_traits>

#include <ofn/register.h>

// NOLINTBEGIN(cppcoreguidelines-macro-usage)

#define OFN_START(...) OFN_INTERNAL_LIFE(start, __COUNTER__, #__VA_ARGS__, __VA_ARGS__)
#define OFN_STOP(...) OFN_INTERNAL_LIFE(stop, __COUNTER__, #__VA_ARGS__, __VA_ARGS__)
#define OFN_READY(...) OFN_INTERNAL_LIFE(ready, __COUNTER__, #__VA_ARGS__, __VA_ARGS__)

#define OFN_INTERNAL_LIFE(kind, count, text, ...)                                                \
  namespace {                                                                                    \
  constexpr ::ofn::abi::LifeRegistration OFN_INTERNAL_JOIN(ofn_life_,                            \
                                                           count) = ::ofn::internal::registered_ \
      ##kind<::ofn::internal::select_##kind(__VA_ARGS__)>({.name = text,                         \
                                                           .file = __FILE__,                     \
                                                           .line = __LINE__,                     \
                                                           .unit = __BASE_FILE__,                \
                                                           .number = count});                    \
  OFN_INTERNAL_KEPT("ofn_life")                                                                  \
  constexpr const ::ofn::abi::LifeRegistration* OFN_INTERNAL_JOIN(ofn_life_entry_, count) =      \
      &OFN_INTERNAL_JOIN(ofn_life_, count);                                                      \
  }

// NOLINTEND(cppcoreguidelines-macro-usage)

namespace ofn {
namespace abi {

// A start, a stop or a check of a program, or an object that lives in between. Lives as long as the program.
struct LifeRegistration {
  std::uint32_t size = sizeof(LifeRegistration);
  const char* name = nullptr;  // as written, with blanks
  // Each is null if there is none. Each throws what the author's code throws.
  void (*start)(const std::stop_token& stop) = nullptr;
  void (*stop)(const std::stop_token& stop) = nullptr;
  bool (*ready)(std::string& reason) = nullptr;  // if it returns false, it may set `reason`
  const char* file = nullptr;                    // where it was registered
  std::uint32_t line = 0;
  const char* unit = nullptr;  // the main file of the compilation
  std::uint32_t number = 0;    // grows within a compilation
};

}  // namespace abi

namespace internal {

using StartOrStop = void();
using StoppableStartOrStop = void(std::stop_token);

// Variables and no concepts, because compilers explain why a concept does not hold.
template <class F>
constexpr bool kIsStartOrStop =
    std::is_convertible_v<F, StartOrStop*> || std::is_convertible_v<F, StoppableStartOrStop*>;

constexpr auto select_start(StartOrStop* function) { return function; }
constexpr auto select_start(StoppableStartOrStop* function) { return function; }
template <class F>
  requires(!kIsStartOrStop<F>)
constexpr Absent select_start(F) {
  static_assert(kIsStartOrStop<F>,
                "ofn: OFN_START takes void f() or void f(std::stop_token); it throws if it fails");
  return {};
}

constexpr auto select_stop(StartOrStop* function) { return function; }
constexpr auto select_stop(StoppableStartOrStop* function) { return function; }
template <class F>
  requires(!kIsStartOrStop<F>)
constexpr Absent select_stop(F) {
  static_assert(kIsStartOrStop<F>, "ofn: OFN_STOP takes void f() or void f(std::stop_token)");
  return {};
}

using Check = bool();
using ReasonedCheck = std::optional<std::string>();

template <class F>
constexpr bool kIsCheck =
    std::is_convertible_v<F, Check*> || std::is_convertible_v<F, ReasonedCheck*>;

constexpr auto select_ready(Check* function) { return function; }
constexpr auto select_ready(ReasonedCheck* function) { return function; }
template <class F>
  requires(!kIsCheck<F>)
constexpr Absent select_ready(F) {
  static_assert(kIsCheck<F>,
                "ofn: OFN_READY takes bool f() or std::optional<std::string> f(), the reason why "
                "the program is not ready");
  return {};
}

template <auto kFunction>
OFN_INTERNAL_HIDDEN void start_or_stop(const std::stop_token& stop) {
  if constexpr (requires { kFunction(stop); }) {
    kFunction(stop);
  } else {
    kFunction();
  }
}

template <auto kFunction>
OFN_INTERNAL_HIDDEN bool check(std::string& reason) {
  if constexpr (requires { reason = *kFunction(); }) {
    std::optional<std::string> said = kFunction();
    const bool is_ready = !said;
    if (!is_ready) reason = *std::move(said);
    return is_ready;
  } else {
    return kFunction();
  }
}

template <auto kFunction>
constexpr bool kIsSelected = !std::same_as<std::remove_const_t<decltype(kFunction)>, Absent>;

// Each completes a registration, unless the function was of a wrong type.
template <auto kFunction>
constexpr abi::LifeRegistration registered_start(abi::LifeRegistration made) {
  if constexpr (kIsSelected<kFunction>) made.start = &start_or_stop<kFunction>;
  return made;
}
template <auto kFunction>
constexpr abi::LifeRegistration registered_stop(abi::LifeRegistration made) {
  if constexpr (kIsSelected<kFunction>) made.stop = &start_or_stop<kFunction>;
  return made;
}
template <auto kFunction>
constexpr abi::LifeRegistration registered_ready(abi::LifeRegistration made) {
  if constexpr (kIsSelected<kFunction>) made.ready = &check<kFunction>;
  return made;
}

}  // namespace internal
}  // namespace ofn
