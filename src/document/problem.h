// The mistakes in a text that the user wrote, and notes that are worth a line in the log.
//
// All mistakes are collected and shown together, so that the user corrects a manifest once and not
// once for each start:
//
//   FUNC_CONTEXT $.outputs.archive.componentType: expected a type that starts with "bindings." or
//   "pubsub.", found "kafka"
//   --port: expected a number from 0 to 65535, found "http"
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "base/log.h"

namespace ofn {

// One mistake. A value.
struct Problem {
  std::string source;  // what the user wrote: "FUNC_CONTEXT", "PORT", "--port", "components/a.yaml"
  std::string path;    // where inside it: "$.outputs.archive.uri"; empty if it has no parts
  std::string expected;  // "a number from 1 to 65535"
  std::string found;  // "nothing", "\"http\"", "an array"; never a secret (metadata, token, header)
  int line = 0;       // of the source, from 1; 0 if it has no lines

  // One line, as above.
  std::string text() const;
  friend bool operator==(const Problem&, const Problem&) = default;
};

// A note on something that is not a mistake, or is a harmless one: an unknown member (debug), an
// ambiguous name (warning). The caller writes it to its log when it has one.
struct Note {
  Level level = Level::kDebug;
  std::string text;
  friend bool operator==(const Note&, const Note&) = default;
};

// Returns the text in double quotes for a message: control characters are escaped, and the text is
// cut, between two characters, after `limit` bytes.
std::string quoted(std::string_view text, std::size_t limit = 80);

}  // namespace ofn
