// After the start: has the sidecar understood what the context asks of it? A daprd that was there before the program
// may have asked for its lists while nobody listened, and takes the silence for "nothing wanted"; then no event ever
// comes, and neither side says why. Its metadata tells what it subscribed and which components it has.
//
//   SidecarCheck check(loop, sidecar, options, wanted, log);
//   check.start();                                   // once the port is open; nothing waits for it
//
// What is missing is said once for each connection to a sidecar, with what to do.
#pragma once

#include <functional>
#include <set>
#include <string>
#include <vector>

#include "base/log.h"
#include "context/function_context.h"
#include "context/settings.h"
#include "dapr/client.h"
#include "dapr/codec.h"
#include "loop/loop.h"
#include "wire/endpoint.h"
#include "wire/grpc/channel.h"
#include "wire/limits.h"

namespace ofn::cli {

// What the program wants of its sidecar. A value; what it refers to outlives it.
struct WantedOfSidecar {
  const FunctionContext& context;
  AppProtocol protocol = AppProtocol::kGrpc;
  // Only a sidecar on this machine asks for lists; the platform's proxy is elsewhere, and asks for none.
  bool checks_inputs = false;
  // Has a sidecar asked for the list of input bindings, or delivered for one?
  std::function<bool()> heard_of_bindings;
};

struct SidecarFinding {
  Level level = Level::kError;
  std::string message;
  std::string component;
  std::string what;  // "topic orders", "output archive"
  friend bool operator==(const SidecarFinding&, const SidecarFinding&) = default;
};

// What does not fit. `was_first`: the sidecar answered before the program listened, so that it may have asked in vain.
std::vector<SidecarFinding> compare_with_sidecar(const dapr::SidecarInfo& info,
                                                 const WantedOfSidecar& wanted, bool was_first);

// Lifetime: as grpc::Channel: its loop outlives it and runs no more when it is destroyed. Threads: made before the
//   loop runs, by the main thread; then the loop's.
class SidecarCheck {
 public:
  SidecarCheck(Loop& loop, const wire::Endpoint& sidecar, std::string api_token,
               WantedOfSidecar wanted, Log& log);
  SidecarCheck(const SidecarCheck&) = delete;
  SidecarCheck& operator=(const SidecarCheck&) = delete;

  void start();
  // Nothing is asked any more.
  void stop() {
    stopped_ = true;
    timer_.disarm();
  }

 private:
  void on_timer();
  void ask();
  void answered(const wire::grpc::CallResult& result);

  Loop& loop_;
  std::string api_token_;
  wire::Limits limits_;
  wire::grpc::Channel channel_;
  WantedOfSidecar wanted_;
  Log& log_;
  Timer timer_;
  int asked_ = 0;      // on this connection, with an answer
  bool first_ = true;  // the first question is under way
  bool was_first_ = false;
  bool stopped_ = false;
  bool is_told_ = false;  // all that there is to say of this connection
};

}  // namespace ofn::cli
