// Another program, run as a child of this process. No shell is involved.
//
//   auto server = os::Process::start({.arguments = {"/proc/self/exe", "--listen-fd", "3"},
//                                     .descriptors = {{.fd = listening, .as = 3}}});
//   server->signal(SIGTERM);
//   const os::Ended ended = server->wait();
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <sys/types.h>
#include <vector>

#include "base/clock.h"
#include "base/error.h"
#include "os/descriptor.h"

namespace ofn::os {

// A descriptor of this process that the program gets, and its number there.
struct Handed {
  int fd;
  int as;
};

struct Command {
  std::vector<std::string> arguments;  // [0]: the program; without '/' it is searched in PATH
  bool in_background = false;          // runs with the lowest priority (nice 19)
  // The program gets these descriptors and no others. If they name no standard input, it is empty; if they name no standard
  // output or error, the program has this process's.
  std::vector<Handed> descriptors = {};
  // The folder in which the program starts; empty: this process's.
  std::string folder = {};
  // Changes to this process's environment: "NAME=value" sets a variable, and "NAME" removes it.
  std::vector<std::string> variables = {};
  // The time between SIGTERM and SIGKILL if the Process or this process ends before the program.
  std::chrono::milliseconds ends_within{200};
};

struct Ended {
  int exit_code = 0;  // after a signal: 128 + its number, as shells count
  Duration cpu{};     // user and system time of the program and its children
};

// A program that runs, in a process group of its own.
//
// A small process, the leader of the group, stands between this process and the program. If this process dies, even by SIGKILL,
// the leader ends the whole group: the kernel would tell only the program, and not the program's children.
//
// Lifetime: the destructor sends the group SIGTERM, kills it after Command::ends_within, and waits for its end.
// Threads: one at a time. If the thread that started the program ends, the program goes on.
class Process {
 public:
  // Errors: kNotFound (no such program), kInternal (the program cannot be run, or a descriptor is not open), kResourceExhausted
  // (the system grants no pipe or process). Cost: a fork of this process.
  static Result<Process> start(const Command& command);
  Process(Process&& other) noexcept;
  Process& operator=(Process&&) = delete;
  ~Process();

  // Returns the process id of the program itself. After its end the id may be another program's.
  pid_t id() const { return program_; }
  // Becomes readable when the program has ended. -1 if the kernel has no such descriptor (pidfd_open(2), Linux 5.3).
  int ended_fd() const { return ended_.get(); }
  // Sends a signal to the program and its children. Does nothing after wait() or poll() has
  // returned the end.
  void signal(int number) const;
  // Returns the end if the program has ended, else nullopt. Do not call it again after it has
  // returned the end.
  std::optional<Ended> poll();
  // Waits for the end. Call it at most once.
  Ended wait();

 private:
  Process(pid_t leader, pid_t program, std::chrono::milliseconds ends_within);
  std::optional<Ended> reap(int options);

  pid_t leader_;  // -1 after the end
  pid_t program_;
  Descriptor ended_;
  std::chrono::milliseconds ends_within_;
};

}  // namespace ofn::os
