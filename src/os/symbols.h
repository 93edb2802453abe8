// What addresses of code are called: function, file and line.
//
//   describe(address, text);     → "app::save(ofn::Request const&) (/src/save.cc:12)"
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

#include "os/fixed_line.h"

namespace ofn::os {

// Where a thread was when a signal came; 0: the machine is not known.
struct Place {
  std::uintptr_t code = 0;
  std::uintptr_t stack = 0;
};

// The frames of this thread, the innermost first. An address is inside the instruction that calls, so that it has the call's line.
struct Frames {
  static constexpr std::size_t kMost = 32;
  struct Frame {
    std::uintptr_t address;
    std::size_t times;  // one upon the other, as in a recursion
  };
  std::array<Frame, kMost> frames;
  std::size_t count = 0;

  // All frames of this thread.
  void take();
  // The frames of the code that a signal has interrupted, for its handler. Where that is no code (a call of a null pointer), the
  // caller is all there is: the word on top of the stack.
  void take_interrupted(const Place& place);
  std::span<const Frame> from(std::size_t first) const {
    return std::span(frames).first(count).subspan(first < count ? first : 0);
  }
};

// One state for each report: modules that were loaded meanwhile are known to the next one. May be made and used in a signal
// handler: what it needs of memory it maps, and gives to nobody.
// Cost: it reads symbols and lines of the modules that it is asked about, some milliseconds and megabytes; nothing before.
class Symbols {
 public:
  Symbols();

  // "function (file:line)", with what was inlined as further frames before it (" < " between them); without line numbers
  // "function (module)", without a name "module+0x1a2b".
  void describe(std::uintptr_t address, FixedText& text) const;
  // The frames, " < " between them. Those of the header that calls the author's function are left out.
  void describe(std::span<const Frames::Frame> frames, FixedText& text) const;

 private:
  void* state_ = nullptr;  // libbacktrace's; null: the build has none
};

// The name as it stands in the source; one that is no C++ name as it is. Allocates nothing.
void add_demangled(const char* name, FixedText& text);
// The same of std::type_info::name().
void add_type_name(const char* name, FixedText& text);

}  // namespace ofn::os
