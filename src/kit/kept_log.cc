#include "kit/kept_log.h"

#include <algorithm>
#include <iterator>
#include <utility>

namespace ofn::kit {

namespace {

constexpr std::string_view kWords[] = {"debug", "info", "warning", "error"};

// A test reads what its function says, and not the ids that differ from call to call.
bool is_of_every_line(std::string_view name) {
  return name == "request_id" || name == "execution_id" || name == "trace_id" || name == "span_id";
}

}  // namespace

void KeptLog::write(Level level, std::string_view message,
                    std::span<const LogField> fields) noexcept {
  if (!enabled(level)) return;
  try {
    std::string line(kWords[static_cast<std::size_t>(level)]);
    line.append(": ").append(message);
    for (const auto& [name, value] : fields) {
      if (is_of_every_line(name)) continue;
      LogRoom room;
      line.append(" ").append(name).append("=").append(written(value, room));
    }
    const std::lock_guard lock(mutex_);
    lines_.push_back(std::move(line));
  } catch (...) {  // NOLINT(bugprone-empty-catch): out of memory; logging must not fail a call
  }
}

std::size_t KeptLog::size() const {
  const std::lock_guard lock(mutex_);
  return lines_.size();
}

std::vector<std::string> KeptLog::lines(std::size_t from) const {
  const std::lock_guard lock(mutex_);
  return {lines_.begin() + static_cast<std::ptrdiff_t>(std::min(from, lines_.size())),
          lines_.end()};
}

}  // namespace ofn::kit
