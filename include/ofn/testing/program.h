// The program under test: the functions of this test program, or one of them, called without a server. Authors include <ofn/testing.h>.
//
//   std::string greet(const ofn::Request& request) { return "hello " + request.query("name").value_or("world") + "\n"; }
//   OFN_FUNCTION(greet)
//
//   void example() {
//     ofn::testing::Program program;
//     const ofn::testing::Result result = program.get("/?name=Ann");
//   }
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <ofn/register.h>
#include <ofn/route.h>
#include <ofn/testing/call.h>
#include <ofn/testing/host.h>
#include <ofn/testing/result.h>
#include <ofn/testing/sidecar.h>
#include <ofn/testing/web.h>

namespace ofn::testing {

namespace internal {

inline const Host& host() { return *ofn_testing_host(); }

inline abi::Program this_program() {
  abi::Program program;
  ofn_program(&program);
  return program;
}

// A program of one function.
template <auto kFunction>
struct Only {
  static constexpr abi::Registration kRegistration =
      ofn::internal::registration<ofn::internal::select_alone(kFunction)>(
          abi::Origin::kAuthor, "function", "", 0, nullptr);
  static constexpr const abi::Registration* kEntry = &kRegistration;
};

}  // namespace internal

// A call that has begun and perhaps not ended: a function that waits for time, whose client is slow, or has not sent all.
// Lifetime: the Program outlives it.
class Running {
 public:
  explicit Running(std::unique_ptr<internal::Flight> flight) : flight_(std::move(flight)) {}

  bool has_ended() const { return flight_->result().has_ended; }
  // Returns what the call has answered and sent so far.
  Result result() const { return flight_->result(); }
  // Moves the program's clock as far as the call needs, until it has ended.
  Result finish() {
    flight_->finish();
    return flight_->result();
  }
  // For a call with Call::pieces: one more piece of the body, or its end.
  void bring(std::string_view piece) { flight_->bring(piece); }
  void end_body() { flight_->end_body(); }
  // A slow reader takes as many bytes.
  void read(std::size_t bytes) { flight_->read(bytes); }
  // The client goes away.
  void leave() { flight_->leave(); }

 private:
  std::unique_ptr<internal::Flight> flight_;
};

// Serves each call by the framework's own code: routes, limits of routes, middleware, hooks, JSON, outputs, error handlers. There is no
// socket, and the function runs on the test's thread, unless a call is under way that start() has begun.
// Time: the program's clock stands still while nothing waits for it. A call that waits for time, such as a task that sleeps, an output that
// is tried again, or a late sidecar, moves it, unless the call is begun by start(). A task that waits for something outside, such as a
// thread or a descriptor, gets it in real time.
// Two programs share nothing but what the author's code shares.
// Errors: std::runtime_error for mistakes of the program and of its context, with the words of a start. A crash ends the test program.
// Threads: one, the test's. Cost: some microseconds a call.
class Program {
 public:
  // All functions that this program registers.
  explicit Program(const Options& options = {}) : Program(internal::this_program(), options) {}
  Program(const abi::Program& program, const Options& options)
      : stage_(internal::host().open(program, options)), sidecar_(*stage_), web_(*stage_) {}

  // A program of one function, whether or not it is registered: Program::of<hello>(). Error handlers, middleware and life functions of
  // this program belong to it, too.
  template <auto kFunction>
  static Program of(const Options& options = {}) {
    abi::Program program = internal::this_program();
    program.begin = &internal::Only<kFunction>::kEntry;
    program.end = program.begin + 1;
    return {program, options};
  }

  // Requests. Each returns when the call has ended.
  Result call(const Call& call) {
    const std::unique_ptr<internal::Flight> flight = stage_->start(call, false);
    flight->finish();
    return flight->result();
  }
  Result get(std::string target, std::vector<Header> fields = {}) {
    return call({.method = "GET", .target = std::move(target), .fields = std::move(fields)});
  }
  Result post(std::string target, std::string body, std::string content_type = {}) {
    return invoke_route("POST", std::move(target), std::move(body), std::move(content_type));
  }
  // A POST of JSON.
  Result post_json(std::string target, std::string json) {
    return post(std::move(target), std::move(json), "application/json");
  }
  Result invoke_route(std::string method, std::string target, std::string body = {},
                      std::string content_type = {}) {
    Call made{.method = std::move(method), .target = std::move(target), .body = std::move(body)};
    if (!content_type.empty()) made.fields.push_back({"content-type", std::move(content_type)});
    return call(made);
  }
  // A POST of the body to the first path, for a function whose path does not matter.
  Result invoke(std::string body = {}, std::string content_type = {}) {
    return post("/", std::move(body), std::move(content_type));
  }

