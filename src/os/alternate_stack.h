// A separate stack for the crash handler: after a stack overflow, the handler cannot run on the thread's own stack.
//
//   const AlternateStack stack;      // the first statement of a thread's function
#pragma once

#include <cstddef>

namespace ofn::os {

// Lifetime: a thread makes and destroys its own. If the thread has an alternate stack already (a sanitizer's), or if there is no
// memory, the constructor does nothing. Cost: four system calls when a thread begins and two when it ends; memory only for the
// pages that are used.
class AlternateStack {
 public:
  AlternateStack();
  AlternateStack(const AlternateStack&) = delete;
  AlternateStack& operator=(const AlternateStack&) = delete;
  ~AlternateStack();

 private:
  // Large enough for the demangler and for the reader of line numbers, which run on it.
  static constexpr std::size_t kSize = std::size_t{256} * 1024;
  void* memory_ = nullptr;
};

}  // namespace ofn::os
