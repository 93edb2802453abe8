#include "wire/session.h"

#include <algorithm>

#include "wire/memory_account.h"

namespace ofn::wire {

namespace {

// Enough that other loops hardly win each time. Not without end: the system may have less memory than the account.
constexpr int kTries = 4;

}  // namespace

bool grow(std::string& buffer, std::size_t size, std::size_t most, MemoryShare& share,
          Transport& transport) {
  if (grow(buffer, size, most, share)) return true;
  // The buffer doubles at most. What it has now was taken already.
  const std::size_t needed = std::max(size, 2 * buffer.capacity());
  for (int i = 0; i < kTries && transport.make_room(needed); ++i) {
    if (grow(buffer, size, most, share)) return true;
  }
  return false;
}

}  // namespace ofn::wire
