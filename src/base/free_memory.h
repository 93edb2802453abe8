// Frees the memory of a value that stays in use.
#pragma once

#include <utility>

namespace ofn {

// Sets `value` to T() and frees its buffers. `value = {}` does not free them: a string or vector keeps its capacity when an empty
// one is assigned.
template <class T>
void free_memory(T& value) {
  const T gone = std::move(value);
  value = T();
}

}  // namespace ofn
