// Tells the host which functions a program has: in a plain source directory, in a shared object, or
// linked with the framework into one program.
//
//   ofn::Response hello(const ofn::Request& request);
//   OFN_FUNCTION(hello)
//   OFN_FUNCTION(app::goodbye)   // served by its qualified name
//   OFN_ROUTE("GET /users/{id}", get_user)
//   OFN_ROUTE("PUT,PATCH /users/{id}", put_user)
//
// There are no static constructors. Each macro puts a pointer into the linker section
// `ofn_functions`, and the only exported function `ofn_program` passes the whole section to the
// host. Every object also has an ELF note that says how it was compiled (<ofn/abi.h>).
#pragma once

#include <cstdint>

#include <ofn/abi.h>
#include <ofn/host.h>
#include <ofn/signature.h>

// NOLINTBEGIN(cppcoreguidelines-macro-usage)

// Registers a function. Use it at namespace scope, in any source file, once for each function of a
// program. If the function is the only one, or is chosen by --target, it is served at every path;
// otherwise at its name: `hello` at /hello, `app::goodbye` at /app/goodbye.
#define OFN_FUNCTION(...)                                                                  \
  OFN_INTERNAL_REGISTER_AS(select, __COUNTER__, ::ofn::abi::Origin::kAuthor, #__VA_ARGS__, \
                           __FILE__, __LINE__, nullptr, __VA_ARGS__)

// Registers a function for a route. Use it at namespace scope, once for each route of the function.
// The function is served only at its routes, even if it is the only one.
//
// A route is a path, with methods before it if not all are served: "/health", "GET,PUT
// /users/{id}". If GET is served, HEAD is served too. In the path,
//   {name}      matches one part between slashes that is not empty,
//   {name...}   at the end matches the rest: "/files/{path...}" matches /files/ and /files/a/b,
//   other text  matches itself, percent-encoded or not; a slash at the end counts.
// request.param("name") is the matched text, percent-decoded: it may contain a slash, or be "..".
//
// If several routes match, the first difference from left to right decides: a text comes before
// {name}, and {name} before {name...}. For the same path, a route that lists the method comes
// before one for all methods.
// Errors: found when the program is loaded, with their place: an invalid route, or two routes for
// the same requests. A path without a route gets 404; a method that is not served gets 405 with
// Allow.
#define OFN_ROUTE(route, ...)                                                              \
  OFN_INTERNAL_REGISTER_AS(select, __COUNTER__, ::ofn::abi::Origin::kAuthor, #__VA_ARGS__, \
                           __FILE__, __LINE__, route, __VA_ARGS__)

#define OFN_INTERNAL_JOIN_OF(a, b) a##b
#define OFN_INTERNAL_JOIN(a, b) OFN_INTERNAL_JOIN_OF(a, b)

// More than one argument is a function with commas in its template arguments, or one with options of <ofn/route.h>.
#define OFN_INTERNAL_REGISTER_AS(select, number, origin, name, file, line, route, first, ...)     \
  namespace {                                                                                     \
  __VA_OPT__(constexpr auto OFN_INTERNAL_JOIN(ofn_options_,                                       \
                                              number) = ::ofn::internal::options_of(first,        \
                                                                                    __VA_ARGS__); \
             static_assert(::ofn::internal::are_limits<::ofn::internal::are_valid(                \
                               OFN_INTERNAL_JOIN(ofn_options_, number))>());)                     \
  constexpr auto OFN_INTERNAL_JOIN(ofn_selected_,                                                 \
                                   number) = ::ofn::internal::select(first __VA_OPT__(, )         \
                                                                         __VA_ARGS__);            \
  constexpr ::ofn::abi::Registration OFN_INTERNAL_JOIN(ofn_registration_, number) = __VA_OPT__(   \
      ::ofn::internal::with_options)(                                                             \
      ::ofn::internal::registration<OFN_INTERNAL_JOIN(ofn_selected_, number)>(origin, name, file, \
                                                                              line, route)        \
          __VA_OPT__(, OFN_INTERNAL_JOIN(ofn_options_, number)));                                 \
  OFN_INTERNAL_KEPT("ofn_functions")                                                              \
  constexpr const ::ofn::abi::Registration* OFN_INTERNAL_JOIN(ofn_entry_, number) =               \
      &OFN_INTERNAL_JOIN(ofn_registration_, number);                                              \
  }

// Puts the registration into that section, and keeps it there even if nothing refers to it and the
// linker collects garbage.
#if defined(__has_attribute) && __has_attribute(retain)
#define OFN_INTERNAL_KEPT(name) __attribute__((used, retain, section(name)))
#else
#define OFN_INTERNAL_KEPT(name) __attribute__((used, section(name)))
#endif

