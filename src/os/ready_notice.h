// Tells the process that started this one when the program is ready, and when it begins to stop.
//
//   auto notice = os::ReadyNotice::to({.fd = 4, .socket = "/run/systemd/notify"});
//   if (auto told = notice->ready(); !told) say(told.error().text());
#pragma once

#include <optional>
#include <string>

#include "base/error.h"
#include "os/descriptor.h"

namespace ofn::os {

// Uses the descriptor, the socket, both or neither.
// Spec: the descriptor gets one line feed and is closed, as s6 and other supervisors want (s6, notifywhenup). The socket gets
// READY=1 and STOPPING=1 (sd_notify(3), systemd).
// Lifetime: it owns the descriptor. Threads: one at a time.
class ReadyNotice {
 public:
  struct Options {
    std::optional<int> fd;
    std::string
        socket;  // NOTIFY_SOCKET: a path, or an abstract name that begins with '@'; empty: none
  };

  // Programs that this process starts do not inherit the descriptor.
  // Errors: kInvalidArgument: the descriptor is a standard stream, is not open, or cannot be written to.
  static Result<ReadyNotice> to(Options options);

  // Call it once, when requests are served.
  // Errors: kUnavailable: a receiver has gone, or does not read. The other receiver still gets its
  // message.
  Result<void> ready();
  // Call it once, when the program begins to stop. Only the socket's receiver gets a message.
  Result<void> stopping();

 private:
  ReadyNotice(Descriptor fd, std::string socket) : fd_(std::move(fd)), socket_(std::move(socket)) {}

  Descriptor fd_;
  std::string socket_;
};

}  // namespace ofn::os
