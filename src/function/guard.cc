#include "function/guard.h"

#include <cstdlib>
#include <cxxabi.h>
#include <exception>
#include <memory>
#include <new>
#include <typeinfo>

#include <ofn/errors.h>
#include <ofn/failure.h>

#include "os/end_forked_child.h"
#include "os/throw_sites.h"

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

enum class Kind { kOther, kNoMemory, kBadInput, kHttpError };

// Describes the exception that is being handled.
Crash crash_of(const char* what, Kind kind, std::exception_ptr* thrown) {
  os::end_forked_child();
  if (thrown != nullptr) *thrown = std::current_exception();
  Crash crash{.exception = exception_name(),
              .what = what == nullptr ? "" : what,
              .frames = {},
              .no_memory = kind == Kind::kNoMemory,
              .is_bad_input = kind == Kind::kBadInput,
              .is_http_error = kind == Kind::kHttpError};
  if (!crash.is_bad_input && !crash.is_http_error)
    crash.frames = os::throw_site(std::current_exception());
  return crash;
}

}  // namespace

std::string Crash::text() const {
  if (exception.empty() || what.empty()) return exception + what;
  return exception + ": " + what;
}

// Forced unwinding "throws" no object, so the handler's reference refers to nothing. Only the
// sanitizer objects to that.
__attribute__((no_sanitize("null"))) std::optional<Crash> guarded(void (*code)(void*),
                                                                  void* argument,
                                                                  std::exception_ptr* thrown) {
  try {
    code(argument);
    os::end_forked_child();
  } catch (const std::bad_alloc&) {
    return crash_of("not enough memory", Kind::kNoMemory, thrown);
  } catch (const BadInput& error) {
    return crash_of(error.what(), Kind::kBadInput, thrown);
  } catch (const HttpError& error) {
    return crash_of(error.what(), Kind::kHttpError, thrown);
  } catch (const std::exception& error) {
    return crash_of(error.what(), Kind::kOther, thrown);
  } catch (const __cxxabiv1::__forced_unwind&) {
    throw;
  } catch (...) {
    return crash_of(nullptr, Kind::kOther, thrown);
  }
  return std::nullopt;
}

void log_crash(Log& log, std::string_view message, CallFields fields, const Crash& crash) {
  const std::string stack = os::stack_text(crash.frames);
  fields.add("exception", crash.exception).add("error", crash.what).add_if_any("stack", stack);
  if (!stack.empty()) fields.add_if_any("source_line", crash.frames.front().source);
  log.write(Level::kError, message, fields.span());
}

}  // namespace ofn
