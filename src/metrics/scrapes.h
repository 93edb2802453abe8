// Answers scrapers: GET /metrics, in the format that they accept.
//
//   Scrapes scrapes(loop, loops, collector);
//   scrapes.handle(std::move(exchange));
#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <list>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "loop/loop.h"
#include "loop/workers.h"
#include "metrics/accept.h"
#include "metrics/collector.h"
#include "wire/exchange.h"

namespace ofn::metrics {

inline constexpr std::string_view kMetricsPath = "/metrics";

// A scrape first posts a task to each loop and waits until the tasks have run, for kLongestWait at most: so it knows how long a
// task waits. Then a thread of its own reads the counters and writes the text, because that may take milliseconds.
//
// Answers: 404 for another path, 405 for another method than GET and HEAD, 503 if kMostAtOnce scrapes are under way: on the
// function's own port every client may ask.
// Lifetime: all arguments outlive it; destroyed when its loop runs no more. Threads: those of `home`, on which the exchanges live.
class Scrapes final : public wire::Handler {
 public:
  static constexpr std::size_t kMostAtOnce = 16;
  // A loop that has not run the task by then is shown with this lag.
  static constexpr std::chrono::milliseconds kLongestWait{20};

  Scrapes(Loop& home, std::span<Loop* const> loops, const Collector& collector);
  ~Scrapes() override;

  void handle(wire::ExchangePtr exchange) override;
  // Returns true if the request is for this handler.
  static bool wants(const wire::Message& message);

 private:
  struct Scrape;
  struct Lags;

  void measure(const std::shared_ptr<Lags>& lags, std::uint64_t number);
  void measured(std::uint64_t number);
  std::string written(Format format, const Lags& lags) const;
  void answer(std::uint64_t number, std::string body);
  Scrape* find(std::uint64_t number);

  Loop& home_;
  const std::vector<Loop*> loops_;
  const Collector& collector_;
  std::uint64_t last_ = 0;
  std::list<Scrape> under_way_;
  Workers writer_{1, std::chrono::seconds(10), "ofn-metrics"};
};

}  // namespace ofn::metrics
