// Sends recorded requests again, to the app's own address.
//
//   Replays replays(loop, std::chrono::seconds(30));
//   auto left_out = replays.send(address, *ring.latest(), [&](Result<Replayed> answered) {
//     if (!answered) say(answered.error().message());
//   });
//   if (!left_out) say(left_out.error().message());      // it cannot be sent
#pragma once

#include <functional>
#include <list>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/error.h"
#include "dev/event.h"
#include "loop/loop.h"
#include "wire/endpoint.h"
#include "wire/limits.h"

namespace ofn::dev {

// A recorded request as it is sent again: without fields that are about a connection (RFC 9110 §7.6.1) or the body's framing,
// `Expect`, and what was redacted.
struct Repeated {
  std::string method{};
  std::string target{};
  std::string authority{};                                    // empty: it had none
  std::vector<std::pair<std::string, std::string>> fields{};  // without Host
  std::string body{};
  bool has_length = false;              // it said how long its body is
  std::vector<std::string> left_out{};  // fields and query parameters that are secrets
};
// Errors: kFailedPrecondition: the call is a delivery, or was not recorded whole.
Result<Repeated> repeated(const CallEnded& call);

struct Replayed {
  int status = 0;
  std::string
      id{};  // the X-Request-Id of the answer, by which the ring finds the call; empty if it has none
};

// The request goes over HTTP/1.1 and a connection of its own, whichever version it came by: with the same method, target, fields and
// body, except fields that are about a connection (RFC 9110 §7.6.1) or the body's framing, `Expect`, and what was redacted.
// Lifetime: the loop has stopped before it is destroyed. Threads: the loop's.
class Replays {
 public:
  using Done = std::move_only_function<void(Result<Replayed>)>;

  // `within`: the time for connecting and for the whole answer.
  Replays(Loop& loop, Duration within);
  Replays(const Replays&) = delete;
  Replays& operator=(const Replays&) = delete;
  ~Replays();

  // Returns the names of the fields and query parameters that are left out because they are secrets. `done` runs once, later. If no build
  // can be served, or one is being made, the supervisor decides what happens: to it, this is a request like others.
  // Errors, after which `done` does not run: kFailedPrecondition: the call is a delivery, or was not recorded whole. Those of `done`:
  // kUnavailable: there was no connection, or it broke off before the answer was whole; kDeadlineExceeded.
  [[nodiscard]] Result<std::vector<std::string>> send(const wire::Endpoint& app,
                                                      const CallEnded& call, Done done);

 private:
  class One;
  using Ones = std::list<std::unique_ptr<One>>;

  Loop& loop_;
  Duration within_;
  wire::Limits limits_;
  Ones under_way_;
};

}  // namespace ofn::dev