  // Events, over HTTP.
  Result send_event(const CloudEvent& event, EventMode mode = EventMode::kBinary,
                    std::string target = "/") {
    return send(stage_->call_of({event}, mode, false), std::move(target));
  }
  Result send_events(const std::vector<CloudEvent>& events, std::string target = "/") {
    return send(stage_->call_of(events, EventMode::kStructured, true), std::move(target));
  }

  // Deliveries of a sidecar. `input` is the name of one of the context's triggers.
  Result deliver(std::string_view input, const Message& message) {
    return Running(stage_->start_delivery(input, message, false)).finish();
  }
  Result deliver(std::string_view input, std::string data) {
    return deliver(input, Message{.data = std::move(data)});
  }
  BulkResult deliver_all(std::string_view input, const std::vector<Message>& messages) {
    return stage_->deliver_all(input, messages);
  }

  // A job that is due, as Dapr brings it: a POST of the data to /job/NAME. Without data it is the job of that name which a function has scheduled.
  Result run_job(const std::string& name) { return call(stage_->job_call(name, std::nullopt)); }
  Result run_job(const std::string& name, std::string data) {
    return call(stage_->job_call(name, std::move(data)));
  }
  // A probe of the platform: a success if every OFN_READY says yes. They run each time.
  Result probe() { return get("/", {{"User-Agent", "kube-probe/1"}}); }

  // Begins a call, and runs it as far as it goes without moving the clock: until it has ended, or waits for time, for its client, for a thread or
  // for a descriptor. A body in pieces has no end yet, and a client with Call::reads_at_once reads only by Running::read(). It works for
  // every form of function. While such a call is under way, each function has a thread of its own, and only one of them, or the test,
  // runs at a time.
  Running start(const Call& call) { return Running(stage_->start(call, true)); }
  Running start_delivery(std::string_view input, const Message& message) {
    return Running(stage_->start_delivery(input, message, true));
  }
  // Moves the clock, in steps of a millisecond (of a ten-thousandth of the time, above ten seconds), and runs what becomes due.
  void advance(std::chrono::nanoseconds time) { stage_->advance(time); }
  // How far the clock has moved since the program began.
  std::chrono::nanoseconds elapsed() const { return stage_->elapsed(); }

  Sidecar& sidecar() { return sidecar_; }
  Web& web() { return web_; }
  // All lines of the log.
  std::vector<std::string> log() const { return stage_->log(); }
  // The OpenAPI document of the functions.
  std::string openapi() const { return stage_->openapi(); }
  // Runs OFN_STOP, if OFN_START has run. The destructor does it, too.
  void stop() { stage_->stop(); }

 private:
  Result send(Call made, std::string target) {
    made.target = std::move(target);
    return call(made);
  }

  std::unique_ptr<internal::Stage> stage_;
  Sidecar sidecar_;
  Web web_;
};

// Calls one function once: invoke<hello>({.target = "/?name=Ann"}).
template <auto kFunction>
Result invoke(const Call& call = {}, const Options& options = {}) {
  return Program::of<kFunction>(options).call(call);
}

// A server of this program's functions on a free port of this machine, for HTTP clients. It has threads of its own and the real time.
// The destructor returns when the last call has ended and the port is free.
class TestServer {
 public:
  explicit TestServer(const Options& options = {})
      : handle_(internal::host().serve(internal::this_program(), options)), web_(*handle_) {}

  std::uint16_t port() const { return handle_->port(); }
  // "http://127.0.0.1:40123"
  std::string url() const { return "http://127.0.0.1:" + std::to_string(port()); }
  // The servers that the functions ask. WebAnswer::after is real time. A function that makes an answer runs on a thread of the server, and
  // must not use this object.
  Web& web() { return web_; }
  // Returns when the last call has ended and the port is free. The object cannot be used any more. Throws std::runtime_error if a function has
  // asked a server for what the test does not answer; the destructor does not tell it.
  void stop() {
    if (!handle_) return;
    const std::string problem = handle_->stop();
    handle_.reset();
    if (!problem.empty()) throw std::runtime_error(problem);
  }

 private:
  std::unique_ptr<internal::ServerHandle> handle_;
  Web web_;
};

}  // namespace ofn::testing
