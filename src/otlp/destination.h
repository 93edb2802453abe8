// The port Destination: an exporter gives it messages. A collector over gRPC or HTTP implements it, and so does a text.
//
//   destination.deliver(message, deadline, [&](const Answer& answer) {
//     if (answer.verdict == Verdict::kAccepted) say("exported");
//   });
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"

namespace ofn::otlp {

enum class Verdict : std::uint8_t {
  kAccepted,  // all of it, but for Answer::rejected_items
  kRefused,   // for good: the same message would be refused again
  kRetry,     // it may be sent again
};

// The end of one attempt. A value.
struct Answer {
  Verdict verdict = Verdict::kAccepted;
  std::uint64_t rejected_items = 0;  // of an accepted message: the collector could not use these
  // For the log: what the collector said, or what went wrong. At most kMaxAnswerText bytes of UTF-8; never a secret.
  std::string text = {};
  std::optional<Duration> retry_after = {};  // the collector asks for this pause
};
inline constexpr std::size_t kMaxAnswerText = 200;

// Threads: its loop's.
class Destination {
 public:
  virtual ~Destination() = default;

  // Returns how many messages deliver() takes at a time.
  virtual std::size_t concurrency() const = 0;
  // Sends a message once. It stays valid until `done` has run, which happens once, from the loop and never from inside deliver();
  // by the deadline, or a little later.
  virtual void deliver(std::string_view message, Deadline deadline,
                       std::move_only_function<void(const Answer&)> done) = 0;
  // Gives up what is under way: no `done` runs any more. `closed` runs once, from the loop, when the destination may be destroyed;
  // it may also be destroyed when its loop runs no more.
  virtual void close(std::function<void()> closed) = 0;
  // For the log: "http://collector:4318/v1/traces", "standard output".
  virtual std::string_view name() const = 0;
};

}  // namespace ofn::otlp
