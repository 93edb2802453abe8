// What fits a type, in the words of a mistake: "expected an array of 3 items".
#pragma once

#include <charconv>
#include <cstddef>
#include <iterator>
#include <string>
#include <string_view>

#include <ofn/abi.h>

namespace ofn {

// Returns the shortest text with the number's value.
std::string number_text(auto number) {
  char digits[32];
  const auto end = std::to_chars(std::begin(digits), std::end(digits), number).ptr;
  return std::string(std::begin(digits), end);
}

// Returns "1 item", "3 items".
std::string many(std::size_t count, std::string_view one);

// Returns the words of an enumeration or of a variant's alternatives: "one of \"red\", \"green\"".
std::string one_of(const abi::Type& type);

// Returns the values that fit the type: "an integer from 0 to 255", "a string".
std::string expected_text(const abi::Type& type);

}  // namespace ofn
