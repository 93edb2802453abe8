// The text that is compiled for an author's source file: the author's text, followed by a tail that
// registers the target. The compiler takes it for the main file, as it would take the author's
// file: no lines come before the author's, and its name is shown as the author's (see compiler.cc).
//
//   write(text + tail_text("/src/hello.cc", *target_of("hello"), Tail::kIfPresent, {}));
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/error.h"
#include "loader/scan.h"

namespace ofn::loader {

// The function for which a program is compiled.
struct Target {
  std::string name;         // "hello", "app::hello"
  bool is_default = false;  // no target was given, so it is `function`
};

// Returns `name` as a target if it can be the qualified name of a C++ function.
Result<Target> target_of(const std::optional<std::string>& name);

// How the tail registers the target. If one tail does not compile, the next may.
enum class Tail {
  // If no target was given: like kIfPresent, and also registers every function of the text that can
  // be served.
  kSearch,
  // Registers the target if the author's text has it, and nothing otherwise. A stand-in has the
  // same name, and is found only if the author has no such function.
  kIfPresent,
  kAlways,   // without the stand-in, for static member functions: a class cannot get one
  kNothing,  // the author's text alone
};

// Returns the name of the tail in the compiler's messages.
std::string tail_name(const Target& target);

// Returns the text that follows the author's text of the file `source`. `found`: for kSearch.
std::string tail_text(std::string_view source, const Target& target, Tail tail,
                      std::span<const DefinedFunction> found);

// Returns true if the author registers functions by a macro.
bool registers_something(std::string_view text);

// Returns a directive that gives the following lines another file name.
std::string line_directive(std::string_view file);

// Returns true if `text` may have the target in an unnamed namespace. There a function is ambiguous
// with the stand-in of Tail::kIfPresent, so it is not found. Uses only the words of the text,
// because the result is only for a hint.
bool may_hide(std::string_view text, const Target& target);

// Returns the C++ type that the compiler refuses as a function, from its messages about the tail:
// "int (int)" as "int hello(int)"; nullopt if they contain none.
std::optional<std::string> refused_type(std::string_view diagnostics, const Target& target);

}  // namespace ofn::loader
