// Splits and sorts the author's compiler flags.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"

namespace ofn::loader {

// Splits a text into words as a POSIX shell does. Blanks separate words, and '…' is verbatim.
// Inside "…" and outside of quotes, a backslash makes the next character verbatim. Nothing is
// expanded.
// Errors: a quote that is not closed.
Result<std::vector<std::string>> split_flags(std::string_view text);

// The flags of the compiler and of the linker. Each list keeps the author's order, with operands beside their flags.
struct SortedFlags {
  std::vector<std::string> compile;  // for compiling and linking: -O2, -std=, -I dir
  std::vector<std::string> link;     // for linking only: libz.a, a.o, -lz, -L dir, -Wl,…
  std::vector<std::string> files;    // the response files, also unreadable ones
  // True if the flags mean the same in every working directory.
  bool is_independent_of_folder = true;
};

// Sorts flags. Replaces `@file` by the flags in that file, and does so in these flags as well. If a
// file cannot be read, `@file` stays, and the compiler reports it.
// Errors: a flag that only the loader may set (-c, -o, …), and C++ source.
Result<SortedFlags> sort_flags(std::span<const std::string> flags);

// Joins flags into one text that split_flags(), a shell and CMake split into the same flags.
std::string joined_flags(std::span<const std::string> flags);

}  // namespace ofn::loader
