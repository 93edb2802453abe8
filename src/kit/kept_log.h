// A log that keeps its lines, for a test to look at: those of the framework, and the author's own.
//
//   KeptLog log;
//   log.write(Level::kWarning, "output failed", {{"output", "archive"}});
//   say(log.lines().front());          // warning: output failed output=archive
#pragma once

#include <atomic>
#include <cstddef>
#include <mutex>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <ofn/log.h>

#include "base/log.h"

namespace ofn::kit {

// Threads: any. Cost: the lines stay until the log ends.
class KeptLog final : public Log {
 public:
  using Log::write;
  bool enabled(Level level) const noexcept override { return level >= Level::kInfo; }
  void write(Level level, std::string_view message,
             std::span<const LogField> fields) noexcept override;
  std::size_t size() const;
  // Returns the lines from this one on.
  std::vector<std::string> lines(std::size_t from = 0) const;

 private:
  mutable std::mutex mutex_;
  std::vector<std::string> lines_;
};

}  // namespace ofn::kit
