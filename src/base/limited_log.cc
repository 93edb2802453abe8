#include "base/limited_log.h"

#include <utility>

namespace ofn {

void LimitedLog::write(Level level, std::string_view message,
                       std::span<const LogField> fields) noexcept {
  if (!log_.enabled(level)) return;
  try {
    std::string_view function;
    for (const LogField& field : fields)
      if (field.name == "function") function = field.value.text();
    std::string name(message);
    name.append(1, '\0').append(function);
    bool tells = false;
    {
      const std::scoped_lock lock(mutex_);
      if (kinds_.size() >= kKinds && !kinds_.contains(name)) name.clear();
      Kind& kind = kinds_[name];
      const SteadyTime now = clock_.now();
      if (now >= kind.ends) {
        tell(kind);
        kind = {.level = level,
                .message = std::string(message),
                .function = std::string(function),
                .ends = now + kWindow};
      }
      if (kind.written < kLines) {
        ++kind.written;
        return log_.write(level, message, fields);
      }
      tells = kind.held_back++ == 0;
    }
    if (tells && on_held_back_) on_held_back_();
  } catch (...) {  // NOLINT(bugprone-empty-catch): out of memory; logging must not fail a request
  }
}

void LimitedLog::tell() noexcept {
  const std::scoped_lock lock(mutex_);
  for (auto& [name, kind] : kinds_) tell(kind);
}

void LimitedLog::tell(Kind& kind) {
  const std::uint64_t count = std::exchange(kind.held_back, 0);
  if (count == 0) return;
  const std::string text = std::to_string(count) + " more like this";
  log_.write(kind.level, text, {{"like", kind.message}, {"function", kind.function}});
}

}  // namespace ofn
