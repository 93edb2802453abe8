// A look at a program: it is loaded, so that what it registers can be read, but none of its start-up code runs.
//
//   auto handle = look_at("hello.so");                       // no static object of hello.so is made
//   if (handle) dlsym(*handle, "ofn_program");
#pragma once

#include <filesystem>

#include "base/error.h"

namespace ofn::loader {

// Loads a copy of the shared object that has no initializers and no finalizers: neither constructors of static objects nor
// __attribute__((constructor)) functions run. The same is done for the libraries that it finds by its own run path: they
// are the author's. Those that the system finds run their start-up as they do for every program.
// What is loaded is good for constant data and for functions that need nothing else: nothing of the author's may be
// called. It stays loaded.
// Errors: the message continues "File x cannot be loaded: ".
Result<void*> look_at(const std::filesystem::path& path);

}  // namespace ofn::loader
