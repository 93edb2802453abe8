// The program's log: one line for each event, on stderr.
//
//   Logger log({.format = LogFormat::kJson}, Level::kInfo, STDERR_FILENO);
//   log.write(Level::kWarning, "output failed", {{"output", name}});
//   log.set_least(Level::kDebug);
//
// base/log_line.h has the formats.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "base/log.h"
#include "base/log_line.h"

namespace ofn {

// Writing never blocks. Lines go through a bounded queue to one thread, which writes several at a
// time. When the queue is full, the oldest line is dropped and counted. The last line of the log
// states how many lines were dropped.
//
// Lifetime: the destructor writes the queued lines. If the reader takes none for a second, the rest
// is lost.
// Threads: any.
// Errors: none. Lines are lost if the descriptor has no reader, or if there is no memory for them.
// Cost: less than a microsecond for a line, and some more if the thread that writes is idle and must be woken.
class Logger final : public Log {
 public:
  // The caller keeps `fd` open, and closes it.
  Logger(const LogShape& shape, Level least, int fd);
  Logger(const Logger&) = delete;
  Logger& operator=(const Logger&) = delete;
  ~Logger() override;

  using Log::write;
  bool enabled(Level level) const noexcept override {
    return level >= least_.load(std::memory_order_relaxed);
  }
  void write(Level level, std::string_view message,
             std::span<const LogField> fields) noexcept override;
  // The same with fields whose names an author has chosen, behind the others. After finish() it writes at once.
  void write(Level level, std::string_view message, std::span<const LogField> fields,
             std::span<const LogField> authors_fields) noexcept;

  // The same without the queue and its thread, which a forked child does not have. May block.
  void write_at_once(Level level, std::string_view message, std::span<const LogField> fields,
                     std::span<const LogField> authors_fields) const;

  // The least serious level that is kept.
  Level least() const noexcept { return least_; }
  void set_least(Level least) noexcept { least_ = least; }
  const LogShape& shape() const noexcept { return shape_; }
  // Returns true if lines are queued that are not yet written. A signal handler may call it.
  bool is_behind() const noexcept;
  // Returns the number of lines that were dropped because the queue was full.
  std::uint64_t dropped() const noexcept;
  // Writes the queued lines, as the destructor does, and takes no more lines. For a process that
  // ends while other threads run.
  void finish() noexcept;

 private:
  class Writer;
  std::string line_of(Level level, std::string_view message, std::span<const LogField> fields,
                      std::span<const LogField> authors_fields) const;

  const int fd_;
  LogShape shape_;
  std::atomic<Level> least_;
  std::unique_ptr<Writer> writer_;
  std::atomic<bool> has_ended_ = false;
};

// Returns the text of one line, without its line feed. Public for tests.
std::string format_log_line(const LogShape& shape, std::int64_t unix_micros, Level level,
                            std::string_view message, std::span<const LogField> fields,
                            std::span<const LogField> authors_fields = {});

}  // namespace ofn
