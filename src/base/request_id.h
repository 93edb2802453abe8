// The id of one request, for the log, the response and the author.
//
//   const RequestId id = RequestId::of(message.fields, loop.random());
//   const Field field{RequestId::kName, id.view()};
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include <ofn/field.h>

#include "base/random.h"

namespace ofn {

// A value. Cost: no allocation.
class RequestId {
 public:
  // The header field that carries the id.
  static constexpr std::string_view kName = "X-Request-Id";
  static constexpr std::size_t kMaxSize = 64;

  RequestId() = default;
  // Takes the client's X-Request-Id if it is safe: proxies set it, and people search the logs for it. Otherwise makes 32 random
  // hexadecimal digits.
  static RequestId of(std::span<const Field> fields, Random& random);
  // The same for the value of X-Request-Id; empty: there is none.
  static RequestId from(std::string_view given, Random& random);

  // Returns true if the text may be an id in the log and in other systems' queries: 1 to 64 letters, digits or "-_.:/+=@".
  static bool is_safe(std::string_view text) noexcept;

  // Lifetime: valid as long as the id.
  std::string_view view() const noexcept { return {text_.data(), size_}; }

 private:
  std::array<char, kMaxSize> text_;
  std::uint8_t size_ = 0;
};

}  // namespace ofn
