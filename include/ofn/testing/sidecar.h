// The sidecar of a test: in memory, and as unreliable as the test says. Authors include <ofn/testing.h>.
//
//   void example(ofn::testing::Program& program) {
//     program.sidecar().fail("files", ofn::testing::Fault::kUnreachable);
//     program.sidecar().set_state("cart", "7", "{}");
//     program.sidecar().on_invoke("prices", "12");
//   }
#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <ofn/failure.h>
#include <ofn/stores.h>
#include <ofn/testing/host.h>
#include <ofn/testing/result.h>

namespace ofn::testing {

// Its components are those of the context, and the stores that the test fills. A call gets the code and the message of Dapr 1.16.
// Errors: std::runtime_error for an output that the context does not have. Threads: the test's.
class Sidecar {
 public:
  explicit Sidecar(internal::Stage& stage) : stage_(&stage) {}

  // From now on calls to `name` fail: an output, a state store, a secret store, or an app. A later fail() of the same name replaces it.
  void fail(std::string_view name, Fault fault, FaultRange range = {}) {
    stage_->fail({.name = std::string(name), .fault = fault, .range = std::move(range)});
  }
  // The same with a code of gRPC. That of a secret store is INTERNAL in any case, as Dapr's is.
  void fail(std::string_view name, Code code, FaultRange range = {}) {
    stage_->fail({.name = std::string(name), .code = code, .range = std::move(range)});
  }
  // From now on those items of each Context::send_all() to that topic fail, counted from 0, and the others do not.
  void fail_items(std::string_view output, std::vector<std::size_t> places) {
    stage_->fail_items(output, std::move(places));
  }
  // From now on each answer of `name`, one of those above, takes so long, by the program's clock.
  void delay(std::string_view name, std::chrono::nanoseconds time) { stage_->delay(name, time); }
  // From now on nothing fails or takes long.
  void heal() { stage_->heal(); }

  // What a binding answers to each further send.
  void reply(std::string_view output, std::string data, std::vector<Header> metadata = {}) {
    stage_->reply(output, {.data = std::move(data), .metadata = std::move(metadata)});
  }

  // State. A store that the context does not declare begins to exist with its first value.
  void set_state(std::string_view store, std::string_view key, std::string value) {
    stage_->set_state(store, key, std::move(value));
  }
  std::optional<std::string> state(std::string_view store, std::string_view key) const {
    return stage_->state(store, key);
  }
  States states() const { return stage_->states(); }
  // The next saves and deletes of that key with an etag find that somebody else has changed it: ABORTED.
  void conflict(std::string_view store, std::string_view key, unsigned times = 1) {
    stage_->conflict(store, key, times);
  }

  void set_secret(std::string_view store, std::string_view key, std::string value) {
    stage_->set_secret(store, key, {{std::string(key), std::move(value)}});
  }
  void set_secret(std::string_view store, std::string_view key, std::vector<Header> entries) {
    stage_->set_secret(store, key, std::move(entries));
  }

  // What another app answers to Context::invoke.
  void on_invoke(std::string app, std::function<Reply<InvokeReply>(const InvokeService&)> answer) {
    stage_->on_invoke(std::move(app), std::move(answer));
  }
  void on_invoke(std::string app, std::string data, std::string content_type = {}) {
    on_invoke(
        std::move(app),
        [reply = InvokeReply{.data = std::move(data), .content_type = std::move(content_type)}](
            const InvokeService&) -> Reply<InvokeReply> { return reply; });
  }
  // The calls of other apps, in order.
  std::vector<InvokeService> invoked() const { return stage_->invoked(); }
  // The jobs that are scheduled. Program::run_job() brings one.
  std::vector<Job> jobs() const { return stage_->jobs(); }

  // Everything that was sent to outputs since the program began, in order.
  const std::vector<Sent>& sent() const { return stage_->sent(); }

 private:
  internal::Stage* stage_;
};

}  // namespace ofn::testing
