// The sidecar of a test: implements the ports Sidecar and Stores in memory, records what is sent, and fails as scripted.
//
//   ScriptedSidecar sidecar(loop, clock, context);
//   sidecar.fail({.name = "files", .fault = testing::Fault::kUnreachable});
//   Outputs outputs(context, sidecar, loop, log, {}, &sidecar);
//
// State and secrets are those of the local sidecar (localdapr/stores.h), so their answers are Dapr's.
#pragma once

#include <cstddef>
#include <functional>
#include <list>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <ofn/http_client.h>
#include <ofn/stores.h>
#include <ofn/testing/host.h>
#include <ofn/testing/result.h>

#include "base/clock.h"
#include "context/function_context.h"
#include "kit/kept_state.h"
#include "localdapr/stores.h"
#include "loop/loop.h"
#include "output/outputs.h"
#include "output/sidecar.h"

namespace ofn::kit {

// Lifetime: everything outlives it; it outlives the loop's posted tasks. Threads: the loop's, which is the test's.
// Errors: std::runtime_error for a name that neither the context nor the test knows.
class ScriptedSidecar final : public Sidecar, public Stores, public OutputObserver {
 public:
  ScriptedSidecar(Loop& loop, const Clock& clock, const FunctionContext& context);
  ScriptedSidecar(const ScriptedSidecar&) = delete;
  ScriptedSidecar& operator=(const ScriptedSidecar&) = delete;

  // The script.
  void fail(const testing::internal::Failing& failing);
  void fail_items(std::string_view output, std::vector<std::size_t> places);
  void delay(std::string_view name, Duration time) { delays_.insert_or_assign(key_of(name), time); }
  void heal() {
    faults_.clear();
    delays_.clear();
    failing_items_.clear();
  }
  void reply(std::string_view output, SendResult answer);
  void set_state(std::string_view store, std::string_view key, std::string value);
  void conflict(std::string_view store, std::string_view key, unsigned times);
  void set_secret(std::string_view store, std::string_view key, std::vector<Header> entries);
  void on_invoke(std::string app, std::function<Reply<InvokeReply>(const InvokeService&)> answer);

  // What has become of it.
  const std::vector<testing::Sent>& sent() const { return sent_; }
  std::optional<std::string> state(std::string_view store, std::string_view key) const;
  testing::States states() const;
  const std::vector<InvokeService>& invoked() const { return invoked_; }
  std::vector<Job> jobs() const;
  // Returns a scheduled job, which ends if it is not to come again. Errors: std::runtime_error if none has that name.
  Job take_job(const std::string& name);

  // The ports.
  void invoke_binding(const BindingCall& call, const SidecarOptions& options,
                      SidecarDone done) override;
  void publish(const PublishCall& call, const SidecarOptions& options, SidecarDone done) override;
  void publish_all(std::span<const PublishCall> calls, const SidecarOptions& options,
                   BulkDone done) override;
  void ask(const StoreCall& call, const SidecarOptions& options, StoreDone done) override;
  void output_ended(const OutputResult& result) override;

 private:
  struct FaultState {
    testing::internal::Failing failing;
    unsigned calls = 0;
  };
  // A message that may be tried again.
  struct Open {
    std::size_t sent;      // in sent_
    std::string event_id;  // of a publish
    const void* data;      // of a binding: the payload lives until the output has ended
  };
  // How a call ends that the script lets fail.
  struct Failed {
    std::optional<SidecarError> error{};  // not set: it is late
  };

  const Output& output_of(std::string_view name) const;
  std::string key_of(std::string_view name) const;
  std::string component_of(std::string_view store) const;
  // Counts a call; returns how it fails, or nullopt.
  std::optional<testing::internal::Failing> next_fault(const std::string& key);
  // Returns true if the script lets the component itself refuse calls.
  bool is_refused(const std::string& key) const;
  NextFault refusals_of(std::string key);
  static Error refusal(const testing::internal::Failing& failing, std::string words);
  std::optional<Failed> failure(const std::string& key, std::string_view words, Deadline deadline);
  Duration delay_of(const std::string& key) const;
  std::size_t begin_try(const std::string& event_id, const void* data, testing::Sent sent);
  // Runs the task when an answer of `key` is there.
  void post(const std::string& key, std::move_only_function<void()> task);
  void late(Deadline deadline, std::move_only_function<void(SidecarError)> done);
  // Answers a call as it fails. `entries`: of sent_, those that it sends.
  template <class Done>
  void fail_with(const Failed& failed, std::span<const std::size_t> entries, Deadline deadline,
                 Done done);
  StoreResult answer(const StoreCall& call);
  StoreResult invoke(const InvokeService& call);
  StoreResult schedule(const ScheduleJob& call);
  KeptState& state_of(std::string_view store);
  KeptState* find_state(std::string_view store) const;

  Loop& loop_;
  const Clock& clock_;
  const FunctionContext& context_;
  localdapr::Stores stores_;
  std::map<std::string, KeptState*, std::less<>> states_;     // by component; stores_ owns them
  std::map<std::string, KeptSecrets*, std::less<>> secrets_;  // the same
  std::map<std::string, FaultState, std::less<>> faults_;
  std::map<std::string, Duration, std::less<>> delays_;
  std::map<std::string, std::vector<std::size_t>, std::less<>> failing_items_;  // by output
  std::map<std::string, SendResult, std::less<>> replies_;                      // by output
  std::map<std::string, std::function<Reply<InvokeReply>(const InvokeService&)>, std::less<>> apps_;
  std::vector<InvokeService> invoked_;
  std::map<std::string, Job, std::less<>> jobs_;
  std::vector<testing::Sent> sent_;
  std::vector<Open> open_;
  std::list<std::unique_ptr<Timer>> timers_;  // of late answers
};

}  // namespace ofn::kit
