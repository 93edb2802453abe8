// Names the frames of a stack outside a signal handler.
//
//   Frames frames;
//   frames.take();
//   const std::vector<SourceFrame> authors = author_stack(frames.from(0));
//   say(stack_text(authors));                  // "price() (hello.cc:12) < greet() (hello.cc:20)"
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <vector>

#include "os/symbols.h"

namespace ofn::os {

// A place in the author's code, on a stack.
struct SourceFrame {
  std::string function{};  // without parameters: "price()"
  std::string
      file{};  // relative to the folder in which the program was started, if it lies there; empty if unknown
  int line = 0;
  std::size_t times = 1;  // how often it repeats in a row, as in a recursion
  std::string source{};   // the text of the line; empty if it cannot be read (source_line.h)
};

// Returns the author's frames, at most ten, the innermost first (author_frames.h).
// Threads: any. Cost: the first call reads the symbols of all modules: some milliseconds and megabytes; a later one takes some
// microseconds, and reads the source files. Memory does not grow with the number of calls.
std::vector<SourceFrame> author_stack(std::span<const Frames::Frame> frames);

// Returns the frames with " < " between them; empty if there is none.
std::string stack_text(std::span<const SourceFrame> frames);

// The fields of a log line.
struct StackText {
  std::string stack;
  std::string source_line;  // of the first frame; empty if it is unknown
};
// Returns the author's frames if WatchedProcess reports to the author, and if there are any; else all frames.
StackText describe_stack(std::span<const Frames::Frame> frames);

}  // namespace ofn::os
