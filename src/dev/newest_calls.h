// Calls the newest build: if one is being made, it first waits until that serves or has failed.
//
//   NewestCalls calls(loop, {.coming = coming, .connect = connect, .within = std::chrono::seconds(310)});
//   calls.begin({.target = "/price/7", .body = "{}"}, [&](const Result<NewestCalls::Answer>& answer) { … });
#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <list>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/error.h"
#include "dev/event.h"
#include "loop/loop.h"
#include "os/descriptor.h"
#include "wire/limits.h"

namespace ofn::dev {

// How the worker handles what comes over a connection that the supervisor has made for it.
struct CallMode {
  bool is_delivery =
      false;  // a delivery of an input, as a sidecar makes it over HTTP, and not a request
  bool captures = false;  // nothing that the call sends to outputs leaves the worker

  // As the control channel carries it.
  std::string text() const {
    return std::string(is_delivery ? "delivery" : "request") + (captures ? ",captured" : "");
  }
  static CallMode of(std::string_view text) {
    return {.is_delivery = text.starts_with("delivery"), .captures = text.ends_with(",captured")};
  }
};

// Lifetime: the loop has stopped before it is destroyed, and it must hear of builds (Listeners). Threads: the loop's.
class NewestCalls final : public Listener, private Ready {
 public:
  static constexpr Duration kPatience = std::chrono::seconds(10);
  static constexpr std::size_t kMost = 512;                         // calls at a time
  static constexpr std::size_t kMostAnswer = std::size_t{8} << 20;  // bytes of a body

  struct Wanted {
    CallMode mode{};
    std::string method = "POST";
    std::string target = "/";
    std::vector<std::pair<std::string, std::string>> fields{};
    std::string body{};
  };
  struct Answer {
    int status = 0;
    std::vector<std::pair<std::string, std::string>> fields{};
    std::string body{};
    bool is_cut = false;       // the body was longer
    Duration took{};           // from the connection to the whole answer
    Duration waited{};         // for a build
    bool is_of_older = false;  // the build under way did not serve in time
  };
  using Done = std::move_only_function<void(Result<Answer>)>;

  struct Options {
    // Returns the build that is being made; 0: none.
    std::function<unsigned()> coming;
    // Returns a connection to the worker that serves. Errors: kUnavailable: no build can be served.
    std::function<Result<os::Descriptor>(CallMode)> connect;
    Duration within{};  // for the whole answer
  };

  NewestCalls(Loop& loop, Options options);
  NewestCalls(const NewestCalls&) = delete;
  NewestCalls& operator=(const NewestCalls&) = delete;
  ~NewestCalls() override;

  // `done` runs once, later. Its errors: kUnavailable: no build can be served, or the worker ended before it had answered;
  // kDeadlineExceeded; kResourceExhausted: too many calls at a time.
  void begin(Wanted wanted, Done done);

  void on(const ServingBuild& event) override;
  void on(const BuildFailed& event) override;

 private:
  class One;

  void run_ready() override;
  void send_waiting(bool is_of_older);

  Loop& loop_;
  Options options_;
  wire::Limits limits_;
  std::list<std::unique_ptr<One>> all_;
  Timer patience_;
};

}  // namespace ofn::dev
