// A log for what callers can cause as often as they like: of one kind it writes so many lines in a while, and then says how many
// more there were.
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

// A kind is a message and, where there is one, its field "function". Beyond kKinds of them all others are one kind.
// Threads: any. Cost: a lock for each line; for who logs nothing, nothing.
class LimitedLog final : public Log {
 public:
  static constexpr std::size_t kLines = 20;  // of one kind within kWindow
  static constexpr Duration kWindow = std::chrono::seconds(10);
  static constexpr std::size_t kKinds = 64;

  // Both outlive it. `on_held_back` is told when the first line of a window is held back: tell() is due at its end.
  LimitedLog(Log& log, const Clock& clock, std::function<void()> on_held_back = {})
      : log_(log), clock_(clock), on_held_back_(std::move(on_held_back)) {}
  LimitedLog(const LimitedLog&) = delete;
  LimitedLog& operator=(const LimitedLog&) = delete;

  using Log::write;
  bool enabled(Level level) const noexcept override { return log_.enabled(level); }
  void write(Level level, std::string_view message,
             std::span<const LogField> fields) noexcept override;
  // A line for each kind of which lines were held back: "12 more like this" with the kind's message.
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
