// Who holds a TCP port of this machine: for the message that a user needs when a port is in use.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace ofn::wire {

// "nginx (pid 1234)" of a process that listens on `port`; nullopt where it cannot be read (another
// user's process). Reads /proc: Linux only, some milliseconds.
std::optional<std::string> port_owner(std::uint16_t port);

}  // namespace ofn::wire
