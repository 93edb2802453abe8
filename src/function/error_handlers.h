// The handlers that programs registered for exceptions (<ofn/errors.h>), and which of them answers.
//
//   const auto handlers = ErrorHandlers::of(programs, ErrorHandlers::Code::kMayRun);
//   if (!handlers) return complain(handlers.error().front());
//   for (const ErrorHandler& handler : handlers->handlers()) say(handler.place);
#pragma once

#include <exception>
#include <expected>
#include <span>
#include <string>
#include <vector>

#include <ofn/abi.h>
#include <ofn/errors.h>
#include <ofn/request.h>
#include <ofn/response.h>

#include "base/error.h"
#include "function/guard.h"

namespace ofn {

struct ErrorHandler {
  const abi::ErrorRegistration* registration = nullptr;
  std::string place;  // "not_found (hello.cc:7)"
  // The handler's type is, or derives from, one that the framework answers itself. Only such handlers come before it.
  bool is_for_bad_input = false;
  bool is_for_http_error = false;
  bool is_for_no_memory = false;
};

// Immutable. Lifetime: the programs stay loaded. Threads: any.
class ErrorHandlers {
 public:
  // If kIsLeftOut, the programs are only inspected, and none of their code is called. Then the order of the handlers is unknown, and none
  // may be asked for an answer.
  enum class Code { kMayRun, kIsLeftOut };

  ErrorHandlers() = default;
  // Errors: two handlers for the same type, with both places.
  static std::expected<ErrorHandlers, std::vector<Error>> of(std::span<const abi::Program> programs,
                                                             Code code);

  bool empty() const noexcept { return handlers_.empty(); }
  // The handlers in the order in which they are asked: one for a derived type comes before those for its bases.
  std::span<const ErrorHandler> handlers() const noexcept { return handlers_; }

  // Returns the handler that fits, after it has set the response; null if none fits. `crash` describes `thrown`. Errors: throws what the
  // author's handler throws; `asked` is that handler then.
  const ErrorHandler* answer(const std::exception_ptr& thrown, const Crash& crash,
                             const Request& request, Response& response,
                             const ErrorHandler*& asked) const;

 private:
  std::vector<ErrorHandler> handlers_;
};

}  // namespace ofn
