// What a signal handler, an exit handler and a forked child know: the kernel and the C library give them no pointer of ours, so
// it is the process's. The one place of this room with variables that change.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <sys/types.h>

#include "os/calls_in_flight.h"
#include "os/fixed_line.h"
#include "os/watched_process.h"

namespace ofn::os {

struct Report;

struct ProcessState {
  // Set by WatchedProcess, before other threads run; what ends with it (the log, the calls) is null again then.
  std::atomic<const WatchedProcess::Options*> options = nullptr;
  LineFormat format = LineFormat::kJson;
  std::atomic<pid_t> process = 0;  // that is watched: a child by vfork shares this memory
  std::atomic<const char*> loading = nullptr;  // the file whose static initializers run
  std::atomic<const char*> serving = nullptr;  // the functions' names
  std::atomic<bool> ends = false;              // by the program's own will
  std::atomic<bool> is_forked_child = false;
  std::array<std::atomic<std::uint16_t>, 4> ports{};  // that are listened on; 0: none

  // One crash: of the thread that is the first.
  std::atomic<ThreadId> crashing = 0;
  std::atomic<Report*> report = nullptr;
  int signal = 0;
  std::atomic<bool> terminates = false;
  std::array<char, 512> exception{};  // what ended in std::terminate
  std::array<char, 1024> what{};
  std::array<char, std::size_t{24} * 1024> line{};
  std::array<char, std::size_t{16} * 1024> scratch{};
};

extern constinit ProcessState process_state;

}  // namespace ofn::os
