// Precompiles the author's header while the program serves the function, so that the next start after an edit is faster. No start
// waits for it.
//
//   std::optional<Precompiling> precompiling;
//   if (build.precompiling_pays) precompiling.emplace(request, log);
//   server->run();
#pragma once

#include <stop_token>

#include "base/log.h"
#include "loader/loader.h"
#include "loop/workers.h"

namespace ofn::cli {

// Lifetime: the destructor ends the compiler and waits for its end, which takes milliseconds. If
// the process ends without the destructor, the compiler ends as well. Threads: one, until the
// header is precompiled.
class Precompiling {
 public:
  // A compiler takes up to 400 MB. If the process may use less than 1 GiB, the constructor does nothing.
  Precompiling(LoadRequest request, Log& log);
  Precompiling(const Precompiling&) = delete;
  Precompiling& operator=(const Precompiling&) = delete;
  ~Precompiling() { stop_.request_stop(); }

 private:
  std::stop_source stop_;
  Workers thread_;
};

}  // namespace ofn::cli
