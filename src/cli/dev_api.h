// The local API of a loop of the developer, as a whole: what it remembers, its calls, its socket, and the file that announces it.
//
//   DevApi api(loop, ring, options);
//   const std::vector<dev::Listener*> listeners({&ring, api.lines(), api.calls(), api.api()});
//   if (auto opened = api.open(env, instance, log); !opened) say(opened.error().message());
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "base/clock.h"
#include "base/error.h"
#include "base/log.h"
#include "context/environment.h"
#include "dev/api_socket.h"
#include "dev/instances.h"
#include "dev/local_api.h"
#include "dev/log_ring.h"
#include "dev/newest_calls.h"
#include "dev/ring.h"
#include "loop/loop.h"

namespace ofn::cli {

// Lifetime: all arguments outlive it; it is destroyed when the loop has stopped. Threads: the loop's.
class DevApi {
 public:
  struct Options {
    std::function<unsigned()> coming;   // the build that is being made; 0: none
    std::function<unsigned()> serving;  // the build that serves; 0: none
    std::function<Result<os::Descriptor>(dev::CallMode)> connect;  // to the worker that serves
    Duration within{};                                             // for a whole answer
  };

  DevApi(Loop& loop, const dev::Ring& ring, const Options& options);
  DevApi(const DevApi&) = delete;
  DevApi& operator=(const DevApi&) = delete;

  dev::LogRing* lines() { return &lines_; }
  dev::NewestCalls* calls() { return &calls_; }
  dev::LocalApi* api() { return &api_; }

  // Listens, and announces it. Errors: the loop can do without it, so they are for the developer to read.
  Result<void> open(const Environment& env, dev::Instance instance, Log& log);

 private:
  Loop& loop_;
  dev::LogRing lines_;
  dev::NewestCalls calls_;
  dev::LocalApi api_;
  std::optional<dev::InstanceEntry> entry_;
  std::unique_ptr<dev::ApiSocket> socket_;
};

}  // namespace ofn::cli
