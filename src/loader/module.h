// A shared library of the system that only some configurations need: opened when one does, so that the
// others neither load nor require it.
//
//   Result<Module> curl = Module::open({"libcurl.so.4"});
//   auto* version = curl->function<char*()>("curl_version");   // null when it has no such function
#pragma once

#include <initializer_list>

#include "base/error.h"

namespace ofn {

// A value. Lifetime: a library stays loaded until the process ends.
class Module {
 public:
  // The first of `names` that can be opened, as dlopen(3) finds it.
  // Errors: kNotFound with the loader's own words for the first name.
  static Result<Module> open(std::initializer_list<const char*> names);

  template <class Function>
  Function* function(const char* name) const {
    return reinterpret_cast<Function*>(find(name));
  }

 private:
  explicit Module(void* handle) : handle_(handle) {}
  void* find(const char* name) const;

  void* handle_;
};

}  // namespace ofn
