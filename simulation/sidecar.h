// The model of a sidecar: it takes what the instance sends, as the script says, and delivers to the instance. Its end of the wire is the
// framework's own; what it answers, and when, is the script's.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/log.h"
#include "dapr/api.h"
#include "dapr/server.h"
#include "loop/loop.h"
#include "simulation/callers.h"
#include "simulation/kernel.h"
#include "simulation/ledger.h"
#include "simulation/script.h"
#include "wire/grpc/channel.h"
#include "wire/http_sessions.h"
#include "wire/limits.h"
#include "wire/server.h"

namespace ofn::simulation {

// Makes a connection to the instance, whose network treats it as such a caller's.
using MakeCaller = std::function<std::unique_ptr<Caller>(Manner manner, Hears& hears)>;

class ModelSidecar final : private dapr::DaprApi, private Hears {
 public:
  ModelSidecar(const Script& script, Kernel& kernel, Loop& loop, Ledger& ledger,
               MakeCaller make_caller);
  ModelSidecar(const ModelSidecar&) = delete;
  ModelSidecar& operator=(const ModelSidecar&) = delete;
  ~ModelSidecar() override;

  void deliver(std::size_t op, unsigned attempt = 0);
  void refuse(Duration time);
  // Says goodbye to its clients, and is back after that time.
  void restart(Duration away);
  // Its connections to the instance over HTTP: see Caller.
  bool step();
  SteadyTime next() const;
  void note_arrived();
  // Delivers nothing more.
  void stop() { stopped_ = true; }
  // Has it heard of the end of each delivery?
  bool is_idle() const { return under_way_ == 0; }
  // Closes all connections.
  void close();

 private:
  void listen();
  void later(Duration time, std::function<void()> act);
  void deliver_all(std::size_t op);
  void again(std::size_t op, unsigned attempt);
  void deliver_by_http(std::size_t op, unsigned key);
  void ask_for_topics();
  void answered(unsigned key, int status, std::string_view body) override;
  void lost(unsigned key, const Answer* part) override;
  void take(std::string_view data, std::size_t output, std::function<void(Result<void>)> done);

  void invoke_binding(dapr::BindingRequest request, dapr::ApiCall call,
                      dapr::BindingDone done) override;
  void publish(dapr::PublishRequest request, dapr::ApiCall call, dapr::PublishDone done) override;
  void publish_all(dapr::BulkPublishRequest, dapr::ApiCall, dapr::BulkPublishDone done) override {
    refuse_call(done);
  }
  dapr::SidecarInfo describe() const override { return {}; }
  void get_state(GetState, dapr::ApiCall, dapr::ApiDone<StateValue> done) override {
    refuse_call(done);
  }
  void get_bulk_state(GetBulkState, dapr::ApiCall,
                      dapr::ApiDone<std::vector<StateValue>> done) override {
    refuse_call(done);
  }
  void save_state(StateItems, dapr::ApiCall, dapr::ApiDone<void> done) override {
    refuse_call(done);
  }
  void delete_state(DeleteState, dapr::ApiCall, dapr::ApiDone<void> done) override {
    refuse_call(done);
  }
  void delete_bulk_state(StateItems, dapr::ApiCall, dapr::ApiDone<void> done) override {
    refuse_call(done);
  }
  void transact_state(StateTransaction, dapr::ApiCall, dapr::ApiDone<void> done) override {
    refuse_call(done);
  }
  void get_secret(GetSecret, dapr::ApiCall, dapr::ApiDone<Secret> done) override {
    refuse_call(done);
  }
  void get_bulk_secret(GetBulkSecret, dapr::ApiCall,
                       dapr::ApiDone<std::vector<Secret>> done) override {
    refuse_call(done);
  }
  void invoke_service(InvokeService, dapr::ApiCall, dapr::ApiDone<InvokeReply> done) override {
    refuse_call(done);
  }
  template <class Done>
  static void refuse_call(Done& done) {
    done(fail(Code::kUnimplemented, "the model sidecar has outputs and topics only"));
  }

  const Script& script_;
  Kernel& kernel_;
  Loop& loop_;
  Ledger& ledger_;
  NullLog log_;
  const wire::Limits limits_;
  std::vector<std::function<void(Result<void>)>> never_;  // calls without an answer
  dapr::Server server_;
  wire::HttpSessions sessions_;
  std::vector<std::unique_ptr<wire::Server>> listening_;  // the last one listens
  std::unique_ptr<wire::grpc::Channel> app_;
  MakeCaller make_caller_;
  std::vector<std::unique_ptr<Caller>> http_;  // connections to the instance, over HTTP
  std::vector<std::unique_ptr<Timer>> timers_;
  std::size_t under_way_ = 0;
  bool stopped_ = false;
  bool is_away_ = false;
  bool is_closed_ = false;
};

}  // namespace ofn::simulation
