// Finds the function, file and line of a code address.
//
//   symbols.describe(address, text);     // "app::save(ofn::Request const&) (/src/save.cc:12)"
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

#include "os/fixed_line.h"

namespace ofn::os {

// The instruction and stack pointers of a thread when a signal came; 0 on an unsupported machine.
struct Place {
  std::uintptr_t code = 0;
  std::uintptr_t stack = 0;
};

// The frames of this thread, the innermost first. Each address lies inside the call instruction, so that its line is the call's.
struct Frames {
  static constexpr std::size_t kMost = 32;
  struct Frame {
    std::uintptr_t address;
    std::size_t times;  // how often it repeats in a row, as in a recursion
  };
  std::array<Frame, kMost> frames;
  std::size_t count = 0;

  // All frames of this thread.
  void take();
  // The frames of the code that a signal has interrupted, for the signal's handler. If the instruction pointer points to no code
  // (a call through a null pointer), it takes only the caller, from the word on top of the stack.
  void take_interrupted(const Place& place);
  std::span<const Frame> from(std::size_t first) const {
    return std::span(frames).first(count).subspan(first < count ? first : 0);
  }
};

// One function at a code address.
struct CodePlace {
  const char* function = nullptr;  // as C++ mangles it, or only its last name; null: unknown
  const char* file = nullptr;      // of its source; null: unknown
  int line = 0;
  const char* symbol =
      nullptr;  // the function that contains inlined ones, as the module's table of symbols names it
  const char* module =
      nullptr;  // the path of the executable or shared object; null: the address is in none
  std::uintptr_t base = 0;  // the address to which the module is mapped
};

// A report makes its own, so that it knows all modules loaded until then. A signal handler may make and use it: it maps the
// memory that it needs, and never frees it.
// Cost: it reads the symbols and lines of each module for which describe() is called, which takes
// some milliseconds and megabytes. An object that describes nothing costs nothing.
class Symbols {
 public:
  Symbols();

  // Calls `visit` for each function at the address: first for the innermost of those that are inlined there, at last for the
  // one that contains them. Calls it at least once. The texts live until `visit` returns.
  template <class Visit>
  void each(std::uintptr_t address, Visit visit) const {
    each(
        address, [](void* to, const CodePlace& place) { (*static_cast<Visit*>(to))(place); },
        &visit);
  }

  // Adds "function (file:line)". Inlined functions come before it as further frames, with " < " between them. Without line
  // numbers it adds "function (module)", and without a name "module+0x1a2b".
  void describe(std::uintptr_t address, FixedText& text) const;
  // Adds the frames with " < " between them. It leaves out the frames of the header that calls the author's function.
  void describe(std::span<const Frames::Frame> frames, FixedText& text) const;

 private:
  void each(std::uintptr_t address, void (*visit)(void*, const CodePlace&), void* argument) const;

  void* state_ = nullptr;  // libbacktrace's state; null if the build has no libbacktrace
};

// Returns the address to which the executable is mapped: the base of its CodePlaces.
std::uintptr_t program_base();
// Adds "module+0x1a2b", for an address without a name.
void add_unnamed(std::uintptr_t address, const CodePlace& place, FixedText& text);
// Adds the name as it stands in the source. A name that C++ has not mangled is added unchanged.
// Allocates nothing.
void add_demangled(const char* name, FixedText& text);
// Does the same for a type's name from std::type_info::name().
void add_type_name(const char* name, FixedText& text);

}  // namespace ofn::os
