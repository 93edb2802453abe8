// How a program tells the host which functions it has: in a plain source directory, in a shared
// object, or linked with the framework into one program.
//
//   ofn::Response hello(const ofn::Request& request);
//   OFN_FUNCTION(hello)
//   OFN_FUNCTION(app::goodbye)   // served by its qualified name
//   OFN_ROUTE("GET /users/{id}", get_user)
//   OFN_ROUTE("PUT,PATCH /users/{id}", put_user)
//
// There are no static constructors: each macro leaves a pointer in the linker section
// `ofn_functions`, and the one exported function `ofn_program` hands the whole section to the host.
// Every object also carries an ELF note that says how it was compiled (<ofn/abi.h>).
#pragma once

#include <cstdint>

#include <ofn/abi.h>
#include <ofn/signature.h>

// NOLINTBEGIN(cppcoreguidelines-macro-usage)

// Registers a function: at namespace scope, once a function and program, in any source file of it.
// It is served at every path when it is the only one, or is chosen by --target; among others at its
// name: `hello` at /hello, `app::goodbye` at /app/goodbye.
#define OFN_FUNCTION(...)                                                                 \
  OFN_INTERNAL_REGISTER(__COUNTER__, ::ofn::abi::Origin::kAuthor, #__VA_ARGS__, __FILE__, \
                        __LINE__, nullptr, __VA_ARGS__)

// Registers a function for a route: at namespace scope, as often as the function has routes. It is
// served at its routes only, also when it is alone.
//
// A route is a path, and before it the methods, if not all: "/health", "GET,PUT /users/{id}". Where
// GET is served, HEAD is, too. In the path,
//   {name}      takes one part between slashes that is not empty,
//   {name...}   at the end takes all that follows: "/files/{path...}" takes /files/ and /files/a/b,
//   all else    takes itself, percent-encoded or not; a slash at the end counts.
// request.param("name") is what was taken, percent-decoded: it may hold a slash, or be "..".
//
// Of several routes that match, from left to right a text comes before {name} before {name...}; of
// the same path, one that lists the method comes before one for all.
// Errors: found when the program is loaded, with the place: a route that is no route, two routes for
//   the same requests. A path that no route has is 404; another method 405 with Allow.
#define OFN_ROUTE(route, ...)                                                             \
  OFN_INTERNAL_REGISTER(__COUNTER__, ::ofn::abi::Origin::kAuthor, #__VA_ARGS__, __FILE__, \
                        __LINE__, route, __VA_ARGS__)

#define OFN_INTERNAL_JOIN_OF(a, b) a##b
#define OFN_INTERNAL_JOIN(a, b) OFN_INTERNAL_JOIN_OF(a, b)

#define OFN_INTERNAL_REGISTER(number, origin, name, file, line, route, ...) \
  OFN_INTERNAL_REGISTER_AS(select, number, origin, name, file, line, route, __VA_ARGS__)
#define OFN_INTERNAL_REGISTER_AS(select, number, origin, name, file, line, route, ...)        \
  namespace {                                                                                 \
  constexpr ::ofn::abi::Registration OFN_INTERNAL_JOIN(ofn_registration_, number) =           \
      ::ofn::internal::registration<::ofn::internal::select(__VA_ARGS__)>(origin, name, file, \
                                                                          line, route);       \
  OFN_INTERNAL_KEPT("ofn_functions")                                                          \
  constexpr const ::ofn::abi::Registration* OFN_INTERNAL_JOIN(ofn_entry_, number) =           \
      &OFN_INTERNAL_JOIN(ofn_registration_, number);                                          \
  }

// In that section, and there also when nothing refers to it and the linker collects garbage.
#if defined(__has_attribute) && __has_attribute(retain)
#define OFN_INTERNAL_KEPT(name) __attribute__((used, retain, section(name)))
#else
#define OFN_INTERNAL_KEPT(name) __attribute__((used, section(name)))
#endif

// NOLINTEND(cppcoreguidelines-macro-usage)

// The borders of the sections: the linker's names. Hidden: each program sees its own.
// NOLINTBEGIN(clang-diagnostic-reserved-identifier,readability-identifier-naming)
extern "C" __attribute__((visibility("hidden")))
const ofn::abi::Registration* const __start_ofn_functions[];
extern "C" __attribute__((visibility("hidden")))
const ofn::abi::Registration* const __stop_ofn_functions[];
extern "C" __attribute__((visibility("hidden")))
const ofn::abi::PluginRegistration* const __start_ofn_plugins[];
extern "C" __attribute__((visibility("hidden")))
const ofn::abi::PluginRegistration* const __stop_ofn_plugins[];
// NOLINTEND(clang-diagnostic-reserved-identifier,readability-identifier-naming)

// Every registration of the program that this function was linked into.
extern "C" __attribute__((used, visibility("default"))) inline void ofn_program(
    ofn::abi::Program* program) noexcept {
  program->begin = __start_ofn_functions;
  program->end = __stop_ofn_functions;
  program->plugins_begin = __start_ofn_plugins;
  program->plugins_end = __stop_ofn_plugins;
}

namespace ofn::internal {

// Make the sections, so that their borders exist in a program without registrations.
constexpr abi::Registration kNothing;
OFN_INTERNAL_KEPT("ofn_functions")
constexpr const abi::Registration* kNoEntry = &kNothing;
constexpr abi::PluginRegistration kNoPlugin;
OFN_INTERNAL_KEPT("ofn_plugins")
constexpr const abi::PluginRegistration* kNoPluginEntry = &kNoPlugin;

struct AbiNote {
  std::uint32_t name_size;
  std::uint32_t build_size;
  std::uint32_t type;
  char name[sizeof(abi::kNoteName)];
  alignas(4) char build[sizeof(OFN_INTERNAL_BUILD)];
};

// Aligned as notes are; the compiler would choose more.
OFN_INTERNAL_KEPT(".note.ofn")
__attribute__((aligned(4))) constexpr AbiNote kAbiNote = {
    sizeof(abi::kNoteName), sizeof(OFN_INTERNAL_BUILD), abi::kNoteType, "ofn", OFN_INTERNAL_BUILD};

}  // namespace ofn::internal
