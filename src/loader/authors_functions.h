// The functions of the author that the object files of a program show, and the errors about a
// target that the program does not have. The object files also show functions that cannot be
// served, which the program itself does not.
//
//   const auto defined = authors_functions(objects, target);
//   if (!registry.find(target.name)) return missing_target("f.cc", target, registry, defined);
#pragma once

#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "function/registry.h"
#include "loader/compiler.h"
#include "loader/unit.h"

namespace ofn::loader {

struct AuthorsFunctions {
  std::set<std::string> names;             // of all functions that the author could name
  std::vector<std::string> of_the_target;  // its overloads, with their parameters
  std::string refused;                     // the target's type if it cannot be served
  bool is_ambiguous = false;               // several overloads of the target can be served
  bool is_undefined = false;               // the target is called or declared, but not defined
  bool may_be_hidden = false;              // the target may be in an unnamed namespace
  bool operator==(const AuthorsFunctions&) const = default;
};

// Reads the objects' symbols, and the compiler's messages about the target. Inline functions are
// left out, because they also come from headers.
AuthorsFunctions authors_functions(std::span<const Object> objects, const Target& target);

// The same as lines of text, for a process that loads the program without its objects. Unknown
// lines are ignored.
std::string to_text(const AuthorsFunctions& functions);
AuthorsFunctions authors_functions_of(std::string_view text);

// Returns the reason why the program does not have the target. `shown`: the source's name as the
// user knows it.
Error missing_target(std::string_view shown, const Target& target, const Registry& registry,
                     AuthorsFunctions defined);

// Returns the error for a program that has several functions if no target is named.
Error several_functions(std::string_view shown, const Registry& registry);

// Returns the beginning of every error about a source: "File hello.cc ".
std::string file_text(std::string_view shown);

}  // namespace ofn::loader
