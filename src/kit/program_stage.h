// One program under test: the framework's own services for requests and deliveries, on the test's thread, with a clock that the test moves.
//
//   ProgramStage stage(program, options);
//   auto flight = stage.start({.target = "/"}, false);
//   flight->finish();
//   say(flight->result().body);
#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <ofn/http_client.h>
#include <ofn/testing/host.h>

#include "context/function_context.h"
#include "invocation/call_environment.h"
#include "invocation/nested_loop.h"
#include "invocation/observer.h"
#include "kit/client.h"
#include "kit/function_threads.h"
#include "kit/kept_log.h"
#include "kit/messages.h"
#include "kit/scripted_sidecar.h"
#include "kit/scripted_web.h"
#include "kit/served_program.h"
#include "kit/still_clock.h"
#include "life/readiness.h"
#include "loop/descriptor_waits.h"
#include "loop/loop.h"
#include "loop/watch.h"
#include "loop/workers.h"
#include "output/outputs.h"
#include "serving/async/async_service.h"
#include "serving/gate.h"
#include "serving/http/http_service.h"
#include "serving/runner.h"

namespace ofn::kit {

// What is known of a call. Lifetime: shared by the test's Flight and by the stage until the call has ended.
struct CallState {
  testing::Result result{};
  std::shared_ptr<Received> received = std::make_shared<Received>();
  Client* client = nullptr;  // null: a delivery; not valid when it is released
  std::size_t sent_before = 0;
  std::size_t log_before = 0;
  std::size_t left = 1;  // how many invocations have not ended: of a bulk several
  bool is_delivery = false;
  bool is_by_hand = false;                           // the test goes on while it is under way
  std::vector<testing::Acknowledgement> messages{};  // of a bulk
};
using CallStatePtr = std::shared_ptr<CallState>;

// Lifetime: the author's program stays loaded. Threads: the test's. Errors: see <ofn/testing/host.h>.
class ProgramStage final : public testing::internal::Stage,
                           private NestedLoop,
                           private Placing,
                           private Observer {
 public:
  // `context`: if it is set, it takes the place of the options' one. Throws std::runtime_error with the mistakes.
  ProgramStage(const abi::Program& program, const testing::Options& options,
               std::optional<FunctionContext> context = {});
  ProgramStage(const ProgramStage&) = delete;
  ProgramStage& operator=(const ProgramStage&) = delete;
  ~ProgramStage() override;

  std::unique_ptr<testing::internal::Flight> start(const testing::Call& call,
                                                   bool by_hand) override;
  std::unique_ptr<testing::internal::Flight> start_delivery(std::string_view input,
                                                            const testing::Message& message,
                                                            bool by_hand) override;
  testing::BulkResult deliver_all(std::string_view input,
                                  const std::vector<testing::Message>& messages) override;
  testing::Call call_of(const std::vector<CloudEvent>& events, testing::EventMode mode,
                        bool as_batch) override {
    return kit::call_of(events, mode, as_batch);
  }
  testing::Call job_call(const std::string& name, std::optional<std::string> data) override;
  void advance(std::chrono::nanoseconds time) override;
  std::chrono::nanoseconds elapsed() const override { return clock_.elapsed(); }
  void stop() override;
  std::vector<std::string> log() const override { return log_.lines(); }
  std::string openapi() const override;

  void fail(const testing::internal::Failing& failing) override { sidecar_.fail(failing); }
  void fail_items(std::string_view output, std::vector<std::size_t> places) override {
    sidecar_.fail_items(output, std::move(places));
  }
  void delay(std::string_view name, std::chrono::nanoseconds time) override {
    sidecar_.delay(name, std::chrono::duration_cast<Duration>(time));
  }
  void heal() override { sidecar_.heal(); }
  void reply(std::string_view output, SendResult answer) override {
    sidecar_.reply(output, std::move(answer));
  }
  void set_state(std::string_view store, std::string_view key, std::string value) override {
    sidecar_.set_state(store, key, std::move(value));
  }
  std::optional<std::string> state(std::string_view store, std::string_view key) const override {
    return sidecar_.state(store, key);
  }
  testing::States states() const override { return sidecar_.states(); }
  void conflict(std::string_view store, std::string_view key, unsigned times) override {
    sidecar_.conflict(store, key, times);
  }
  void set_secret(std::string_view store, std::string_view key,
                  std::vector<Header> entries) override {
    sidecar_.set_secret(store, key, std::move(entries));
  }
  void on_invoke(std::string app,
                 std::function<Reply<InvokeReply>(const InvokeService&)> answer) override {
    sidecar_.on_invoke(std::move(app), std::move(answer));
  }
  std::vector<InvokeService> invoked() const override { return sidecar_.invoked(); }
  std::vector<Job> jobs() const override { return sidecar_.jobs(); }
  const std::vector<testing::Sent>& sent() const override { return sidecar_.sent(); }

  void answer(std::string_view request, ScriptedWeb::Answer answer) override {
    web_.answer(request, std::move(answer));
  }
  void fail(std::string_view request, const testing::internal::WebFailing& failing) override {
    web_.fail(request, failing);
  }
  const std::vector<HttpCall>& asked() override { return web_.asked(); }

  // For a Flight: moves the clock until the call has ended.
  void finish(const CallState& state);
  // Throws if a function has asked a server for which the test has no answer.
  void check_web();
  // Runs everything that is due.
  void settle();
  // Fills in what the call has given until now.
  testing::Result result_of(const CallState& state) const;

 private:
  class TestFlight;
  class Answerer;

  // NestedLoop
  void serve_until(const std::function<bool()>& done) override;
  // Placing
  bool stays_on_loop() override;
  bool post(Task&& task) override;
  // Observer
  void began(const CallStart& start, TraceContext& trace) override;
  void ended(const CallRecord& record) override;

  CallStatePtr begin_call();
  void end_one(CallState& state);
  bool act();
  void wait_outside();
  void run_to_end(const CallState& state);

  StillClock clock_;
  KeptLog log_;
  Loop loop_{clock_};
  const std::unique_ptr<ServedProgram> served_;
  ScriptedSidecar sidecar_;
  Outputs outputs_;
  ScriptedWeb web_{loop_};
  DescriptorWaits descriptors_{loop_};
  Workers workers_{4};
  std::size_t outside_ = 0;
  CallEnvironment environment_;
  Gate gate_;
  HttpService service_;
  AsyncService async_;
  Readiness readiness_;
  std::unique_ptr<FunctionThreads> threads_ = std::make_unique<FunctionThreads>();
  std::unique_ptr<HttpService::OnLoop> requests_;
  std::unique_ptr<AsyncService::OnLoop> deliveries_;
  std::vector<CallStatePtr> calls_;                         // under way
  std::map<std::string, CallStatePtr, std::less<>> by_id_;  // the invocations of them
  CallStatePtr starting_;
  int tick_ = -1;  // a timer of the system, for waits that something outside ends
  std::unique_ptr<Watch> tick_watch_;
  bool runs_life_cycle_;
  bool has_started_ = false;
  unsigned events_ = 0;
};

}  // namespace ofn::kit
