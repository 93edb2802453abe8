// The program's log: one line for each event, on stderr.
//
//   production  {"time":"2026-11-22T15:38:00.123456Z","level":"warning",
//                "message":"output failed","output":"archive"}             (in one line)
//   debug       15:38:00.123 warning output failed output=archive
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "base/log.h"

namespace ofn {

enum class LogStyle {
  kJson,      // production: one JSON object a line, for machines
  kReadable,  // debug: for people
};

// Writing never blocks. Lines go through a bounded queue to one thread, which writes several at a
// time. When the queue is full, the oldest line is dropped and counted. The last line of the log
// states how many lines were dropped.
//
// Lifetime: the destructor writes the queued lines. If the reader takes none for a second, the rest
// is lost.
// Threads: any.
// Errors: none. Lines are lost if the descriptor has no reader, or if there is no memory for them.
class Logger final : public Log {
 public:
  // The caller keeps `fd` open, and closes it.
  Logger(LogStyle style, Level least, int fd);
  Logger(const Logger&) = delete;
  Logger& operator=(const Logger&) = delete;
  ~Logger() override;

  using Log::write;
  bool enabled(Level level) const noexcept override { return level >= least_; }
  void write(Level level, std::string_view message,
             std::span<const LogField> fields) noexcept override;
  // Returns true if lines are queued that are not yet written. A signal handler may call it.
  bool is_behind() const noexcept;
  // Returns the number of lines that were dropped so far.
  std::uint64_t dropped() const noexcept;
  // Writes the queued lines, as the destructor does, and takes no more lines. For a process that
  // ends while other threads run.
  void finish() noexcept;

 private:
  class Writer;
  std::string line_of(Level level, std::string_view message,
                      std::span<const LogField> fields) const;

  LogStyle style_;
  Level least_;
  std::unique_ptr<Writer> writer_;
};

// Returns the text of one line, without its line feed. Public for tests.
std::string format_log_line(LogStyle style, std::int64_t unix_micros, Level level,
                            std::string_view message, std::span<const LogField> fields);

}  // namespace ofn
