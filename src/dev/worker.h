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
#include "dev/orders.h"
#include "loop/debugger_watch.h"
#include "loop/loop.h"
#include "loop/watch.h"
#include "os/descriptor.h"
#include "os/process.h"

namespace ofn::dev {

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
    Duration
        drains_within{};  // how long its calls may take to end after release() or SIGTERM, by its own rules
  };
  struct Events {
    std::function<void(std::vector<ServedFunction>)> serving;  // once: it serves requests
    std::function<void(CallEnded)> call;
    std::function<void(Passing)> passed;  // a connection that another worker gets
    std::function<void()> left;           // once, after release(): it begins no further request
    std::function<void()> crashing;       // it begins to crash, and ends when it has reported why
    std::function<void(std::string_view)> told;  // words for the developer
    std::function<void(StillRuns)> still_runs;
    std::function<void(std::string_view)> printed;        // to its standard output
    std::function<void(std::string_view)> wrote;          // to its standard error
    std::function<void(DebuggerWatch::Change)> debugger;  // attached to it, or detached
    // It does not do what it should: "it has …". Not told while the process is in a debugger.
    std::function<void(const std::string& why)> stuck;
    std::function<void(const os::Ended&)> ended;  // comes last
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
  // Returns the calls that have begun and not ended, the oldest first: "GET /price in price for 12 s (1f3a)".
  std::vector<std::string> running_calls() const;

  // Returns true if a debugger is attached to the process, or was until a moment ago; also after the process has ended.
  bool is_debugged() const { return debugger_->are_off(); }

  void release();
  // Gives it a connection. Returns false, and leaves the connection to the caller, if the worker is about to end.
  bool pass(Passing& connection) { return orders_.pass(connection); }
  // Gives it a connection for calls of the developer. It is closed if the worker does not take it.
  void pass_direct(os::Descriptor socket, std::string mode) {
    orders_.pass_direct(std::move(socket), std::move(mode));
  }
  // Returns the connections that it has not been given yet. Call it when the worker has ended.
  std::vector<Passing> take_unsent() { return orders_.take_unsent(); }
  void signal(int number) const { process_->signal(number); }
  // Tells it to end; `stuck` is called if it needs longer than that.
  void terminate(Duration within);
  // `stuck` is called if the process has not ended until then. A later call replaces an earlier one.
  void must_end_within(Duration limit);
  // Ends it at once. `why` is kept: "it has …".
  void kill(std::string why);
  const std::string& killed_because() const { return killed_because_; }
  pid_t id() const { return process_->id(); }

 private:
  Worker(Loop& loop, Start start, Events events, ControlChannel channel, os::Descriptor output,
         os::Descriptor errors);
  void run_ready() override { read_some_messages(); }
  void stuck(const std::string& why);
  // Reads some of the messages that wait, and the rest in later turns of the loop.
  void read_some_messages();
  // Returns false if there is none at present.
  bool read_message();
  void read_output();
  void read_errors();
  void has_ended();

  Loop& loop_;
  Start start_;
  Events events_;
  ControlChannel channel_;
  os::Descriptor output_;  // what the process prints
  os::Descriptor errors_;  // what the process writes to its standard error
  std::unique_ptr<os::Process> process_;
  std::unique_ptr<DebuggerWatch> debugger_;
  std::unique_ptr<Watch> channel_watch_;
  std::unique_ptr<Watch> output_watch_;
  std::unique_ptr<Watch> errors_watch_;
  std::unique_ptr<Watch> ended_watch_;
  struct Running {
    std::string what;      // "GET /price"
    std::string function;  // empty if none is called
    SystemTime since;
  };
  Orders orders_;
  TimeLimit end_;
  Duration end_limit_{};
  std::map<std::string, Running> running_;  // calls, by their ids
  std::string killed_because_;
  SystemTime started_;
  std::vector<Report> reports_;
  bool is_serving_ = false;
  bool is_released_ = false;
  bool has_begun_calls_ = false;
};

}  // namespace ofn::dev
