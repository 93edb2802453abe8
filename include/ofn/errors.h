// Exceptions that become answers.
//
//   struct NotFound : std::runtime_error { using runtime_error::runtime_error; };
//   ofn::Response not_found(const NotFound& error) { return ofn::Response(error.what()).status(404); }
//   OFN_ERROR_HANDLER(not_found)
//
//   int stock(const ofn::Request& request) {
//     if (!request.query("item")) throw ofn::BadInput("name an item");                     // 400
//     if (request.query("item") == "tea") throw ofn::HttpError(503, "sold out", {{"Retry-After", "60"}});
//     throw NotFound("there is no such item\n");                                            // not_found answers
//   }
//
// They may be thrown by functions of every form, also by coroutines, in a Codec, by hooks (<ofn/plugin.h> says what a hook's
// exceptions mean) and by middleware (<ofn/middleware.h>).
//
// The answer: an HttpError and a BadInput have their own, std::bad_alloc gets 503, a handler of OFN_ERROR_HANDLER answers an exception
// of its type, and every other exception is a crash: 500. A handler also gets exceptions that derive from its type. If several
// handlers fit, the one for the most derived type answers; so a handler for std::exception gets neither an HttpError nor a
// BadInput, and a handler for ofn::BadInput replaces the framework's answer.
// Whatever is answered, nothing of the call is sent to outputs. X-OpenFunction-Status is `error` for a status of 400 or more.
// A delivery of Dapr is acknowledged if the status is below 400; docs/functions.md has the rest.
// After the first piece of an answer in pieces (<ofn/writer.h>) every exception cuts the answer off.
#pragma once

#include <cstdint>
#include <stdexcept>
#include <string>
#include <type_traits>
#include <typeinfo>
#include <utility>
#include <vector>

#include <ofn/failure.h>
#include <ofn/field.h>
#include <ofn/lazy.h>
#include <ofn/register.h>
#include <ofn/request.h>
#include <ofn/response.h>

namespace ofn {

// An answer, thrown. The client gets the status, the headers and the text: as a line of text, or as application/problem+json (RFC 9457) if
// the request's field Accept names JSON before text. If `headers` has a Content-Type, the text is sent as it is. An empty text
// is the name of the status ("Not Found").
// Errors: status and headers follow the rules of Response; others are a crash of the function.
class HttpError : public std::runtime_error {
 public:
  OFN_INTERNAL_LAZY explicit HttpError(int status, const std::string& text = {},
                                       std::vector<Header> headers = {})
      : std::runtime_error(text), status_(status), headers_(std::move(headers)) {}
  int status() const noexcept { return status_; }
  const std::vector<Header>& headers() const noexcept { return headers_; }

 private:
  int status_;
  std::vector<Header> headers_;
};

namespace abi {

// One handler of a program. Lives as long as the program.
struct ErrorRegistration {
  std::uint32_t size = sizeof(ErrorRegistration);
  const std::type_info* type = nullptr;  // of the exceptions
  // Throws a null pointer to the exceptions' type. `takes` returns true if what `raise` throws is a pointer to this type or to one that
  // derives from it. Both together tell which of two types is more derived.
  void (*raise)() = nullptr;
  bool (*takes)(void (*raise)()) = nullptr;
  // Called while an exception is handled. Returns false if it is of another type; otherwise sets the response. Throws what
  // the author's handler throws.
  bool (*answer)(const Request& request, Response& response) = nullptr;
  const char* handler = nullptr;  // its name, as written
  const char* file = nullptr;
  std::uint32_t line = 0;
};

}  // namespace abi

namespace internal {

// A handler without its parameters' details. E is the exception's type.
template <class E, auto kHandler, bool kTakesRequest>
struct OFN_INTERNAL_HIDDEN ErrorHandler {
  using Exception = E;

  static void raise() { throw static_cast<const E*>(nullptr); }
  static bool takes(void (*raise)()) {
    try {
      raise();
    } catch (const E*) {
      return true;
    } catch (...) {  // a pointer to another type
      return false;
    }
    return false;
  }
  static bool answer([[maybe_unused]] const Request& request, Response& response) {
    try {
      throw;
    } catch (const E& error) {
      if constexpr (kTakesRequest) {
        response = kHandler(error, request);
      } else {
        response = kHandler(error);
      }
      return true;
    } catch (...) {  // of another type
      return false;
    }
  }
};

template <class R>
concept ErrorAnswer = std::is_convertible_v<R, Response>;

template <auto kHandler, ErrorAnswer R, class E>
  requires(!std::is_same_v<E, Request>)
constexpr auto error_handler(R (*)(const E&)) {
  return ErrorHandler<E, kHandler, false>();
}
template <auto kHandler, ErrorAnswer R, class E>
constexpr auto error_handler(R (*)(const E&, const Request&)) {
  return ErrorHandler<E, kHandler, true>();
}
template <class F>
constexpr bool kIsErrorHandler = requires(F function) { error_handler<nullptr>(function); };

template <auto kHandler>
constexpr abi::ErrorRegistration error_registration(const char* name, const char* file,
                                                    std::uint32_t line) {
  constexpr bool kIsHandler = kIsErrorHandler<decltype(kHandler)>;
  static_assert(kIsHandler,
                "ofn: an error handler is ofn::Response f(const E&) or ofn::Response f(const E&, "
                "const ofn::Request&)");
  abi::ErrorRegistration registration{.handler = name, .file = file, .line = line};
  if constexpr (kIsHandler) {
    using Handler = decltype(error_handler<kHandler>(kHandler));
    registration.type = &typeid(typename Handler::Exception);
    registration.raise = &Handler::raise;
    registration.takes = &Handler::takes;
    registration.answer = &Handler::answer;
  }
  return registration;
}

}  // namespace internal
}  // namespace ofn

// NOLINTBEGIN(cppcoreguidelines-macro-usage)

// Registers a handler for an exception's type: OFN_ERROR_HANDLER(f), at namespace scope, for
//
//   ofn::Response f(const E&)   or   ofn::Response f(const E&, const ofn::Request&)
//
// The result may be anything that converts to a Response. E may be any type. The request is the call's; that of a delivery is the
// one that an http function would get.
// Threads: the handler runs on the thread of the function, and may block.
// Errors: two handlers for the same type stop the load, with both places. A handler that throws an HttpError or a BadInput
// answers with that; anything else that it throws is a crash, and the log names both exceptions. If an exception derives from the types
// of two handlers, neither of which derives from the other, the handler that comes first answers (by file and line).
#define OFN_ERROR_HANDLER(...) OFN_INTERNAL_ERROR_HANDLER(__COUNTER__, __VA_ARGS__)

#define OFN_INTERNAL_ERROR_HANDLER(number, ...)                                                \
  namespace {                                                                                  \
  constexpr ::ofn::abi::ErrorRegistration OFN_INTERNAL_JOIN(ofn_error_, number) =              \
      ::ofn::internal::error_registration<&__VA_ARGS__>(#__VA_ARGS__, __FILE__, __LINE__);     \
  OFN_INTERNAL_KEPT("ofn_errors")                                                              \
  constexpr const ::ofn::abi::ErrorRegistration* OFN_INTERNAL_JOIN(ofn_error_entry_, number) = \
      &OFN_INTERNAL_JOIN(ofn_error_, number);                                                  \
  }

// NOLINTEND(cppcoreguidelines-macro-usage)
