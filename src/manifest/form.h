// Fills forms: texts of YAML with places for values, so that the source of a manifest reads like the
// manifest.
//
//   fill("metadata:\n  name: ${name}\n  ${labels}\n",
//        {{"name", scalar("on")}, {"labels", "labels:\n  app: a\n"}});
//   // metadata:
//   //   name: "on"
//   //   labels:
//   //     app: a
#pragma once

#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>

namespace ofn::manifest {

struct Value {
  std::string_view name;
  std::string text;  // YAML
};

// Puts the values in their places. A place `${name}` within a line gets the text as it is. A place
// that has a line of its own gets each line of the text, indented as the place is; an empty text
// removes the line. Each place of the form must have a value.
std::string fill(std::string_view form, std::initializer_list<Value> values);

// Returns the text as a YAML scalar that every reader takes for this text: in double quotes if
// something else could be read. Bytes that are not Unicode become U+FFFD.
std::string scalar(std::string_view text);
std::string scalar(std::int64_t number);

// Returns "key: value\n"; empty if the value is.
std::string member(std::string_view key, std::string_view value);
// Returns "key:\n" and the lines of the block, indented; empty if the block is.
std::string section(std::string_view key, std::string_view block);
// Returns the block's lines with "- " before the first one, so that it is an item of a list.
std::string item(std::string_view block);
// Returns the lines, each after "# ".
std::string comment(std::string_view text);
// Escapes the characters that YAML does not allow in a text, as JSON and YAML do in double quotes.
std::string escape_unprintable(std::string_view text);

}  // namespace ofn::manifest
