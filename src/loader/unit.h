// The text that is compiled for an author's source file: the author's own, and behind it a tail that
// registers the target. To the compiler it is the main file, as the author's would be: it has no
// other lines before the author's, and its name is shown as the author's (see compiler.cc).
//
//   write(copy, text + tail_text("/src/hello.cc", *target_of("hello"), Tail::kIfPresent, {}));
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/error.h"
#include "loader/scan.h"

namespace ofn::loader {

// The function that a program is compiled for.
struct Target {
  std::string name;         // "hello", "app::hello"
  bool is_default = false;  // no target was given: `function`
};

// `name` if it can be the qualified name of a C++ function.
Result<Target> target_of(const std::optional<std::string>& name);

// How the tail registers the target. What one cannot compile, the next may.
enum class Tail {
  // As kIfPresent, and every function of the text that can be served: if no target was given.
  kSearch,
  // The target if the author's text has one, else nothing: a function of the same name that is
  // found only when the author has none takes its place.
  kIfPresent,
  kAlways,   // without that stand-in, which cannot be given to a class: for static member functions
  kNothing,  // the author's text alone
};

// Under this name the tail appears in the compiler's diagnostics.
std::string tail_name(const Target& target);

// What stands behind the author's text of the file `source`. `found`: for kSearch.
std::string tail_text(std::string_view source, const Target& target, Tail tail,
                      std::span<const DefinedFunction> found);

// Returns true if the author registers functions by a macro.
bool registers_something(std::string_view text);

// A directive that gives the lines behind it another file's name.
std::string line_directive(std::string_view file);

// Returns true if `text` may have the target in an unnamed namespace. The stand-in of Tail::kIfPresent is as near
// as a function there, so it is not found. By the words alone: for a hint.
bool may_hide(std::string_view text, const Target& target);

// The C++ type that the compiler says it cannot take as a function, from its diagnostics about the
// tail: "int (int)" as "int hello(int)"; nullopt when it says none.
std::optional<std::string> refused_type(std::string_view diagnostics, const Target& target);

}  // namespace ofn::loader
