// Reads a compiler's messages about lines of source: "dir/x.cc:3:7: error: 'y' was not declared".
//
//   for (const Diagnostic& each : diagnostics_in(output)) log.write(Level::kWarning, each.message);
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "loader/loader.h"

namespace ofn::loader {

// The beginning of a message: "dir/x.cc:3:7: ".
struct Place {
  std::string file;
  unsigned line = 0;
  unsigned column = 0;  // 0 if the message has none
  std::string_view rest;
};

// Returns nullopt if the line begins with no place.
std::optional<Place> place_of(std::string_view line);

// Returns the errors and warnings of GCC, Clang or a build tool that shows theirs, in the order of
// the text, without notes. Only messages in English are found.
std::vector<Diagnostic> diagnostics_in(std::string_view output);

// Appends those of `more` that `to` does not have.
void add_diagnostics(std::vector<Diagnostic> more, std::vector<Diagnostic>& to);

}  // namespace ofn::loader
