// Frees the memory of a value that stays in use.
#pragma once

#include <memory>
#include <type_traits>

namespace ofn {

// Sets `value` to T() and frees its buffers. `value = {}` does not free them: a string or vector keeps its capacity when an empty
// one is assigned.
template <class T>
void free_memory(T& value) {
  static_assert(std::is_nothrow_default_constructible_v<T>, "or nothing would be in its place");
  std::destroy_at(&value);
  std::construct_at(&value);
}

}  // namespace ofn
