// Sends the spans of a call before its answer leaves. Some platforms stop a program's processors as soon as it has answered; what would
// be sent later may then never be sent.
//
//   FlushedAnswers flushed(front, part, 200ms);     // an answer waits for at most 200 ms
#pragma once

#include <optional>

#include "base/clock.h"
#include "cli/traces.h"
#include "wire/exchange.h"

namespace ofn::cli {

// Stands in front of a handler. An answer in pieces waits before its end.
// Lifetime: `to` and `traces` outlive it, and it outlives its exchanges. Threads: the loop's.
// Cost: some allocations for each request, and the time until the collector has answered, at most `budget`.
class FlushedAnswers final : public wire::Handler {
 public:
  FlushedAnswers(wire::Handler& to, Traces::OnLoop& traces, Duration budget)
      : to_(to), traces_(traces), budget_(budget) {}

  void handle(wire::ExchangePtr exchange) override;
  std::optional<Response> refuse_call(const wire::Message& head) override {
    return to_.refuse_call(head);
  }
  bool takes_pieces(const wire::Message& head) override { return to_.takes_pieces(head); }

 private:
  wire::Handler& to_;
  Traces::OnLoop& traces_;
  Duration budget_;
};

}  // namespace ofn::cli
