// The wish that a call stops.
#pragma once

#include <atomic>
#include <stop_token>

namespace ofn {

// Threads: `asked` any; `source` is replaced between two calls only.
struct StopState {
  std::stop_source source;
  // Set at once; the source itself is told a moment later, on another thread.
  std::atomic<bool> asked = false;
};

}  // namespace ofn
