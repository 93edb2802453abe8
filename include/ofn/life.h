// What a program does before its first call and after its last one:
//
//   void open_pool();
//   void close_pool();
//   OFN_START(open_pool)
//   OFN_STOP(close_pool)
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
// Nothing of this runs in `build`, with --dry-run and --print-schema. In `functions-framework dev` each worker runs its own, and the starts
// of a new one run before the stops of the one that it replaces.
// Threads: they run on a thread that may block. <ofn/log.h> and <ofn/metrics.h> work there.
// Cost: nothing for calls.
#pragma once

#include <concepts>
#include <cstdint>
#include <stop_token>
#include <string>

#include <ofn/register.h>

// NOLINTBEGIN(cppcoreguidelines-macro-usage)

#define OFN_START(...) OFN_INTERNAL_LIFE(start, __COUNTER__, #__VA_ARGS__, __VA_ARGS__)
#define OFN_STOP(...) OFN_INTERNAL_LIFE(stop, __COUNTER__, #__VA_ARGS__, __VA_ARGS__)

#define OFN_INTERNAL_LIFE(kind, number, name, ...)                                                 \
  namespace {                                                                                      \
  constexpr ::ofn::abi::LifeRegistration OFN_INTERNAL_JOIN(ofn_life_,                              \
                                                           number) = ::ofn::internal::registered_  \
      ##kind<::ofn::internal::select_##kind(__VA_ARGS__)>(name, __FILE__, __LINE__, __BASE_FILE__, \
                                                          number);                                 \
  OFN_INTERNAL_KEPT("ofn_life")                                                                    \
  constexpr const ::ofn::abi::LifeRegistration* OFN_INTERNAL_JOIN(ofn_life_entry_, number) =       \
      &OFN_INTERNAL_JOIN(ofn_life_, number);                                                       \
  }

// NOLINTEND(cppcoreguidelines-macro-usage)

namespace ofn {
namespace abi {

// A start or a stop of a program, or an object that lives in between. Lives as long as the program.
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

template <class F>
concept IsStartOrStop =
    std::convertible_to<F, StartOrStop*> || std::convertible_to<F, StoppableStartOrStop*>;

constexpr auto select_start(StartOrStop* function) { return function; }
constexpr auto select_start(StoppableStartOrStop* function) { return function; }
template <class F>
  requires(!IsStartOrStop<F>)
constexpr Absent select_start(F) {
  static_assert(IsStartOrStop<F>,
                "ofn: OFN_START takes void f() or void f(std::stop_token); it throws if it fails");
  return {};
}

constexpr auto select_stop(StartOrStop* function) { return function; }
constexpr auto select_stop(StoppableStartOrStop* function) { return function; }
template <class F>
  requires(!IsStartOrStop<F>)
constexpr Absent select_stop(F) {
  static_assert(IsStartOrStop<F>, "ofn: OFN_STOP takes void f() or void f(std::stop_token)");
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
constexpr bool kIsSelected = !std::same_as<std::remove_const_t<decltype(kFunction)>, Absent>;

constexpr abi::LifeRegistration life_registration(const char* name, const char* file,
                                                  std::uint32_t line, const char* unit,
                                                  std::uint32_t number) {
  return {.name = name, .file = file, .line = line, .unit = unit, .number = number};
}

template <auto kFunction>
constexpr abi::LifeRegistration registered_start(const char* name, const char* file,
                                                 std::uint32_t line, const char* unit,
                                                 std::uint32_t number) {
  auto made = life_registration(name, file, line, unit, number);
  if constexpr (kIsSelected<kFunction>) made.start = &start_or_stop<kFunction>;
  return made;
}
template <auto kFunction>
constexpr abi::LifeRegistration registered_stop(const char* name, const char* file,
                                                std::uint32_t line, const char* unit,
                                                std::uint32_t number) {
  auto made = life_registration(name, file, line, unit, number);
  if constexpr (kIsSelected<kFunction>) made.stop = &start_or_stop<kFunction>;
  return made;
}
}  // namespace internal
}  // namespace ofn
