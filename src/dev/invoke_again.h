// Sends the last request again, when the build under way serves.
//
//   InvokeAgain again(loop, ring, {.coming = [&] { return supervisor.coming(); }, .send = send}, terminal);
//   again.invoke();                                 // "waits for build 4 …", and later the request goes out
#pragma once

#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/error.h"
#include "dev/event.h"
#include "dev/replay.h"
#include "dev/ring.h"
#include "loop/loop.h"

namespace ofn::dev {

// It is the request that was the last one when invoke() was called. It goes to the newest build that can be had: if one is being
// made, it waits until that serves or has failed, but at most kPatience. Only what the developer would not see anyway is said: why
// it waits, and problems; the worker reports the request like others.
//
// Lifetime: all arguments outlive it, and it must hear of builds (Listeners). Threads: the loop's.
class InvokeAgain final : public Listener, private Ready {
 public:
  static constexpr Duration kPatience = std::chrono::seconds(10);

  struct Options {
    // Returns the build that is being made; 0: none.
    std::function<unsigned()> coming;
    // Replays::send(), to the app.
    std::function<Result<std::vector<std::string>>(const CallEnded&, Replays::Done)> send;
  };

  InvokeAgain(Loop& loop, const Ring& ring, Options options, Listener& told)
      : loop_(loop), ring_(ring), options_(std::move(options)), told_(told) {}
  InvokeAgain(const InvokeAgain&) = delete;
  InvokeAgain& operator=(const InvokeAgain&) = delete;

  // While a request waits, another one takes its place.
  void invoke();

  void on(const ServingBuild& event) override;
  void on(const BuildFailed& event) override;

 private:
  void run_ready() override;
  void lose_patience();
  void send_waiting();
  void answered(const Result<Replayed>& answered);
  void say(Told::Weight weight, std::string text);

  Loop& loop_;
  const Ring& ring_;
  Options options_;
  Listener& told_;
  std::optional<CallEnded> waiting_;
  Timer patience_{loop_, [this] { lose_patience(); }};
};

}  // namespace ofn::dev
