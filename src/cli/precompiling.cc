#include "cli/precompiling.h"

#include <chrono>
#include <cstddef>
#include <string>
#include <utility>

#include "os/memory_limits.h"

namespace ofn::cli {

Precompiling::Precompiling(LoadRequest request, Log& log)
    : thread_(1, std::chrono::seconds(1), "ofn-precompile") {
  constexpr std::size_t kEnough = std::size_t{1} << 30;
  if (os::usable_memory(os::memory_limits(), os::mapped_memory()) < kEnough) return;
  request.stop = stop_.get_token();
  request.in_background = true;
  // If the system grants no thread, the next start is as slow as this one.
  (void)thread_.post([request = std::move(request), &log] {
    const auto made = prepare(request, log);
    if (!made && !request.stop.stop_requested()) {
      log.write(Level::kDebug, "no precompiled header", {{"reason", made.error().message()}});
    } else if (made && made->commands > 0) {
      log.write(Level::kInfo, "precompiled",
                {{"seconds", std::chrono::duration<double>(made->elapsed).count()}});
    }
  });
}

}  // namespace ofn::cli
