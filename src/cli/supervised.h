// The worker's side of the developer's loop: what the program does differently if a supervisor has started it (dev/).
//
//   auto supervised = Supervised::take(env);        // nullopt: nobody supervises
//   if (supervised && *supervised) (*supervised)->say_serving(routes);
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/error.h"
#include "base/log.h"
#include "cli/long_calls.h"
#include "context/environment.h"
#include "dev/control_channel.h"
#include "function/routes.h"
#include "loop/loop.h"
#include "loop/watch.h"

namespace ofn::cli {

// Threads: the main thread makes it; then watch() and its callbacks belong to one loop. All others: any.
class Supervised {
 public:
  // The variable by which a supervisor tells its worker "DESCRIPTOR,BUILD,DETAIL,SOURCE": the control channel, the number of the build,
  // "v" if the developer wants to see the log's details, and what the developer wrote.
  static constexpr const char* kVariable = "OFN_SUPERVISOR";

  // Reads the variable and removes it, so that programs of the function do not inherit it. Errors: a value that no supervisor has set.
  static Result<std::optional<Supervised>> take(const Environment& env);

  unsigned build() const { return build_; }
  const std::string& source() const { return source_; }
  // Returns the least serious level that this process logs: the supervisor shows the rest in its own words.
  Level log_level() const { return is_detailed_ ? Level::kDebug : Level::kWarning; }
  const dev::ControlChannel& channel() const { return channel_; }

  struct Orders {
    std::function<void()> release;  // begin no further request, and pass connections on
    std::function<void(int fd, std::string received)> adopt;  // a connection of another worker
    // A connection for calls of the developer; the mode is a dev::CallMode.
    std::function<void(int fd, std::string_view mode)> direct;
  };
  // Handles the supervisor's orders on this loop as long as the result lives.
  [[nodiscard]] std::unique_ptr<Watch> watch(Loop& loop, Orders orders);
  // Tells of calls that do not return, from now on. Call it before the function is loaded.
  void watch_calls(const os::CallsInFlight& calls) {
    long_calls_ = std::make_unique<LongCalls>(calls, channel_);
  }
  // Null before watch_calls().
  LongCalls* long_calls() const { return long_calls_.get(); }
  // Tells the supervisor that requests are served.
  void say_serving(const Routes& routes) const;
  // Shows the developer these words.
  void tell(std::string_view text) const { (void)channel_.send(dev::MessageKind::kTold, text); }
  // Passes a connection on, and closes this process's descriptor.
  void pass_on(int fd, std::string_view unread) const;
  // Tells the supervisor that no further request begins here.
  void say_left() const { (void)channel_.send(dev::MessageKind::kLeft); }

 private:
  Supervised(dev::ControlChannel channel, unsigned build, bool is_detailed, std::string source)
      : channel_(std::move(channel)),
        build_(build),
        is_detailed_(is_detailed),
        source_(std::move(source)) {}
  void obey();

  dev::ControlChannel channel_;
  unsigned build_;
  bool is_detailed_;
  std::string source_;
  Orders orders_;
  std::unique_ptr<LongCalls> long_calls_;
};

}  // namespace ofn::cli
