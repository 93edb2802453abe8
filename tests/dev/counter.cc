// Counts its calls in a state store, and answers with the version of this text.
#include <string>

#include <ofn/function.h>

ofn::Response count(ofn::Context& context, const ofn::Request& request) {
  for (;;) {
    const auto seen = context.get_state("visits", "all");
    if (!seen) return ofn::Response(seen.failure().message).status(503);
    const bool is_new = seen.value().etag.empty();
    const std::string next = std::to_string(is_new ? 1 : std::stoi(seen.value().data) + 1);
    const auto saved = context.save_state(
        "visits", {.key = "all",
                   .value = next,
                   .etag = is_new ? std::nullopt : std::optional(seen.value().etag),
                   .concurrency = ofn::Concurrency::kFirstWrite});
    if (saved)
      return ofn::Response("VERSION " + std::string(request.query("id").value_or("")))
          .header("x-count", next);
    if (saved.failure().code != ofn::Code::kAborted)
      return ofn::Response(saved.failure().message).status(503);
  }
}
