// The program's log: one line an event, on stderr.
//
//   production  {"time":"2026-11-22T15:38:00.123456Z","level":"warning",
//                "message":"output failed","output":"archive"}             (in one line)
//   debug       15:38:00.123 warning output failed output=archive
#pragma once

#include <cstdint>
#include <memory>

#include "base/log.h"

namespace ofn {

enum class LogStyle {
  kJson,      // production: one JSON object a line, for machines
  kReadable,  // debug: for people
};

// Threads: any. Writing never blocks: lines go through a bounded queue to one writer thread; when
//   it is full the oldest line is dropped and counted, and the count is written as a line of its own
//   at the end.
// Lifetime: the destructor writes what is queued; where nobody takes it for a second, the rest is lost.
class Logger final : public Log {
 public:
  // `fd` is written to, and not owned.
  Logger(LogStyle style, Level least, int fd);
  Logger(const Logger&) = delete;
  Logger& operator=(const Logger&) = delete;
  ~Logger() override;

  using Log::write;
  bool enabled(Level level) const noexcept override { return level >= least_; }
  void write(Level level, std::string_view message,
             std::span<const LogField> fields) noexcept override;
  // Has it lines that are not yet written? May be called in a signal handler; where lines were dropped it says yes.
  bool is_behind() const noexcept;
  // Writes what is queued, as the destructor, and nothing any more. For a process that ends while other threads still run.
  void finish() noexcept;

 private:
  struct Sink;
  LogStyle style_;
  Level least_;
  std::unique_ptr<Sink> sink_;
};

// The text of one line, without its end. Separate for its tests.
std::string format_log_line(LogStyle style, std::int64_t unix_micros, Level level,
                            std::string_view message, std::span<const LogField> fields);

}  // namespace ofn
