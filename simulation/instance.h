// The instance under test: the framework's own server, services and client of the sidecar, put together as cli/running_server.cc does it,
// on loops that the simulation turns.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include "base/log.h"
#include "context/function_context.h"
#include "dapr/app_http.h"
#include "dapr/app_server.h"
#include "dapr/client.h"
#include "function/routes.h"
#include "invocation/call_environment.h"
#include "loop/loop.h"
#include "loop/workers.h"
#include "output/outputs.h"
#include "serving/async/async_service.h"
#include "serving/front.h"
#include "serving/gate.h"
#include "serving/http/http_service.h"
#include "simulation/fibers.h"
#include "simulation/kernel.h"
#include "simulation/ledger.h"
#include "simulation/script.h"
#include "wire/http_sessions.h"
#include "wire/limits.h"
#include "wire/memory_account.h"
#include "wire/server.h"

namespace ofn::simulation {

constexpr std::uint16_t kPort = 8080;         // of the instance
constexpr std::uint16_t kSidecarPort = 3500;  // of the sidecar's API

FunctionContext context_of(const Setting& setting);

class Instance {
 public:
  Instance(const Script& script, Kernel& kernel, Fibers& fibers, Ledger& ledger);
  Instance(const Instance&) = delete;
  Instance& operator=(const Instance&) = delete;
  ~Instance();

  std::size_t loops() const { return loops_.size(); }
  Loop& loop(std::size_t i) { return *loops_[i]; }
  // As after SIGTERM. The function's calls that wait for a stop get it after the drain timeout.
  void retire();
  void drain();
  // As after a reload: another process serves from now on, and takes over the connections that are between two requests.
  void pass_on(Instance& successor);
  bool has_stopped() const { return stopped_; }
  // The rules that hold at every step.
  void check() const;
  void check_at_rest() const;

 private:
  // Notes that the server ends connections because memory is short.
  class ShedLog final : public Log {
   public:
    explicit ShedLog(Ledger& ledger) : ledger_(ledger) {}
    using Log::write;
    bool enabled(Level level) const noexcept override { return level >= Level::kWarning; }
    void write(Level level, std::string_view message,
               std::span<const LogField> fields) noexcept override;

   private:
    Ledger& ledger_;
  };
  class Watcher;
  struct OnLoop;

  void end_calls_later();
  void end_when_empty();

  Kernel& kernel_;
  Ledger& ledger_;
  const FunctionContext context_;
  const bool delivers_by_http_;
  const bool starves_;
  ShedLog log_;
  const wire::Limits limits_;
  wire::MemoryAccount memory_;
  Gate gate_;
  const Routes routes_;
  std::vector<std::unique_ptr<Loop>> loops_;
  Workers workers_;
  Fibers& fibers_;
  HttpService service_;
  AsyncService async_;
  std::vector<std::unique_ptr<OnLoop>> parts_;
  std::unique_ptr<wire::Server> server_;
  std::optional<Timer> stop_calls_;
  bool stopped_ = false;
};

}  // namespace ofn::simulation
