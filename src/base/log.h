// The port Log: every room writes to it, and does not know where the lines go.
//
//   log.write(Level::kWarning, "output failed", {{"output", name}, {"code", "UNAVAILABLE"}, {"tries", 2}});
#pragma once

#include <array>
#include <initializer_list>
#include <span>
#include <string_view>

#include <ofn/log.h>  // IWYU pragma: export

namespace ofn {

// Returns a value's text: itself, or the number's digits. A number's text lies in `room`, of which a number takes at most 32
// characters. A signal handler may call it.
using LogRoom = std::array<char, 32>;
std::string_view written(const LogValue& value, LogRoom& room) noexcept;

// Threads: any. Writing never blocks: a sink that cannot keep up drops lines and counts them.
// Lifetime: the sink reads the views before write() returns. A field's name is in snake_case.
// A payload (request body, event data, token) is never written.
class Log {
 public:
  virtual ~Log() = default;
  // Returns true if lines of this level are kept. Ask before you make expensive fields.
  virtual bool enabled(Level level) const noexcept = 0;
  virtual void write(Level level, std::string_view message,
                     std::span<const LogField> fields) noexcept = 0;
  void write(Level level, std::string_view message,
             std::initializer_list<LogField> fields = {}) noexcept {
    if (enabled(level)) write(level, message, std::span(fields.begin(), fields.size()));
  }
};

// Drops every line: the default of tests.
class NullLog final : public Log {
 public:
  using Log::write;
  bool enabled(Level) const noexcept override { return false; }
  void write(Level, std::string_view, std::span<const LogField>) noexcept override {}
};

}  // namespace ofn
