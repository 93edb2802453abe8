// Reads one line of a source file, to be shown beside a place in the code.
//
//   add_source_line("/src/hello.cc", 12, kAnyTime, text);     // "return prices.at(name);"
#pragma once

#include <cstdint>
#include <limits>

#include "os/fixed_line.h"

namespace ofn::os {

inline constexpr std::int64_t kAnyTime = std::numeric_limits<std::int64_t>::max();

// Adds the line without the white space at its ends, at most 200 bytes of it. Characters that a terminal would not show as they
// stand become visible: control characters and those that change the direction of text.
// It adds nothing if the file is not a regular file, cannot be read, is larger than 1 MiB, has no such line, or was changed
// after `unchanged_since` (microseconds of Unix time), because the line could be another one by then.
// A signal handler may call it. Cost: it reads the file up to that line.
void add_source_line(const char* path, int line, std::int64_t unchanged_since, FixedText& text);

}  // namespace ofn::os
