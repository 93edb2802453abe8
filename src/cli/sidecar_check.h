// Checks after the start that the sidecar provides what the context needs. If daprd started before
// the program, it may have asked for the app's lists before the program listened. It takes the
// missing answer for an empty list: then no event ever comes, and neither side reports why. The
// sidecar's metadata contains its subscriptions and its components.
//
//   SidecarCheck check(loop, sidecar, api_token, wanted, log);
//   check.start();                                   // when the port is open; the start does not wait for the answer
//
// For each connection to a sidecar, the log reports once which parts are missing and what to do.
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

// The program's requirements for its sidecar. A value; the context outlives it.
struct WantedOfSidecar {
  const FunctionContext& context;
  AppProtocol protocol = AppProtocol::kGrpc;
  // True only for a sidecar on this machine, because the platform's proxy runs on another machine
  // and asks for no lists.
  bool checks_inputs = false;
  // Returns true if a sidecar has asked for the list of input bindings, or has delivered an event of one.
  std::function<bool()> heard_of_bindings;
};

struct SidecarFinding {
  Level level = Level::kError;
  std::string message;
  std::string component;
  std::string what;  // "topic orders", "output archive"
  friend bool operator==(const SidecarFinding&, const SidecarFinding&) = default;
};

// A sidecar that ran before the program listened may have asked for the lists without an answer.
enum class StartOrder { kProgramFirst, kSidecarFirst };

// Returns the requirements that the sidecar does not meet.
std::vector<SidecarFinding> compare_with_sidecar(const dapr::SidecarInfo& info,
                                                 const WantedOfSidecar& wanted, StartOrder order);

// Lifetime: as for grpc::Channel: its loop outlives it, and must no longer run when it is
// destroyed. Threads: the main thread makes it before the loop runs; then the loop's.
class SidecarCheck {
 public:
  SidecarCheck(Loop& loop, const wire::Endpoint& sidecar, std::string api_token,
               WantedOfSidecar wanted, Log& log);
  SidecarCheck(const SidecarCheck&) = delete;
  SidecarCheck& operator=(const SidecarCheck&) = delete;

  void start();
  // Sends no more requests, and ignores an answer that is on its way.
  void stop() {
    stopped_ = true;
    timer_.disarm();
  }

 private:
  void ask();
  void connection_lost();
  void answered(const wire::grpc::CallResult& result);
  // Logs what the answer shows that the sidecar does not provide.
  void judge(const wire::grpc::CallResult& result, bool is_first);

  Loop& loop_;
  std::string api_token_;
  wire::Limits limits_;
  wire::grpc::Channel channel_;
  WantedOfSidecar wanted_;
  Log& log_;
  Timer timer_;
  int asked_ = 0;      // answered requests on this connection
  bool first_ = true;  // no request was answered or failed yet
  StartOrder order_ = StartOrder::kProgramFirst;
  bool stopped_ = false;
  bool is_told_ = false;  // the report about this connection is complete
};

}  // namespace ofn::cli
