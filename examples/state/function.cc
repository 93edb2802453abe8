// Counts the visits of each name in a state store. Concurrent calls lose no visit: a new count is
// saved only if the stored count has not changed since it was read (its etag says so); otherwise
// the function reads and counts again.
#include <ofn/function.h>

ofn::Out visit(ofn::Context& context, ofn::Bytes name) {
  while (!context.stop_token().stop_requested()) {
    const auto seen = context.get_state("visits", std::string(name));
    if (!seen) return ofn::Out::error(seen.failure().message, 503);
    const bool is_new = seen.value().etag.empty();
    const int count = is_new ? 1 : std::stoi(seen.value().data) + 1;
    const auto saved = context.save_state(
        "visits", {.key = std::string(name),
                   .value = std::to_string(count),
                   .etag = is_new ? std::nullopt : std::optional(seen.value().etag),
                   .concurrency = ofn::Concurrency::kFirstWrite});
    if (saved) return ofn::Out::success(std::to_string(count) + "\n");
    if (saved.failure().code != ofn::Code::kAborted) {
      return ofn::Out::error(saved.failure().message, 503);
    }
  }
  return ofn::Out::error("stopped before the visit was counted", 503);
}
