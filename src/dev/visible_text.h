// Makes the words of others (a client's path, the compiler's messages) safe to show on a terminal,
// and measures what is shown.
//
//   visible("\x1b[2J");                 // "\\x1b[2J", of which the terminal obeys nothing
//   columns("日本");                    // 4
//   shortened("/a/long/path", 8);       // "/a/long…"
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/clock.h"

namespace ofn::dev {

enum class Lines : std::uint8_t {
  kOne,
  kSeveral,  // line feeds and tabs stay
};

// Returns the text as UTF-8 without anything that a terminal obeys or that changes the order of
// letters: control characters (C0, C1, DEL) and bytes that are not UTF-8 become "\x1b", line
// separators and marks of direction "\u{202e}".
std::string visible(std::string_view text, Lines lines = Lines::kOne);
// Returns a request's path or query in printable ASCII: all other bytes are percent-encoded. So it
// can be pasted behind `curl`.
std::string visible_path(std::string_view path);
// "file://host/folder/price.cc" for the file "price.cc".
std::string file_uri(std::string_view host, std::string_view folder, std::string_view file);

// Returns how many columns of a terminal a visible text of one line takes. Cost: for a text that is
// not ASCII, a change of the thread's locale.
std::size_t columns(std::string_view text);
// Returns the text, cut to `most` columns (at least one). A text that is cut ends with "…".
std::string shortened(std::string_view text, std::size_t most);

// "40 µs", "0.42 ms", "6 ms", "0.31 s", "12.5 s", "2 min 5 s".
std::string duration_text(Duration duration);
// "4,950".
std::string count_text(std::size_t count);
// "15:38:00", UTC as in the log.
std::string time_of_day(SystemTime time);
// "2026-11-29T15:38:00.123Z" (RFC 3339).
std::string timestamp(SystemTime time);

}  // namespace ofn::dev
