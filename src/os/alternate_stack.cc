#include "os/alternate_stack.h"

#include <csignal>
#include <sys/mman.h>

namespace ofn::os {

AlternateStack::AlternateStack() {
  stack_t present{};
  if (sigaltstack(nullptr, &present) != 0 || (present.ss_flags & SS_DISABLE) == 0) return;
  // The lowest page stays inaccessible, so that this stack cannot overflow into other memory either.
  constexpr std::size_t kGuard = 4096;
  void* const memory = mmap(nullptr, kSize, PROT_NONE,
                            MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_STACK, -1, 0);
  if (memory == MAP_FAILED) return;
  char* const low = static_cast<char*>(memory) + kGuard;
  const stack_t stack{.ss_sp = low, .ss_flags = 0, .ss_size = kSize - kGuard};
  if (mprotect(low, kSize - kGuard, PROT_READ | PROT_WRITE) != 0 ||
      sigaltstack(&stack, nullptr) != 0) {
    munmap(memory, kSize);
    return;
  }
  memory_ = memory;
}

AlternateStack::~AlternateStack() {
  if (memory_ == nullptr) return;
  const stack_t none{.ss_sp = nullptr, .ss_flags = SS_DISABLE, .ss_size = 0};
  sigaltstack(&none, nullptr);
  munmap(memory_, kSize);
}

}  // namespace ofn::os
