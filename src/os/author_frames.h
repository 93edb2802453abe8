// Finds the frames of a stack that are the author's code, and names them for a reader who wrote it.
//
//   each_author_frame(symbols, frames.from(0), [&](const AuthorFrame& frame) {
//     add_frame(frame, text);                                         // "price() (hello.cc:12)"
//   });
#pragma once

#include <cstddef>
#include <span>
#include <string_view>

#include "os/fixed_line.h"
#include "os/symbols.h"

namespace ofn::os {

struct AuthorFrame {
  std::string_view function;  // without parameters
  std::string_view
      file;  // relative to the folder in which the program was started, if it lies there; empty: unknown
  const char* path;  // the same, to open it; null: unknown
  int line = 0;
  std::size_t times = 1;  // how often it repeats in a row, as in a recursion
};

struct AuthorFrameCount {
  std::size_t shown = 0;
  std::size_t left_out = 0;  // frames that are not the author's, and those behind the first ten
};

using VisitAuthorFrame = void (*)(void* argument, const AuthorFrame& frame);
AuthorFrameCount each_author_frame(const Symbols& symbols, std::span<const Frames::Frame> frames,
                                   VisitAuthorFrame visit, void* argument);

// Calls `visit` for at most ten frames, the innermost first. It leaves out the frames of the framework, of the C and C++
// libraries, and of other libraries and headers of the system. The texts live until `visit` returns.
// A signal handler may call it.
template <class Visit>
AuthorFrameCount each_author_frame(const Symbols& symbols, std::span<const Frames::Frame> frames,
                                   Visit visit) {
  return each_author_frame(
      symbols, frames,
      [](void* to, const AuthorFrame& frame) { (*static_cast<Visit*>(to))(frame); }, &visit);
}

// Adds "price() (hello.cc:12)", and " (17 times)" if it repeats.
void add_frame(const AuthorFrame& frame, FixedText& text);

// Adds a readable name without its return type, parameters and long template arguments: "app::Cache<int>::get()".
// Public for tests.
void add_short_name(std::string_view name, FixedText& text);

}  // namespace ofn::os
