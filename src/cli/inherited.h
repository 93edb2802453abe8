// Takes a listening socket, ways to notify of readiness, and a supervisor's control channel from the process that started this one.
//
//   auto inherited = take_inherited(settings, env);
//   if (!inherited) { for (const auto& problem : inherited.error()) complain(problem); return kExitUsage; }
#pragma once

#include <expected>
#include <optional>
#include <string>
#include <vector>

#include "cli/supervised.h"
#include "context/environment.h"
#include "context/settings.h"
#include "os/ready_notice.h"
#include "wire/listening_socket.h"

namespace ofn::cli {

struct Inherited {
  std::optional<wire::ListeningSocket> socket;
  os::ReadyNotice notice;
  std::optional<Supervised> supervised;
};

// Takes --listen-fd or the socket of a systemd unit (LISTEN_FDS), --ready-fd, NOTIFY_SOCKET and the supervisor's variable.
// Programs that this process starts get neither the descriptors nor the variables. Errors: each
// descriptor that is not valid, with the flag or variable that names it.
// Spec: sd_listen_fds(3), sd_notify(3).
std::expected<Inherited, std::vector<std::string>> take_inherited(const Settings& settings,
                                                                  const Environment& env);

// Handles LISTEN_PID if the program continues in a child of the process that systemd started
// (cli/init.h): LISTEN_PID then names the child.
class ListenPid {
 public:
  ListenPid();  // before the fork
  void moved_to_child() const;

 private:
  bool is_ours_;
};

}  // namespace ofn::cli
