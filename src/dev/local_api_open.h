// The requests of the local API that are answered later. Only local_api*.cc includes it.
//
// A Stream is kept by keep(), and written to as long as it is there.
//
// Lifetime: in LocalApi::open_ until it is answered, or its client has left. Threads: the loop's.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "dev/api_answers.h"
#include "dev/local_api.h"
#include "document/json.h"
#include "document/node.h"

namespace ofn::dev {

struct LocalApi::Open {
  Open(LocalApi& of, wire::ExchangePtr of_client) : api(of), exchange(std::move(of_client)) {
    watch();
  }
  Open(const Open&) = delete;
  Open& operator=(const Open&) = delete;
  virtual ~Open() = default;
  virtual void on(const CallEnded& /*call*/) {}
  virtual void on(const LogLine& /*line*/) {}
  virtual void settled() {}  // no build is being made any more

  // Later, because a list of these is being walked, or the wire is at work.
  void end() {
    if (!std::exchange(is_over, true)) {
      api.loop_.post([this, here = std::weak_ptr<int>(alive)] {
        if (!here.expired()) api.drop(*this);
      });
    }
  }
  // A client that has only closed its sending direction still reads.
  void watch() {
    exchange->on_abandoned([this] { exchange->abandoned() ? end() : watch(); });
  }

  LocalApi& api;
  wire::ExchangePtr exchange;
  bool is_over = false;
  std::shared_ptr<int> alive = std::make_shared<int>();
};

template <class Made>
Made& LocalApi::keep(std::unique_ptr<Made> open) {
  Made& made = *open;
  open_.push_back(std::move(open));
  return made;
}

// The status, when no build is being made.
class LocalApi::Settling final : public Open {
 public:
  Settling(LocalApi& of, wire::ExchangePtr of_client)
      : Open(of, std::move(of_client)), patience_(of.loop_, [this] { settled(); }) {
    patience_.arm(of.loop_.clock().now() + NewestCalls::kPatience);
  }
  void settled() override {
    if (is_over) return;
    answer(std::move(exchange), api.status());
    end();
  }

 private:
  Timer patience_;
};

// Calls, or lines of the log, as they come.
class LocalApi::Stream final : public Open {
 public:
  // `filter`: nullopt: lines of the log
  Stream(LocalApi& of, wire::ExchangePtr of_client, std::optional<CallFilter> filter)
      : Open(of, std::move(of_client)), filter_(std::move(filter)) {
    exchange->begin(Response().content_type("application/x-ndjson"), {}, [] {});
  }
  // What a client does not read in time is left out, and counted.
  void write(const document::Node& node) {
    constexpr std::size_t kMostUnsent = std::size_t{4} << 20;
    if (is_over) return;
    if (exchange->unsent() > kMostUnsent) {
      ++missed_;
      return;
    }
    if (const auto missed = std::exchange(missed_, 0); missed > 0)
      exchange->write("{\"missed\":" + std::to_string(missed) + "}\n");
    exchange->write(document::to_json(node) + "\n");
  }
  void on(const CallEnded& call) override {
    if (filter_ && filter_->wants(call)) write(summary_of(call));
  }
  void on(const LogLine& line) override;

 private:
  std::optional<CallFilter> filter_;
  std::uint64_t missed_ = 0;
};

}  // namespace ofn::dev
