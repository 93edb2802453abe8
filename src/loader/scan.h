// Finds the functions that a C++ source file defines, by its words alone: they could be served if no
// target is given. The compiler has the last word.
//
//   for (const Defined& each : defined_functions(text)) …   // {"app::hello", .is_local = false}
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace ofn::loader {

struct DefinedFunction {
  std::string name;            // "hello", "app::hello"
  bool is_local = false;       // static, or in an unnamed namespace
  bool is_overloaded = false;  // the file defines several of this name
  bool operator==(const DefinedFunction&) const = default;
};

// Functions at namespace scope, each name once, in the order of the text: no members, no templates,
// no operators and not main. What the preprocessor leaves out is in it, too, and what a macro makes is
// not.
// Cost: one pass. Text that is not C++ gives some result.
std::vector<DefinedFunction> defined_functions(std::string_view text);

}  // namespace ofn::loader
