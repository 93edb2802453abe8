// What the host lends to a program, and the variable by which the program finds it. <ofn/log.h>, <ofn/span.h> and <ofn/json.h> use it; authors
// include those headers.
#pragma once

#include <atomic>
#include <cstdint>

namespace ofn {

enum class Level : int;

namespace abi {

struct LogLine;
struct SpanHost;   // <ofn/span.h>
struct JsonTable;  // <ofn/abi.h>

// The host's log. Threads: any.
struct LogHost {
  const std::atomic<Level>* least = nullptr;  // the least serious level that is kept; may change
  void (*write)(void* host, const LogLine& line) noexcept = nullptr;
  void* host = nullptr;
};

// Lifetime: the process's, because threads and static objects of a program may outlive the server.
struct Host {
  std::uint32_t size = sizeof(Host);
  LogHost log{};
  const SpanHost* spans = nullptr;
  const JsonTable* json = nullptr;
};

// Null until the host has loaded the program.
using HostSlot = std::atomic<const Host*>;

}  // namespace abi

namespace internal {

// Visible, so that the libraries of a program share the program's.
__attribute__((visibility("default"))) inline constinit abi::HostSlot host_slot{nullptr};

}  // namespace internal
}  // namespace ofn
