// Gives the memory of a value back.
#pragma once

#include <utility>

namespace ofn {

// Makes `value` a new T() and frees its buffers. `value = {}` does not free them: an empty string or vector that is assigned
// leaves the capacity of the one before.
template <class T>
void free_memory(T& value) {
  const T gone = std::move(value);
  value = T();
}

}  // namespace ofn
