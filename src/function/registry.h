// The functions of a program, from the table that it hands over (<ofn/register.h>).
//
//   Result<Registry> registry = Registry::of(program);
//   if (const Function* hello = registry->find("hello")) …
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <ofn/abi.h>

#include "base/error.h"
#include "function/function.h"

namespace ofn {

// A value. Lifetime: the functions stay callable while their program is loaded: for good.
class Registry {
 public:
  Registry() = default;

  // What `program` serves when no target is named: what its author registered and what a --target
  // named when it was compiled; only when there is nothing else the function called `function`, and
  // only when there is no such function what was found in the source (see is_found()).
  // In the order of the source; one that is registered more than once has all its routes. Two
  // different functions of one name are an error that says where both are.
  static Result<Registry> of(const abi::Program& program);

  // The function of that name ("app::hello"; blanks, a leading "::" and '&' do not count), or null.
  const Function* find(std::string_view name) const noexcept;
  std::span<const Function> functions() const noexcept { return functions_; }
  // Returns true if no function was named, and the loader found them. A single one is served.
  bool is_found() const noexcept { return is_found_; }
  std::vector<std::string> names() const;

 private:
  std::vector<Function> functions_;
  bool is_found_ = false;
};

// A C++ name as it is compared and shown: without blanks, leading "::" and '&'.
std::string normal_name(std::string_view name);

}  // namespace ofn
