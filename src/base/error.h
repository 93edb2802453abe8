// Errors expected at run time are values: Result<T> = T or an Error.
//
//   Result<Port> parse_port(std::string_view text) {
//     if (text.empty()) {
//       return fail(Code::kInvalidArgument, "the port is empty", {{"variable", "PORT"}});
//     }
//     …
//   }
#pragma once

#include <expected>
#include <initializer_list>
#include <source_location>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <ofn/failure.h>  // IWYU pragma: export

namespace ofn {

// Says what went wrong, where, and what to do. A value.
class Error {
 public:
  using Context = std::vector<std::pair<std::string, std::string>>;

  Error(Code code, std::string message, Context context = {},
        std::source_location location = std::source_location::current())
      : code_(code),
        message_(std::move(message)),
        context_(std::move(context)),
        location_(location) {}

  Code code() const noexcept { return code_; }
  // One sentence for the person who can correct it, without a period and without a payload.
  const std::string& message() const noexcept { return message_; }
  // Named facts: {"variable", "FUNC_CONTEXT"}, {"path", "$.outputs.a"}.
  const Context& context() const noexcept { return context_; }
  // The place in the framework's code that made the error.
  const std::source_location& location() const noexcept { return location_; }

  Error& with(std::string key, std::string value) & {
    context_.emplace_back(std::move(key), std::move(value));
    return *this;
  }
  Error&& with(std::string key, std::string value) && {
    return std::move(with(std::move(key), std::move(value)));
  }

  // "message (key=value, key=value)".
  std::string text() const;

 private:
  Code code_;
  std::string message_;
  Context context_;
  std::source_location location_;
};

template <class T>
using Result = std::expected<T, Error>;

inline std::unexpected<Error> fail(
    Code code, std::string message, Error::Context context = {},
    std::source_location location = std::source_location::current()) {
  return std::unexpected(Error(code, std::move(message), std::move(context), location));
}

}  // namespace ofn
