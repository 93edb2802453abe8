// Everything that speaks HTTP on one port: HTTP/1.1, HTTP/2 by prior knowledge and by Upgrade, told apart by what the
// peer sends first.
#pragma once

#include <memory>

#include "base/log.h"
#include "wire/exchange.h"
#include "wire/http1/http1_session.h"
#include "wire/http2/block_pool.h"
#include "wire/http_date.h"
#include "wire/limits.h"
#include "wire/memory_account.h"
#include "wire/refusal.h"
#include "wire/session.h"

namespace ofn::wire {

// What the HTTP sessions of one loop share. Lifetime: outlives them; what it is made of outlives it.
// Threads: the loop's.
class HttpSessions {
 public:
  HttpSessions(Handler& handler, const Limits& limits, Log& log, MemoryAccount* account = nullptr,
               RefusalObserver observer = {});

  // The first session of an accepted connection.
  std::unique_ptr<Session> make();

 private:
  Handler& handler_;
  const Limits& limits_;
  HttpDate date_;
  http2::BlockPool blocks_;
  http1::SessionContext http1_;
};

}  // namespace ofn::wire
