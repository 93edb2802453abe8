// Compiles on a thread of its own, so that the supervisor's loop goes on.
//
//   Compiling compiling(loop, log);
//   compiling.begin(request, folder, [](Compilation made, Duration took) { … });
//   compiling.cancel();                             // a newer save makes it useless
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <stop_token>

#include "base/log.h"
#include "loader/loader.h"
#include "loop/loop.h"
#include "loop/workers.h"

namespace ofn::dev {

// One compilation at a time. Lifetime: the destructor ends the compiler, and waits for its end. Threads: the loop's.
class Compiling {
 public:
  using Done = std::function<void(Compilation made, Duration took)>;

  Compiling(Loop& loop, Log& log) : loop_(loop), log_(log) {}
  Compiling(const Compiling&) = delete;
  Compiling& operator=(const Compiling&) = delete;
  ~Compiling() { cancel(); }

  bool is_running() const { return is_running_; }
  // Cancels the compilation that runs, and begins another. `done` runs on the loop, unless it is canceled.
  void begin(LoadRequest request, std::filesystem::path folder, Done done);
  // Ends the compiler.
  void cancel();

 private:
  Loop& loop_;
  Log& log_;
  std::stop_source stop_;
  std::uint64_t number_ = 0;  // of the last compilation
  bool is_running_ = false;
  Workers thread_{1, std::chrono::seconds(1), "ofn-compile"};
};

}  // namespace ofn::dev
