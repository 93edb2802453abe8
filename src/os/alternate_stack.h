// A stack for the crash handler: a thread whose own stack has overflowed has no room to say so.
//
//   const AlternateStack stack;      // first in the function of a thread
#pragma once

#include <cstddef>

namespace ofn::os {

// Lifetime: made and destroyed by the thread whose it is. Where the thread has one already (a sanitizer's), or there is no
// memory, nothing happens. Cost: two system calls for each thread; memory only where it is used.
class AlternateStack {
 public:
  AlternateStack();
  AlternateStack(const AlternateStack&) = delete;
  AlternateStack& operator=(const AlternateStack&) = delete;
  ~AlternateStack();

 private:
  // The demangler and the reader of line numbers work on it.
  static constexpr std::size_t kSize = std::size_t{256} * 1024;
  void* memory_ = nullptr;
};

}  // namespace ofn::os
