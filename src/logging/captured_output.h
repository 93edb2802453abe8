// The function's own output as lines of the log: what it writes to standard output and standard error.
//
//   auto captured = CapturedOutput::start(logger);     // from now on descriptors 1 and 2 are pipes
//   (*captured)->stop();                               // everything is in the log
#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <iosfwd>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>

#include "base/error.h"
#include "logging/logger.h"
#include "loop/workers.h"
#include "os/descriptor.h"

namespace ofn {

// Each line becomes a line of level info with "stream" ("stdout" or "stderr"). A line of more than 16 KiB, and a line without an end
// when the program ends, is written in pieces with "partial": true.
//
// Calls: a line that the function writes by std::cout, std::cerr or std::clog has the ids of its call. Nothing says which call
// writes to a descriptor (printf, a library, a child process), so such a line has none.
//
// Lifetime: the log outlives it. After stop() the descriptors are those from before; a child of the function that still writes
// to a pipe gets SIGPIPE. The streams of other threads may still use this object then: whoever cannot exclude that does not
// destroy it.
// Threads: start() and stop(): the main one, while no other changes the descriptors. One thread reads the pipes.
// Errors: start() fails if there are no descriptors or no thread. Cost: a system call of the reader for some lines.
class CapturedOutput {
 public:
  static Result<std::unique_ptr<CapturedOutput>> start(Log& log);
  CapturedOutput(const CapturedOutput&) = delete;
  CapturedOutput& operator=(const CapturedOutput&) = delete;
  ~CapturedOutput();

  // Puts the descriptors back, and waits at most a second until all that was written is in the log.
  void stop();

  // Asks the reader to write everything, also what has no end of line. A signal handler may call both functions.
  void hurry() const;
  // Returns true until it has done so since the last hurry().
  bool is_behind() const;

 private:
  class Stream;
  struct Pipe {
    std::string_view name;
    int fd = -1;              // the descriptor that it replaces
    os::Descriptor before{};  // a copy of what the descriptor was
    os::Descriptor end{};     // the end to read
    std::string line{};       // received, without its end yet; the reader's
  };

  explicit CapturedOutput(Log& log);
  Result<void> replace(Pipe& pipe) const;
  void put_back();
  void read_until_stopped();
  bool read_some(Pipe& pipe);
  void write_lines(Pipe& pipe);
  void write_rest();

  Log& log_;
  std::array<Pipe, 2> pipes_;
  os::Descriptor wake_;
  std::array<std::unique_ptr<Stream>, 3> streams_;  // in place of those of std::cout, cerr and clog
  mutable std::atomic<unsigned> asked_ = 0;         // hurries
  std::atomic<unsigned> done_ = 0;
  std::atomic<bool> is_stopping_ = false;
  std::mutex mutex_;
  std::condition_variable changed_;
  bool has_ended_ = false;
  Workers thread_{1, std::chrono::seconds(10), "ofn-output"};  // ends before what its task uses
};

}  // namespace ofn
