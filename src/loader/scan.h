// Finds the functions that a C++ source file defines, from its words alone. They could be served if
// no target is given; the compiler decides.
//
//   for (const DefinedFunction& each : defined_functions(text)) say(each.name);   // "app::hello"
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace ofn::loader {

struct DefinedFunction {
  std::string name;            // "hello", "app::hello"
  bool is_local = false;       // static, or in an unnamed namespace
  bool is_overloaded = false;  // the file defines several functions with this name
  bool operator==(const DefinedFunction&) const = default;
};

// Returns the functions at namespace scope, each name once, in the order of the text, without
// members, templates, operators and main. Code that the preprocessor removes is included, and
// functions that macros make are not.
// Cost: one pass. Text that is not C++ gives an arbitrary result.
std::vector<DefinedFunction> defined_functions(std::string_view text);

}  // namespace ofn::loader
