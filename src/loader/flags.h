// The author's compiler flags, from one string to arguments.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"

namespace ofn::loader {

// Splits as a POSIX shell does: blanks separate, '…' is verbatim, in "…" and outside a backslash
// takes the next character as it is. Nothing is expanded.
// Errors: a quote that is not closed.
Result<std::vector<std::string>> split_flags(std::string_view text);

// The flags by who takes them. Each list is in the author's order, operands beside their flags.
struct SortedFlags {
  std::vector<std::string> compile;  // the compiler's, also when it links (-O2, -std=, -I dir)
  std::vector<std::string> link;     // the linker's alone: libz.a, a.o, -lz, -L dir, -Wl,…
  // Do they mean the same from whatever folder they are given?
  bool is_independent_of_folder = true;
};

// Sorts flags. `@file` is replaced by the flags in that file, also in those that it names in turn; one
// that cannot be read is the compiler's to complain about.
// Errors: what the loader itself has to say to the compiler (-c, -o, …), and C++ source.
Result<SortedFlags> sort_flags(std::span<const std::string> flags);

// Flags as one text that split_flags, a shell and CMake take apart again.
std::string joined_flags(std::span<const std::string> flags);

}  // namespace ofn::loader
