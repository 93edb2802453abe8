// A log whose lines become events, for the parts of the supervisor that log.
//
//   ToldLog log(loop, listener);
//   compile(request, folder, log);                  // what it logs reaches the terminal
#pragma once

#include <atomic>
#include <span>
#include <string_view>

#include "base/log.h"
#include "dev/event.h"
#include "loop/loop.h"

namespace ofn::dev {

// Lifetime: `loop` and `listener` outlive it. Threads: any; the listener hears of a line on the loop.
class ToldLog final : public Log {
 public:
  ToldLog(Loop& loop, Listener& listener) : loop_(loop), listener_(listener) {}

  using Log::write;
  bool enabled(Level level) const noexcept override { return level >= least_; }
  void write(Level level, std::string_view message,
             std::span<const LogField> fields) noexcept override;
  // Tells less serious lines, too.
  void tell_from(Level least) { least_ = least; }

 private:
  Loop& loop_;
  Listener& listener_;
  std::atomic<Level> least_ = Level::kWarning;
};

}  // namespace ofn::dev
