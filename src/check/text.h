// A text that is checked, and places in it.
//
//   const Text text{.name = "func_context.json", .content = "{\n  \"port\": 0\n}"};
//   place_of({&text, 4, 10}).column;   // 3
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace ofn::check {

// What of a line is not shown, because it may be a secret.
enum class Hides : std::uint8_t {
  kNothing,
  kVariables,   // NAME=…, unless the variable is one of the program's settings
  kProperties,  // value: …
};

// A file, or the value of a variable or a flag. A value.
struct Text {
  std::string name;  // as messages name it: "components/archive.yaml", "FUNC_CONTEXT"
  std::string content;
  bool is_file = true;
  Hides hides = Hides::kNothing;
};

// Bytes of a text. Lifetime: the text outlives it.
struct Spot {
  const Text* text = nullptr;
  std::size_t begin = 0;
  std::size_t end = 0;
};

// A place as people and other programs want it. A value.
struct Place {
  std::string file;
  bool is_file = true;
  std::size_t line = 1;    // from 1
  std::size_t column = 1;  // in characters, from 1
  std::size_t size = 0;    // characters of the same line; 0 if only the position is known
  std::string source;      // the line, without its line feed; "…" stands for what may be a secret
  friend bool operator==(const Place&, const Place&) = default;
};

Place place_of(const Spot& spot);
// Returns the number of the line in which a byte is, from 1.
std::size_t line_at(std::string_view content, std::size_t byte);
// Returns the line of that number without the blanks around it; the beginning of the text if the number is 0, and its end if it has
// fewer lines.
Spot line_spot(const Text& text, std::size_t line);

}  // namespace ofn::check
