// A worker of the supervisor: a process that serves one build.
//
//   auto worker = Worker::start(loop, {.command = command, .build = 7}, events);
//   (*worker)->release();                           // a newer one serves: let go
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "dev/control_channel.h"
#include "dev/event.h"
#include "dev/messages.h"
#include "loop/debugger_watch.h"
#include "loop/loop.h"
#include "loop/watch.h"
#include "os/descriptor.h"
#include "os/process.h"

namespace ofn::dev {

// A connection on its way from one worker to another.
struct Passing {
  os::Descriptor socket;
  std::string unread;  // received, but not used yet
};

// Lifetime: the destructor ends the process, and waits for its end. Callbacks run between start() and the destructor, never inside a
// call of a member; in `ended` the owner may destroy the worker.
// Threads: the loop's.
class Worker : private Ready {
 public:
  struct Start {
    os::Command command;  // without the channel and the standard error, which the worker adds
    unsigned build = 0;
    bool is_detailed = false;  // the worker logs details
    std::string source{};      // what the developer wrote, for messages
    std::string program{};     // the build's file
  };
  struct Events {
    std::function<void(std::vector<ServedFunction>)> serving;  // once: it serves requests
    std::function<void(CallEnded)> call;
    std::function<void(Passing)> passed;  // a connection that another worker gets
    std::function<void()> left;           // once, after release(): it begins no further request
    std::function<void()> crashing;       // it begins to crash, and ends when it has reported why
    std::function<void(std::string_view)> told;           // words for the developer
    std::function<void(std::string_view)> wrote;          // to its standard error
    std::function<void(DebuggerWatch::Change)> debugger;  // attached to it, or detached
    std::function<void(const os::Ended&)> ended;          // comes last
  };

  // Errors: the process cannot be started.
  static Result<std::unique_ptr<Worker>> start(Loop& loop, Start start, Events events);
  Worker(const Worker&) = delete;
  Worker& operator=(const Worker&) = delete;
  ~Worker() override;

  unsigned build() const { return start_.build; }
  const std::string& program() const { return start_.program; }
  bool is_serving() const { return is_serving_; }
  bool is_released() const { return is_released_; }
  bool has_begun_calls() const { return has_begun_calls_; }
  // What the worker has said of its end, and of other processes that its function has forked.
  const std::vector<Report>& reports() const { return reports_; }
  // Returns what the call is: "GET /price (1f3a)". If it is unknown, only the id.
  std::string name_of_call(const std::string& id) const;

  // Returns true if a debugger is attached to the process, or was until a moment ago; also after the process has ended.
  bool is_debugged() const { return debugger_->are_off(); }

  void release();
  // Returns false if the worker does not take it, because it is about to end.
  bool pass(const Passing& connection) const;
  void signal(int number) const { process_->signal(number); }

 private:
  Worker(Loop& loop, Start start, Events events, ControlChannel channel, os::Descriptor errors);
  void run_ready() override { read_some_messages(); }
  // Reads some of the messages that wait, and the rest in later turns of the loop.
  void read_some_messages();
  // Returns false if there is none at present.
  bool read_message();
  void read_errors();
  void has_ended();

  Loop& loop_;
  Start start_;
  Events events_;
  ControlChannel channel_;
  os::Descriptor errors_;  // what the process writes to its standard error
  std::unique_ptr<os::Process> process_;
  std::unique_ptr<DebuggerWatch> debugger_;
  std::unique_ptr<Watch> channel_watch_;
  std::unique_ptr<Watch> errors_watch_;
  std::unique_ptr<Watch> ended_watch_;
  std::map<std::string, std::string> running_;  // calls, by their ids
  std::vector<Report> reports_;
  bool is_serving_ = false;
  bool is_released_ = false;
  bool has_begun_calls_ = false;
};

}  // namespace ofn::dev
