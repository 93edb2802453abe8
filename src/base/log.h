// The port Log: every room writes to it, and does not know where the lines go.
//
//   log.write(Level::kWarning, "output failed", {{"output", name}, {"code", "UNAVAILABLE"}});
#pragma once

#include <initializer_list>
#include <span>
#include <string>
#include <string_view>

namespace ofn {

enum class Level { kDebug, kInfo, kWarning, kError };

struct LogField {
  std::string_view name;   // snake_case
  std::string_view value;  // any bytes; the sink escapes them
};

// Threads: any. Writing never blocks: a sink that cannot keep up drops lines and counts them.
// Lifetime: the sink reads the views before write() returns.
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
