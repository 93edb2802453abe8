// Counts what a thread allocates. It replaces the operator new of the test program, so exactly one of its sources includes this header.
// Clang's thread sanitizer has an operator new that none can replace; a test is left out there.
//
//   const std::size_t count = testing::allocations_of([] { auto one = std::make_unique<int>(1); });   // 1
#pragma once

#include <concepts>
#include <cstddef>
#include <cstdlib>
#include <new>

namespace ofn::testing {

struct CountedAllocations {
  static inline thread_local bool is_counting = false;
  static inline thread_local std::size_t count = 0;
};

// Returns how often `act` allocates on this thread.
template <std::invocable Act>
std::size_t allocations_of(Act&& act) {
  CountedAllocations::count = 0;
  CountedAllocations::is_counting = true;
  act();
  CountedAllocations::is_counting = false;
  return CountedAllocations::count;
}

}  // namespace ofn::testing

// NOLINTBEGIN(misc-definitions-in-headers): see above
void* operator new(std::size_t size, const std::nothrow_t&) noexcept {
  using ofn::testing::CountedAllocations;
  if (CountedAllocations::is_counting) ++CountedAllocations::count;
  return std::malloc(size == 0 ? 1 : size);
}
void* operator new(std::size_t size) {
  if (void* memory = operator new(size, std::nothrow)) return memory;
  throw std::bad_alloc();
}
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }
// NOLINTEND(misc-definitions-in-headers)
