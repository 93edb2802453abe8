// Keeps what the calls of a loop send to outputs, so that the report of a call can have it, and captures what must not be sent.
//
//   SentData sent;
//   RecordedSidecar recorded(loop, sent, &client);      // passes on, and remembers
//   RecordedSidecar captured(loop, sent, nullptr);      // remembers only: every output counts as confirmed
//   Outputs outputs(context, recorded, loop, log);
//   call.sent = sent.take(call.id);
#pragma once

#include <cstddef>
#include <list>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "dev/event.h"
#include "loop/loop.h"
#include "output/sidecar.h"

namespace ofn::cli {

// Secrets in metadata are hidden, and large data cut, before they are stored (dev/content.h). Of a call at most kMostOfACall are kept,
// with kMostBytes of data. Sends without a call are not kept.
// Threads: the loop's. Cost: a copy of what is sent, so only workers of a supervisor have it.
class SentData {
 public:
  static constexpr std::size_t kMostCalls = 1000;
  static constexpr std::size_t kMostOfACall = 100;
  static constexpr std::size_t kMostBytes = std::size_t{1} << 20;

  struct One {
    dev::Sent sent{};
    const void* data = nullptr;  // by which another try is known
  };
  // Returns null if it is not kept.
  std::shared_ptr<One> add(std::string_view call_id, dev::Sent sent, std::string_view data);
  // Returns what the call has sent so far, and forgets it.
  std::vector<dev::Sent> take(std::string_view call_id);

 private:
  struct OfCall {
    std::vector<std::shared_ptr<One>> all{};
    std::size_t bytes = 0;
    std::list<std::string>::iterator place{};
  };
  std::unordered_map<std::string, OfCall> calls_;
  std::list<std::string> order_;  // the oldest first
};

// Lifetime: all arguments outlive it. Threads: the loop's.
class RecordedSidecar final : public Sidecar {
 public:
  // `to`: null: nothing is sent.
  RecordedSidecar(Loop& loop, SentData& sent, Sidecar* to) : loop_(loop), sent_(sent), to_(to) {}

  void invoke_binding(const BindingCall& call, const SidecarOptions& options,
                      SidecarDone done) override;
  void publish(const PublishCall& call, const SidecarOptions& options, SidecarDone done) override;
  void publish_all(std::span<const PublishCall> calls, const SidecarOptions& options,
                   BulkDone done) override;

 private:
  std::shared_ptr<SentData::One> note(const BindingCall& call, const SidecarOptions& options);
  std::shared_ptr<SentData::One> note(const PublishCall& call, const SidecarOptions& options);

  Loop& loop_;
  SentData& sent_;
  Sidecar* to_;
};

}  // namespace ofn::cli
