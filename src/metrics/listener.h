// The second port of the program, which only answers scrapers.
//
//   Listener listener(loop, loops, collector, log);
//   listener.open({"127.0.0.1", 9464, {}});
#pragma once

#include <chrono>
#include <cstddef>
#include <span>

#include "base/log.h"
#include "loop/loop.h"
#include "metrics/collector.h"
#include "metrics/scrapes.h"
#include "wire/endpoint.h"
#include "wire/http1/http1_session.h"
#include "wire/http_date.h"
#include "wire/limits.h"
#include "wire/memory_account.h"
#include "wire/server.h"

namespace ofn::metrics {

// Speaks HTTP/1.1, with limits and an account of its own: scrapers cannot take memory or connections from the function's clients,
// nor the other way round. It answers as long as the loop runs, also while the program drains.
//
// Lifetime: all arguments outlive it; destroyed when the loop runs no more. Threads: open() before the loop runs, or the loop's.
// Errors: if the port cannot be listened on, the log has one warning, and the listener tries again every kTriesAgain: the process
// that has the port may be the one that this process replaces.
class Listener {
 public:
  static constexpr std::size_t kMostConnections = 16;
  static constexpr std::chrono::seconds kTriesAgain{5};

  // `loop`: the one that serves the port. `loops`: those whose lag is measured.
  Listener(Loop& loop, std::span<Loop* const> loops, const Collector& collector, Log& log);
  Listener(const Listener&) = delete;
  Listener& operator=(const Listener&) = delete;

  // Port 0: the kernel chooses.
  void open(const wire::Endpoint& address);

 private:
  void try_to_listen();

  Loop& loop_;
  Log& log_;
  wire::Limits limits_;
  wire::MemoryAccount memory_;
  wire::HttpDate date_;
  wire::http1::SessionContext context_;
  Scrapes scrapes_;  // its exchanges refer to everything above
  wire::Server server_;
  wire::Endpoint address_;
  bool has_warned_ = false;
  Timer retry_;
};

}  // namespace ofn::metrics
