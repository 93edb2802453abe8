#include "dev/told_log.h"

#include <new>
#include <string>
#include <utility>

namespace ofn::dev {

void ToldLog::write(Level level, std::string_view message,
                    std::span<const LogField> fields) noexcept {
  if (!enabled(level)) return;
  try {
    std::string text(message);
    for (const LogField& field : fields) {
      // A text of several lines, such as a compiler's, stands alone.
      LogRoom room;
      const std::string_view value = written(field.value, room);
      const bool is_long = value.find('\n') != std::string_view::npos;
      text.append(is_long ? "\n" : " · ");
      if (!is_long) text.append(field.name).append(" ");
      text.append(value);
    }
    const auto weight = level >= Level::kError     ? Told::Weight::kError
                        : level == Level::kWarning ? Told::Weight::kWarning
                                                   : Told::Weight::kInfo;
    loop_.post(
        [this, told = Told{.weight = weight, .text = std::move(text)}] { listener_.on(told); });
  } catch (const std::bad_alloc&) {
    return;  // the line is lost, as in every log
  }
}

}  // namespace ofn::dev
