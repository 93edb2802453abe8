// Keeps the last lines of the log, so that a developer can look at them again: what workers write to their standard output and error,
// and what the loop says itself.
//
//   LogRing lines(clock);
//   lines.add_text("12:00:01 info charged cents=5\n");          // of a worker; a line may come in pieces
//   for (const LogLine& line : lines.lines()) say(line.text);   // the oldest first
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "dev/event.h"

namespace ofn::dev {

struct LogLine {
  enum class From : std::uint8_t {
    kWorker,  // the function's process: its own lines, and the framework's in it
    kLoop,    // the supervisor
  };
  std::uint64_t number = 0;  // counts from 1
  SystemTime at{};
  From from = From::kWorker;
  std::string text{};  // without its line feed, as it was written: not safe for a terminal
};

// Lifetime: the clock outlives it. Threads: one at a time. Cost: a copy of each line; at most Limits::bytes are kept.
class LogRing final : public Listener {
 public:
  struct Limits {
    std::size_t lines = 5000;
    std::size_t bytes = std::size_t{2} << 20;
    std::size_t line_bytes = std::size_t{8} << 10;  // the rest of a longer line is dropped
  };

  explicit LogRing(const Clock& clock) : LogRing(clock, Limits()) {}
  LogRing(const Clock& clock, const Limits& limits) : clock_(clock), limits_(limits) {}

  // Gets each line when it is whole.
  void on_line(std::function<void(const LogLine&)> on_line) { on_line_ = std::move(on_line); }
  // The stream to which a worker has written a text. The ring puts the pieces of a line together for each stream by itself.
  enum class Stream : std::uint8_t { kErrors, kOutput };
  void add_text(std::string_view text, Stream stream = Stream::kErrors);

  void on(const Started& event) override;
  void on(const BuildStarted& event) override;
  void on(const BuildFailed& event) override;
  void on(const ServingBuild& event) override;
  void on(const WorkerCrashed& event) override;
  void on(const StillRuns& event) override;
  void on(const Told& event) override;

  const std::deque<LogLine>& lines() const { return lines_; }

 private:
  void add(LogLine::From from, std::string_view line);
  void add_lines(std::string_view text);

  const Clock& clock_;
  Limits limits_;
  std::function<void(const LogLine&)> on_line_;
  std::deque<LogLine> lines_;
  std::array<std::string, 2> begun_;  // of each stream, a line of a worker without its end
  std::size_t bytes_ = 0;
  std::uint64_t count_ = 0;
};

}  // namespace ofn::dev
