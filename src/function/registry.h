// The functions of a program, read from the table that the program provides (<ofn/register.h>).
//
//   Result<Registry> registry = Registry::of(program);
//   for (const Function& function : registry->functions()) say(function.name);
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <ofn/abi.h>

#include "base/error.h"
#include "function/function.h"

namespace ofn {

// A value. Lifetime: the functions can be called while their program is loaded, that is, until the
// process ends.
class Registry {
 public:
  Registry() = default;

  // Returns the functions that `program` serves if no target is named: the functions that the
  // author registered, and the function that --target named when it was compiled. If there are
  // none, returns the function called `function`; if there is no such function either, returns the
  // functions that the loader found in the source (see is_found()).
  // They are in the order of the source. A function that is registered more than once has all its
  // routes.
  // Errors: two different functions have the same name; the message says where both are.
  static Result<Registry> of(const abi::Program& program);

  // Returns the function of that name ("app::hello"), or null. Blanks, a leading "::" and '&' do
  // not count.
  const Function* find(std::string_view name) const noexcept;
  std::span<const Function> functions() const noexcept { return functions_; }
  // Returns true if the author registered no function and the loader found these in the source. If
  // there is only one, it is served.
  bool is_found() const noexcept { return is_found_; }
  std::vector<std::string> names() const;

 private:
  std::vector<Function> functions_;
  bool is_found_ = false;
};

// Returns the function that a registration makes known, with its route if it has one.
Function function_of(const abi::Registration& registration);

// Returns the name by which a function is served: "report" for "report, ofn::concurrency(4)", "Counter" for "ofn::object<Counter>".
std::string registered_name(const abi::Registration& registration);
// Returns where it was registered: "hello.cc:7".
std::string registered_place(const abi::Registration& registration);

// Returns a C++ name in the form for comparing and showing: without blanks, a leading "::" and '&'.
std::string normal_name(std::string_view name);

}  // namespace ofn
