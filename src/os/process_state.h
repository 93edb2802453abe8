// The state that a signal handler, an exit handler and a forked child need. The kernel and the C library pass them no pointer of
// ours, so the state is global. No other global variable of this room changes.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <sys/types.h>

#include "os/calls_in_flight.h"
#include "os/fixed_line.h"
#include "os/symbols.h"
#include "os/watched_process.h"

namespace ofn::os {

struct Report;

struct ProcessState {
  // WatchedProcess sets these before other threads run. Its destructor sets the pointers to null again, because the log and the
  // calls end with it.
  std::atomic<const WatchedProcess::Options*> options = nullptr;
  LogShape shape{};
  std::atomic<bool> author_reads = false;  // Reader::kAuthor
  std::atomic<std::int64_t> started = 0;   // microseconds of Unix time
  std::array<char, 4096> folder{};         // the working directory at the start; empty: unknown
  std::atomic<pid_t> process = 0;  // the watched process: a child by vfork() shares this memory
  std::atomic<const char*> loading = nullptr;  // the file whose static initializers run
  std::atomic<const char*> serving = nullptr;  // the functions' names
  std::atomic<bool> ends = false;              // the program itself ends the process
  std::atomic<bool> is_forked_child = false;
  std::array<std::atomic<std::uint16_t>, 4> ports{};  // the listening ports; 0: none
  std::array<char, 108> unix_path{};                  // as in sockaddr_un, set before its size
  std::atomic<std::size_t> unix_path_size = 0;        // 0: no Unix socket is served

  // The report of the first thread that crashes.
  std::atomic<ThreadId> crashing = 0;
  std::atomic<Report*> report = nullptr;
  int signal = 0;
  std::atomic<bool> terminates = false;
  std::array<char, 512> exception{};  // the type of the exception that led to std::terminate()
  std::array<char, 1024> what{};
  Frames thrown{};  // where that exception was thrown; empty: unknown
  std::atomic<const char*> why_aborted = nullptr;  // if the program itself knows the reason
  std::array<char, std::size_t{24} * 1024> line{};
  std::array<char, std::size_t{16} * 1024> scratch{};
};

extern constinit ProcessState process_state;

}  // namespace ofn::os
