// What is wrong with what the user set, and what is worth a line in the log.
//
// Everything the user can mend is collected and shown together, so that a manifest is mended once
// and not once a start:
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
  std::string variable;  // what the user set: "FUNC_CONTEXT", "PORT", "--port"
  std::string path;      // where inside it: "$.outputs.archive.uri"; empty where it is not JSON
  std::string expected;  // "a number from 1 to 65535"
  std::string found;  // "nothing", "\"http\"", "an array"; never a secret (metadata, token, header)

  // One line, as above.
  std::string text() const;
  friend bool operator==(const Problem&, const Problem&) = default;
};

// Something noticed that is no mistake, or a harmless one: unknown members (debug), a name that is
// ambiguous (warning). The caller writes it to its Log when it has one.
struct Note {
  Level level = Level::kDebug;
  std::string text;
  friend bool operator==(const Note&, const Note&) = default;
};

// The text in double quotes for a message: control characters escaped, cut (at a character) after
// `limit` bytes.
std::string quoted(std::string_view text, std::size_t limit = 80);

// The same of what a flag or a variable holds, followed by where it may have come from: Kubernetes sets variables of
// generic names for each service ("PORT=tcp://10.0.0.1:8080").
std::string quoted_setting(std::string_view text);

}  // namespace ofn
