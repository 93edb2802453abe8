// A Sidecar in memory: it records its calls. The test decides its answers, and when it answers.
//
//   testing::FakeSidecar sidecar(loop);
//   sidecar.script("files", {sidecar.unreachable(), SidecarReply{}});   // the first two answers
//   …
//   testing::settle(loop);
//   EXPECT_EQ(sidecar.calls().at(0).data, "hello");
//
// Calls without a script succeed. After hold() every call waits for answer().
#pragma once

#include <cstddef>
#include <deque>
#include <expected>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/check.h"
#include "loop/loop.h"
#include "output/sidecar.h"

namespace ofn::testing {

// Threads: the loop's. Lifetime: outlives the loop's posted tasks. Calls that are never answered are
// dropped.
class FakeSidecar final : public Sidecar {
 public:
  enum class Kind { kBinding, kPublish };
  struct Call {
    Kind kind{};
    std::string component;
    std::string operation;  // of a binding
    std::string topic;      // of a publish
    std::string data;
    std::string content_type;
    std::map<std::string, std::string> metadata;
    Deadline deadline;
    std::string traceparent;
    std::string tracestate;
    std::string baggage;
    std::map<std::string, std::string> notation;  // the trace in another notation
    std::string output;                           // the user's name for it
    bool answered = false;
  };

  explicit FakeSidecar(Loop& loop) : loop_(loop) {}

  // The answer if there is no connection, so certainly nothing was sent.
  static std::unexpected<SidecarError> unreachable() {
    return error(Code::kUnavailable, "no connection", Reach::kNever);
  }
  static std::unexpected<SidecarError> error(Code code, std::string message,
                                             Reach reach = Reach::kMaybe) {
    return std::unexpected(SidecarError{Error(code, std::move(message)), reach});
  }

  // Sets the next answers for calls to that component, in order; afterwards calls succeed.
  void script(const std::string& component, std::vector<SidecarResult> answers) {
    auto& queue = scripts_[component];
    for (SidecarResult& answer : answers) queue.push_back(std::move(answer));
  }
  // From now on calls wait.
  void hold() { held_ = true; }
  // Answers a waiting call in the loop's next turn.
  void answer(std::size_t call, SidecarResult result = SidecarReply{}) {
    OFN_CHECK(call < calls_.size() && waiting_[call]);
    post_answer(call, std::move(result));
  }
  // Ends hold(), and answers all waiting calls by their scripts.
  void release() {
    held_ = false;
    for (std::size_t call = 0; call < calls_.size(); ++call) {
      if (waiting_[call]) post_answer(call, next_answer(calls_[call].component));
    }
  }

  const std::deque<Call>& calls() const { return calls_; }
  // Returns the calls to one component.
  std::vector<Call> calls_to(std::string_view component) const {
    std::vector<Call> found;
    for (const Call& call : calls_) {
      if (call.component == component) found.push_back(call);
    }
    return found;
  }

  void invoke_binding(const BindingCall& call, const SidecarOptions& options,
                      SidecarDone done) override {
    Call recorded;
    recorded.kind = Kind::kBinding;
    recorded.component = call.component;
    recorded.operation = call.operation;
    recorded.data = call.data;
    record(std::move(recorded), call.metadata, options, std::move(done));
  }
  void publish(const PublishCall& call, const SidecarOptions& options, SidecarDone done) override {
    Call recorded;
    recorded.kind = Kind::kPublish;
    recorded.component = call.component;
    recorded.topic = call.topic;
    recorded.data = call.data;
    recorded.content_type = call.content_type;
    record(std::move(recorded), call.metadata, options, std::move(done));
  }
  // Records each call of a bulk. The answer is the script's: an error of the whole bulk, or that of
  // one call after the other, by script_failures().
  void publish_all(std::span<const PublishCall> calls, const SidecarOptions& options,
                   BulkDone done) override {
    OFN_CHECK(!calls.empty());
    std::vector<std::size_t>& bulk = bulks_.emplace_back();
    const std::string component(calls.front().component);
    for (const PublishCall& call : calls) {
      OFN_CHECK(call.component == component && call.topic == calls.front().topic);
      bulk.push_back(calls_.size());
      Call recorded;
      recorded.kind = Kind::kPublish;
      recorded.component = call.component;
      recorded.topic = call.topic;
      recorded.data = call.data;
      recorded.content_type = call.content_type;
      recorded.answered = true;
      fill(recorded, call.metadata, options);
      calls_.push_back(std::move(recorded));
      waiting_.push_back(nullptr);
    }
    if (held_) return held_bulks_.push_back(std::move(done));
    SidecarResult answer = next_answer(component);
    loop_.post([this, done = std::move(done), answer = std::move(answer)]() mutable {
      if (!answer) return done(std::unexpected(std::move(answer.error())));
      done(std::exchange(bulk_answer_, {}));
    });
  }
  // Of the next bulk that does not fail as a whole.
  void script_failures(std::vector<BulkPublished::Failure> failures) {
    bulk_answer_.failures = std::move(failures);
  }
  // The bulks, each with the places of its calls in calls().
  const std::vector<std::vector<std::size_t>>& bulks() const { return bulks_; }

 private:
  void fill(Call& call, const std::vector<Header>& metadata, const SidecarOptions& options) {
    for (const auto& [name, value] : metadata) {
      OFN_CHECK(call.metadata.emplace(name, value).second);  // a metadata key is sent once
    }
    call.deadline = options.deadline;
    call.traceparent = options.traceparent;
    call.tracestate = options.tracestate;
    call.baggage = options.baggage;
    for (const Field& field : options.notation)
      call.notation.emplace(std::string(field.name), std::string(field.value));
    call.output = options.output;
  }
  void record(Call call, const std::vector<Header>& metadata, const SidecarOptions& options,
              SidecarDone done) {
    fill(call, metadata, options);
    calls_.push_back(std::move(call));
    waiting_.push_back(std::move(done));
    if (!held_) post_answer(calls_.size() - 1, next_answer(calls_.back().component));
  }

  SidecarResult next_answer(const std::string& component) {
    auto& queue = scripts_[component];
    if (queue.empty()) return SidecarReply{};
    SidecarResult answer = std::move(queue.front());
    queue.pop_front();
    return answer;
  }

  void post_answer(std::size_t call, SidecarResult result) {
    calls_[call].answered = true;
    loop_.post([done = std::exchange(waiting_[call], nullptr),
                result = std::move(result)]() mutable { done(std::move(result)); });
  }

  Loop& loop_;
  std::deque<Call> calls_;
  std::deque<SidecarDone> waiting_;  // in the order of calls_; empty if answered
  std::map<std::string, std::deque<SidecarResult>, std::less<>> scripts_;
  std::vector<std::vector<std::size_t>> bulks_;
  std::vector<BulkDone> held_bulks_;  // never answered
  BulkPublished bulk_answer_;
  bool held_ = false;
};

}  // namespace ofn::testing
