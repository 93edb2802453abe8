#include "function/error_handlers.h"

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <cxxabi.h>
#include <memory>
#include <new>
#include <string_view>
#include <tuple>
#include <utility>

namespace ofn {

namespace {

using abi::ErrorRegistration;

std::string name_of(const std::type_info& type) {
  int status = 0;
  const std::unique_ptr<char, decltype(&std::free)> name(
      __cxxabiv1::__cxa_demangle(type.name(), nullptr, nullptr, &status), &std::free);
  return status == 0 ? name.get() : type.name();
}

// Returns true if the handler's type is E, or derives from it.
template <class E>
bool is_for(const ErrorRegistration& registration) {
  try {
    registration.raise();
  } catch (const E*) {
    return true;
  } catch (...) {  // a pointer to another type
    return false;
  }
  return false;
}

std::string place_of(const ErrorRegistration& registration) {
  return std::string(registration.handler) + " (" + registration.file + ":" +
         std::to_string(registration.line) + ")";
}

// Returns true if a header that several files include has registered both.
bool are_one(const ErrorRegistration& a, const ErrorRegistration& b) {
  return a.line == b.line && std::strcmp(a.file, b.file) == 0 &&
         std::strcmp(a.handler, b.handler) == 0;
}

std::vector<const ErrorRegistration*> registrations_of(std::span<const abi::Program> programs) {
  std::vector<const ErrorRegistration*> all;
  for (const abi::Program& program : programs) {
    for (const auto* const* at = program.errors_begin; at != program.errors_end; ++at) {
      if (*at != nullptr && (*at)->size >= sizeof(ErrorRegistration) && (*at)->answer != nullptr)
        all.push_back(*at);
    }
  }
  std::ranges::sort(all, {}, [](const ErrorRegistration* each) {
    return std::tuple(std::string_view(each->file), each->line);
  });
  return all;
}

ErrorHandler handler_of(const ErrorRegistration& registration, ErrorHandlers::Code code) {
  ErrorHandler handler{.registration = &registration, .place = place_of(registration)};
  if (code == ErrorHandlers::Code::kIsLeftOut) return handler;
  handler.is_for_bad_input = is_for<BadInput>(registration);
  handler.is_for_http_error = is_for<HttpError>(registration);
  handler.is_for_no_memory = is_for<std::bad_alloc>(registration);
  return handler;
}

// Returns the place in front of the first handler for a base of that type.
std::vector<ErrorHandler>::iterator place_for(std::vector<ErrorHandler>& handlers,
                                              const ErrorRegistration& registration) {
  return std::ranges::find_if(handlers, [&](const ErrorHandler& each) {
    return each.registration->takes(registration.raise);
  });
}

}  // namespace

std::expected<ErrorHandlers, std::vector<Error>> ErrorHandlers::of(
    std::span<const abi::Program> programs, Code code) {
  ErrorHandlers all;
  std::vector<Error> mistakes;
  for (const ErrorRegistration* each : registrations_of(programs)) {
    const auto same = std::ranges::find_if(all.handlers_, [&](const ErrorHandler& other) {
      return *other.registration->type == *each->type;
    });
    if (same != all.handlers_.end()) {
      if (are_one(*same->registration, *each)) continue;
      mistakes.emplace_back(ofn::Code::kAlreadyExists,
                            "two error handlers are registered for the type '" +
                                name_of(*each->type) + "': " + same->place + " and " +
                                place_of(*each) + "; remove one of them");
      continue;
    }
    const auto at = code == Code::kMayRun ? place_for(all.handlers_, *each) : all.handlers_.end();
    all.handlers_.insert(at, handler_of(*each, code));
  }
  if (!mistakes.empty()) return std::unexpected(std::move(mistakes));
  return all;
}

const ErrorHandler* ErrorHandlers::answer(const std::exception_ptr& thrown, const Crash& crash,
                                          const Request& request, Response& response,
                                          const ErrorHandler*& asked) const {
  for (const ErrorHandler& each : handlers_) {
    if (crash.is_bad_input && !each.is_for_bad_input) continue;
    if (crash.is_http_error && !each.is_for_http_error) continue;
    if (crash.no_memory && !each.is_for_no_memory) continue;
    asked = &each;
    bool has_answered = false;
    try {
      std::rethrow_exception(thrown);
    } catch (...) {
      has_answered = each.registration->answer(request, response);
    }
    if (has_answered) return &each;
  }
  asked = nullptr;
  return nullptr;
}

}  // namespace ofn
