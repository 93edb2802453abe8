#include "function/guard.h"

#include <cstdlib>
#include <cxxabi.h>
#include <exception>
#include <memory>
#include <new>
#include <typeinfo>

#include <ofn/failure.h>

#include "os/end_forked_child.h"

namespace ofn {

namespace {

// Returns the type of the exception that is being handled.
std::string exception_name() {
  const std::type_info* type = __cxxabiv1::__cxa_current_exception_type();
  if (type == nullptr) return "an unknown exception";
  int status = 0;
  const std::unique_ptr<char, decltype(&std::free)> name(
      __cxxabiv1::__cxa_demangle(type->name(), nullptr, nullptr, &status), &std::free);
  return status == 0 ? name.get() : type->name();
}

}  // namespace

std::string Crash::text() const {
  if (exception.empty() || what.empty()) return exception + what;
  return exception + ": " + what;
}

// Forced unwinding "throws" no object, so the handler's reference refers to nothing. Only the
// sanitizer objects to that.
__attribute__((no_sanitize("null"))) std::optional<Crash> guarded(void (*code)(void*),
                                                                  void* argument) {
  try {
    code(argument);
    os::end_forked_child();
  } catch (const std::bad_alloc&) {
    os::end_forked_child();
    return Crash{.exception = exception_name(), .what = "not enough memory", .no_memory = true};
  } catch (const BadInput& error) {
    os::end_forked_child();
    const char* what = error.what();
    return Crash{
        .exception = exception_name(), .what = what == nullptr ? "" : what, .is_bad_input = true};
  } catch (const std::exception& error) {
    os::end_forked_child();
    const char* what = error.what();
    return Crash{
        .exception = exception_name(), .what = what == nullptr ? "" : what, .no_memory = false};
  } catch (const __cxxabiv1::__forced_unwind&) {
    throw;
  } catch (...) {
    os::end_forked_child();
    return Crash{.exception = exception_name(), .what = {}, .no_memory = false};
  }
  return std::nullopt;
}

}  // namespace ofn
