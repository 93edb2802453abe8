// A shared library of the system that only some configurations need. The program opens it when one does, so that the others
// neither load nor require it.
//
//   Result<os::Module> curl = os::Module::open({"libcurl.so.4"});
//   char* (*version)() = nullptr;
//   if (!curl->bind("curl_version", version)) return unusable();
#pragma once

#include <initializer_list>

#include "base/error.h"

namespace ofn::os {

// A value. Lifetime: a library stays loaded until the process ends.
class Module {
 public:
  // Opens the first of `names` that dlopen(3) can open.
  // Errors: kNotFound, with what dlopen(3) says of the first name.
  static Result<Module> open(std::initializer_list<const char*> names);

  // Sets `function` to the library's function `name`, or to null if the library does not have it.
  // Returns true if the library has it.
  template <class Function>
  [[nodiscard]] bool bind(const char* name, Function*& function) const {
    function = reinterpret_cast<Function*>(find(name));
    return function != nullptr;
  }

 private:
  explicit Module(void* handle) : handle_(handle) {}
  void* find(const char* name) const;

  void* handle_;
};

}  // namespace ofn::os
