// The variable by which a program finds the host's log. <ofn/log.h> uses it; authors include that header.
#pragma once

#include <atomic>

namespace ofn::abi {

struct LogHost;

// Null until the host has loaded the program.
using LogSlot = std::atomic<const LogHost*>;

}  // namespace ofn::abi

namespace ofn::internal {

// Visible, so that the libraries of a program share the program's.
__attribute__((visibility("default"))) inline constinit abi::LogSlot log_slot{nullptr};

}  // namespace ofn::internal
