#include "os/module.h"

#include <dlfcn.h>
#include <string>

namespace ofn::os {

Result<Module> Module::open(std::initializer_list<const char*> names) {
  std::string why;
  for (const char* name : names) {
    if (void* handle = ::dlopen(name, RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE)) return Module(handle);
    if (const char* error = ::dlerror(); why.empty() && error != nullptr) why = error;
  }
  return fail(Code::kNotFound, why);
}

void* Module::find(const char* name) const { return ::dlsym(handle_, name); }

}  // namespace ofn::os
