// A Log that keeps its lines.
//
//   testing::RecordingLog log;
//   EXPECT_THAT(log.text(), HasSubstr("warning: output failed output=archive"));
#pragma once

#include <mutex>
#include <span>
#include <string>
#include <string_view>

#include "base/log.h"

namespace ofn::testing {

// Threads: any.
class RecordingLog final : public Log {
 public:
  using Log::write;
  bool enabled(Level) const noexcept override { return true; }
  void write(Level level, std::string_view message,
             std::span<const LogField> fields) noexcept override {
    const std::lock_guard lock(mutex_);
    static constexpr std::string_view kNames[] = {"debug", "info", "warning", "error"};
    text_ += kNames[static_cast<int>(level)];
    text_ += ": ";
    text_ += message;
    for (const auto& [name, value] : fields) {
      text_ += ' ';
      text_ += name;
      text_ += '=';
      LogRoom room;
      text_ += written(value, room);
    }
    text_ += '\n';
  }
  // One line each: "level: message name=value name=value".
  std::string text() const {
    const std::lock_guard lock(mutex_);
    return text_;
  }

 private:
  mutable std::mutex mutex_;
  std::string text_;
};

}  // namespace ofn::testing
