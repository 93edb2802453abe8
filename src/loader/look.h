// Loads a program without running its start-up code, so that the loader can read what the program registers.
//
//   auto handle = look_at("hello.so");                       // constructs no static object of hello.so
//   if (handle) dlsym(*handle, "ofn_program");
#pragma once

#include <filesystem>

#include "base/error.h"

namespace ofn::loader {

// Loads a copy of the shared object without its initializers and finalizers, so neither
// constructors of static objects nor __attribute__((constructor)) functions run. Does the same for
// the libraries that the object finds through its own run path, because they are the author's.
// Libraries that the system finds run their start-up code as in every program. The caller may read
// constant data of the object, and call functions that need only constant data. It must not call
// the author's code. The object stays loaded.
// Errors: the message continues "File x cannot be loaded: ".
Result<void*> look_at(const std::filesystem::path& path);

}  // namespace ofn::loader
