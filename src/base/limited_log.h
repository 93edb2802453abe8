// A log for events that clients can cause as often as they like. It writes a limited number of
// lines of each kind in a time window, and later says how many more lines there were.
//
//   LimitedLog log(all, clock);
//   log.write(Level::kWarning, "event refused", {{"request_id", id}, {"function", name}, {"reason", why}});
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "base/clock.h"
#include "base/log.h"

namespace ofn {

// Two lines are of the same kind if they have the same message and the same field "function". After kKinds kinds, all further
// kinds count as one. Threads: any. Cost: a lock and a few small strings for each line; nothing for a level that is off.
class LimitedLog final : public Log {
 public:
  static constexpr std::size_t kLines = 20;  // of one kind within kWindow
  static constexpr Duration kWindow = std::chrono::seconds(10);
  static constexpr std::size_t kKinds = 64;

  // `log` and `clock` outlive this object. It calls `on_held_back` when it holds back the first line of a window: the owner
  // should then call tell() at the end of the window.
  LimitedLog(Log& log, const Clock& clock, std::function<void()> on_held_back = {})
      : log_(log), clock_(clock), on_held_back_(std::move(on_held_back)) {}
  LimitedLog(const LimitedLog&) = delete;
  LimitedLog& operator=(const LimitedLog&) = delete;

  using Log::write;
  bool enabled(Level level) const noexcept override { return log_.enabled(level); }
  void write(Level level, std::string_view message,
             std::span<const LogField> fields) noexcept override;
  // Writes a line for each kind with lines held back: "12 more like this" with the kind's message.
  void tell() noexcept;

 private:
  struct Kind {
    Level level{};
    std::string message;
    std::string function;
    SteadyTime ends = SteadyTime::min();
    std::size_t written = 0;
    std::uint64_t held_back = 0;
  };
  void tell(Kind& kind);

  Log& log_;
  const Clock& clock_;
  std::function<void()> on_held_back_;
  std::mutex mutex_;
  std::map<std::string, Kind, std::less<>> kinds_;
};

}  // namespace ofn