// The program's own entries. The first ones create the sections, so that their borders exist in a
// program without registrations. The note is aligned as notes must be; the compiler would choose a
// larger alignment. A macro, because Clang has no sections after a precompiled header that uses
// them: see <ofn/precompiled.h>.
#define OFN_INTERNAL_ENTRIES()                                                   \
  namespace ofn::internal {                                                      \
  constexpr abi::Registration kNothing;                                          \
  OFN_INTERNAL_KEPT("ofn_functions")                                             \
  constexpr const abi::Registration* kNoEntry = &kNothing;                       \
  constexpr abi::PluginRegistration kNoPlugin;                                   \
  OFN_INTERNAL_KEPT("ofn_plugins")                                               \
  constexpr const abi::PluginRegistration* kNoPluginEntry = &kNoPlugin;          \
  OFN_INTERNAL_KEPT("ofn_metrics")                                               \
  constexpr const abi::MetricRegistration* kNoMetricEntry = nullptr;             \
  OFN_INTERNAL_KEPT("ofn_errors")                                                \
  constexpr const abi::ErrorRegistration* kNoErrorEntry = nullptr;               \
  OFN_INTERNAL_KEPT("ofn_wrappers")                                              \
  constexpr const abi::WrapperRegistration* kNoWrapperEntry = nullptr;           \
  OFN_INTERNAL_KEPT("ofn_life")                                                  \
  constexpr const abi::LifeRegistration* kNoLifeEntry = nullptr;                 \
  OFN_INTERNAL_KEPT(".note.ofn")                                                 \
  __attribute__((aligned(4))) constexpr AbiNote kAbiNote = {                     \
      sizeof(abi::kNoteName), sizeof(OFN_INTERNAL_BUILD), abi::kNoteType, "ofn", \
      OFN_INTERNAL_BUILD};                                                       \
  }

// NOLINTEND(cppcoreguidelines-macro-usage)

// The borders of the sections, with the linker's names. They are hidden, so each program sees its
// own.
// NOLINTBEGIN(clang-diagnostic-reserved-identifier,readability-identifier-naming)
extern "C" __attribute__((visibility("hidden")))
const ofn::abi::Registration* const __start_ofn_functions[];
extern "C" __attribute__((visibility("hidden")))
const ofn::abi::Registration* const __stop_ofn_functions[];
extern "C" __attribute__((visibility("hidden")))
const ofn::abi::PluginRegistration* const __start_ofn_plugins[];
extern "C" __attribute__((visibility("hidden")))
const ofn::abi::PluginRegistration* const __stop_ofn_plugins[];
extern "C" __attribute__((visibility("hidden")))
const ofn::abi::MetricRegistration* const __start_ofn_metrics[];
extern "C" __attribute__((visibility("hidden")))
const ofn::abi::MetricRegistration* const __stop_ofn_metrics[];
extern "C" __attribute__((visibility("hidden")))
const ofn::abi::ErrorRegistration* const __start_ofn_errors[];
extern "C" __attribute__((visibility("hidden")))
const ofn::abi::ErrorRegistration* const __stop_ofn_errors[];
extern "C" __attribute__((visibility("hidden")))
const ofn::abi::WrapperRegistration* const __start_ofn_wrappers[];
extern "C" __attribute__((visibility("hidden")))
const ofn::abi::WrapperRegistration* const __stop_ofn_wrappers[];
extern "C" __attribute__((visibility("hidden")))
const ofn::abi::LifeRegistration* const __start_ofn_life[];
extern "C" __attribute__((visibility("hidden")))
const ofn::abi::LifeRegistration* const __stop_ofn_life[];
// NOLINTEND(clang-diagnostic-reserved-identifier,readability-identifier-naming)

// Returns every registration of the program into which this function was linked.
extern "C" __attribute__((used, visibility("default"))) inline void ofn_program(
    ofn::abi::Program* program) noexcept {
  program->begin = __start_ofn_functions;
  program->end = __stop_ofn_functions;
  program->plugins_begin = __start_ofn_plugins;
  program->plugins_end = __stop_ofn_plugins;
  program->metrics_begin = __start_ofn_metrics;
  program->metrics_end = __stop_ofn_metrics;
  program->errors_begin = __start_ofn_errors;
  program->errors_end = __stop_ofn_errors;
  program->wrappers_begin = __start_ofn_wrappers;
  program->wrappers_end = __stop_ofn_wrappers;
  program->life_begin = __start_ofn_life;
  program->life_end = __stop_ofn_life;
  program->host = &ofn::internal::host_slot;
}

namespace ofn::internal {

// These take a function without options.
constexpr const abi::RouteOptions* options_of(...) { return nullptr; }
constexpr bool are_valid(const abi::RouteOptions* const& /*none*/) { return true; }
// A template, because a compiler prints fewer lines about it than about the macro that calls it.
template <bool kAreValid>
constexpr bool are_limits() {
  static_assert(
      kAreValid,
      "ofn: a limit of the route is out of range: ofn::concurrency takes 1 to 1000000 calls, and 0 "
      "to 1000000 that wait; ofn::timeout a time above 0, up to 24 hours; ofn::max_body 0 bytes or "
      "more");
  return true;
}
constexpr abi::Registration with_options(abi::Registration registration,
                                         const abi::RouteOptions* const& /*none*/) {
  return registration;
}

struct AbiNote {
  std::uint32_t name_size;
  std::uint32_t build_size;
  std::uint32_t type;
  char name[sizeof(abi::kNoteName)];
  alignas(4) char build[sizeof(OFN_INTERNAL_BUILD)];
};

}  // namespace ofn::internal

#ifndef OFN_INTERNAL_ENTRIES_FOLLOW
OFN_INTERNAL_ENTRIES()
#endif
