#include "metrics/listener.h"

#include <array>
#include <memory>
#include <span>
#include <string>

namespace ofn::metrics {

namespace {

constexpr std::size_t kKib = 1024;

// A scraper sends a short head and no body.
constexpr wire::Limits kLimits = {.head_bytes = 8 * kKib,
                                  .head_fields = 64,
                                  .target_bytes = 8 * kKib,
                                  .body_bytes = 1 * kKib,
                                  .trailer_bytes = 1 * kKib};
// For heads, and for answers that scrapers have not read yet.
constexpr std::size_t kMemory = 16 * kKib * kKib;

}  // namespace

Listener::Listener(Loop& loop, std::span<Loop* const> loops, const Collector& collector, Log& log)
    : loop_(loop),
      log_(log),
      limits_(kLimits),
      memory_(kMemory),
      context_{.handler = scrapes_,
               .limits = limits_,
               .date = date_,
               .upgrade = {},
               .refused = {},
               .account = &memory_},
      scrapes_(loop, loops, collector),
      server_(
          std::array<Loop*, 1>{&loop},
          [this](Loop&) { return wire::http1::make_session(context_); }, limits_, log,
          kMostConnections, &memory_),
      retry_(loop, [this] { try_to_listen(); }) {}

void Listener::open(const wire::Endpoint& address) {
  address_ = address;
  try_to_listen();
}

void Listener::try_to_listen() {
  if (const auto bound = server_.listen(address_)) {
    log_.write(Level::kInfo, "metrics are served",
               {{"url", "http://" + bound->text() + std::string(kMetricsPath)}});
    return;
  } else if (!has_warned_) {
    has_warned_ = true;
    log_.write(Level::kWarning, "no metrics yet: the port cannot be listened on; it is tried again",
               {{"address", address_.text()}, {"error", bound.error().text()}});
  }
  retry_.arm(loop_.clock().now() + kTriesAgain);
}

}  // namespace ofn::metrics
