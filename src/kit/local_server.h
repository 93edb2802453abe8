// A server of a program under test: a port of this machine, threads of its own, the real time.
//
//   LocalServer server(program, options);
//   fetch("http://127.0.0.1:" + std::to_string(server.port()) + "/");
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <ofn/http_client.h>
#include <ofn/testing/host.h>

#include "base/clock.h"
#include "invocation/call_environment.h"
#include "kit/kept_log.h"
#include "kit/scripted_sidecar.h"
#include "kit/scripted_web.h"
#include "kit/served_program.h"
#include "loop/descriptor_waits.h"
#include "loop/loop.h"
#include "loop/loop_threads.h"
#include "loop/workers.h"
#include "output/outputs.h"
#include "serving/gate.h"
#include "serving/http/http_service.h"
#include "wire/http_sessions.h"
#include "wire/limits.h"
#include "wire/server.h"

namespace ofn::kit {

// Lifetime: the destructor returns when every call has ended and the port is free; after kPatience the functions are asked to stop.
// Threads: the test's. Errors: std::runtime_error.
class LocalServer final : public testing::internal::ServerHandle {
 public:
  static constexpr std::chrono::seconds kPatience{5};

  LocalServer(const abi::Program& program, const testing::Options& options);
  LocalServer(const LocalServer&) = delete;
  LocalServer& operator=(const LocalServer&) = delete;
  ~LocalServer() override;

  std::uint16_t port() const override { return port_; }
  std::string stop() override;

  void answer(std::string_view request, ScriptedWeb::Answer answer) override;
  void fail(std::string_view request, const testing::internal::WebFailing& failing) override;
  const std::vector<HttpCall>& asked() override;

 private:
  // Runs it on the loop's thread, and throws what it throws.
  void on_loop(std::function<void()> action);

  KeptLog log_;
  SystemClock clock_;
  Loop loop_{clock_};
  const std::unique_ptr<ServedProgram> served_;
  ScriptedSidecar sidecar_;
  Outputs outputs_;
  DescriptorWaits descriptors_{loop_};
  ScriptedWeb web_{loop_, "server"};
  std::vector<HttpCall> asked_;  // the test's copy
  const wire::Limits limits_{};
  Gate gate_;
  CallEnvironment environment_;
  std::optional<HttpService> service_;
  std::optional<HttpService::OnLoop> requests_;
  std::optional<wire::HttpSessions> sessions_;
  std::optional<wire::Server> server_;
  std::uint16_t port_ = 0;
  bool has_started_ = false;
  Timer patience_;
  Workers workers_{64};  // ends before all objects that its tasks use
  std::optional<LoopThreads> threads_;
};

}  // namespace ofn::kit
