// Values of your own types where text is taken, too: a line of a Writer, the data of an output, the value of a state store. This header
// knows no JSON, so that files without such values do not compile it. <ofn/json.h> completes it; authors include that.
#pragma once

#include <string>
#include <string_view>
#include <type_traits>

namespace ofn::internal {

template <class T>
concept NotText = !std::is_convertible_v<const T&, std::string_view>;

// Finds the functions of <ofn/json.h> when a value is used, by argument-dependent lookup.
struct ByJson {};

template <class T>
std::string json_text(const T& value) {
  constexpr bool kHasJson = requires { json_of(ByJson(), value); };
  static_assert(kHasJson,
                "ofn: a value that is not text is written as JSON: include <ofn/json.h>, and "
                "describe its type by "
                "OFN_FIELDS or as <ofn/fields.h> says");
  if constexpr (kHasJson) {
    return json_of(ByJson(), value);
  } else {
    return {};
  }
}

template <class T>
T json_value(std::string_view text) {
  constexpr bool kHasJson = requires { value_of_json(ByJson(), text, static_cast<T*>(nullptr)); };
  static_assert(kHasJson, "ofn: a value is read from JSON: include <ofn/json.h>");
  return value_of_json(ByJson(), text, static_cast<T*>(nullptr));
}

}  // namespace ofn::internal
