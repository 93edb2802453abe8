// Keeps what the open requests of a loop and their answers contain, so that the report of a call can have it.
//
//   CallContents contents;
//   CallRecorder recorder(front, contents);            // in front of a handler
//   …
//   if (CallContents::Of* of = contents.find(record.start.target)) say(of->request.size);
#pragma once

#include <optional>
#include <string_view>
#include <unordered_map>

#include "dev/event.h"
#include "wire/exchange.h"

namespace ofn::cli {

// Secrets are hidden, and large bodies cut, before they are stored (dev/content.h).
// Lifetime: outlives the exchanges. Threads: the loop's.
class CallContents {
 public:
  struct Of {
    dev::Content request{};
    dev::Content answer{};
  };
  // `target` is the view that the exchange's request has, not a copy: the place of its bytes tells two requests with the same target
  // apart. Returns nullptr if no open exchange has it. The result is valid until the exchange is released.
  Of* find(std::string_view target);

  void opened(std::string_view target, Of& of) { open_[target.data()] = &of; }
  void closed(std::string_view target) { open_.erase(target.data()); }

 private:
  std::unordered_map<const char*, Of*> open_;
};

// Lifetime: `to` and `contents` outlive it. Threads: the loop's. Cost: two allocations for each request, and a copy of its body and
// of its answer's, so only workers of a supervisor have it.
class CallRecorder final : public wire::Handler {
 public:
  CallRecorder(wire::Handler& to, CallContents& contents) : to_(to), contents_(contents) {}

  void handle(wire::ExchangePtr exchange) override;
  std::optional<Response> refuse_call(const wire::Message& head) override {
    return to_.refuse_call(head);
  }
  bool takes_pieces(const wire::Message& head) override { return to_.takes_pieces(head); }

 private:
  wire::Handler& to_;
  CallContents& contents_;
};

}  // namespace ofn::cli
