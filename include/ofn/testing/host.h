// What stands behind <ofn/testing.h>: the framework's own code for a call, without a socket. It is in the library ofn::testing, and in the
// program for `functions-framework test`. Authors include <ofn/testing.h>.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <ofn/abi.h>
#include <ofn/cloud_event.h>
#include <ofn/field.h>
#include <ofn/http_client.h>
#include <ofn/stores.h>
#include <ofn/testing/call.h>
#include <ofn/testing/result.h>

namespace ofn::testing {

// How a call of the sidecar fails.
enum class Fault {
  kRefused,      // the component answers with an error
  kUnreachable,  // there is no sidecar: certainly nothing was sent
  kLate,         // no answer comes before the deadline
};

// From which call on, and for how many.
struct FaultRange {
  unsigned after = 0;               // as many calls succeed first
  std::optional<unsigned> times{};  // as many fail then; not set: all
  std::string message{};            // of the error; empty: the words of a sidecar
};

// What a server answers to a function (ofn::async_fetch).
struct WebAnswer {
  int status = 200;
  std::vector<Header> headers{};
  std::string body{};
  std::chrono::nanoseconds after{};  // it takes so long, by the program's clock
};

// How a request of a function fails.
enum class WebFault {
  kUnreachable,     // no such host, or nobody listens: UNAVAILABLE
  kLate,            // no answer comes before the deadline: DEADLINE_EXCEEDED
  kBroken,          // the connection ends before the answer does: UNKNOWN
  kBadCertificate,  // FAILED_PRECONDITION
};

namespace internal {

struct Failing {
  std::string name;
  Fault fault = Fault::kRefused;
  std::optional<Code> code{};  // instead of the fault's
  FaultRange range{};
};

struct WebFailing {
  WebFault fault = WebFault::kUnreachable;
  std::optional<Code> code{};  // instead of the fault's
  FaultRange range{};
};

// A call under way. Lifetime: its Stage outlives it. Threads: the test's.
class Flight {
 public:
  virtual ~Flight() = default;
  virtual Result result() const = 0;
  // Moves the clock until the call has ended.
  virtual void finish() = 0;
  virtual void bring(std::string_view piece) = 0;
  virtual void end_body() = 0;
  virtual void read(std::size_t bytes) = 0;
  virtual void leave() = 0;
};

// The servers that functions ask. Errors: std::runtime_error for a request that cannot be. Threads: the test's.
class WebScript {
 public:
  virtual ~WebScript() = default;
  virtual void answer(std::string_view request,
                      std::function<WebAnswer(const HttpCall&)> answer) = 0;
  virtual void fail(std::string_view request, const WebFailing& failing) = 0;
  // Valid until the next call of it.
  virtual const std::vector<HttpCall>& asked() = 0;
};

// A program with its sidecar and its clock. Errors: std::runtime_error for a name that the context does not have. Threads: the test's.
class Stage : public WebScript {
 public:
  // `by_hand`: the test goes on while the call is under way; a body in pieces has no end yet.
  virtual std::unique_ptr<Flight> start(const Call& call, bool by_hand) = 0;
  virtual std::unique_ptr<Flight> start_delivery(std::string_view input, const Message& message,
                                                 bool by_hand) = 0;
  virtual BulkResult deliver_all(std::string_view input, const std::vector<Message>& messages) = 0;
  virtual Call call_of(const std::vector<CloudEvent>& events, EventMode mode, bool as_batch) = 0;
  virtual void advance(std::chrono::nanoseconds time) = 0;
  virtual std::chrono::nanoseconds elapsed() const = 0;
  virtual void stop() = 0;
  virtual std::vector<std::string> log() const = 0;
  virtual std::string openapi() const = 0;

  using WebScript::fail;
  virtual void fail(const Failing& failing) = 0;
  virtual void fail_items(std::string_view output, std::vector<std::size_t> places) = 0;
  virtual void delay(std::string_view name, std::chrono::nanoseconds time) = 0;
  virtual void heal() = 0;
  virtual void reply(std::string_view output, SendResult answer) = 0;
  virtual void set_state(std::string_view store, std::string_view key, std::string value) = 0;
  virtual std::optional<std::string> state(std::string_view store, std::string_view key) const = 0;
  virtual States states() const = 0;
  virtual void conflict(std::string_view store, std::string_view key, unsigned times) = 0;
  virtual void set_secret(std::string_view store, std::string_view key,
                          std::vector<Header> entries) = 0;
  virtual void on_invoke(std::string app,
                         std::function<Reply<InvokeReply>(const InvokeService&)> answer) = 0;
  virtual std::vector<InvokeService> invoked() const = 0;
  virtual std::vector<Job> jobs() const = 0;
  // What brings a job. Without `data` it is the one that is scheduled, which ends if it is not to come again.
  virtual Call job_call(const std::string& name, std::optional<std::string> data) = 0;
  virtual const std::vector<Sent>& sent() const = 0;
};

// A server on a port of this machine.
class ServerHandle : public WebScript {
 public:
  virtual std::uint16_t port() const = 0;
  // Returns when the last call has ended and the port is free: in words, which request the test has not answered; empty if there was none.
  virtual std::string stop() = 0;
};

class Host {
 public:
  virtual ~Host() = default;
  // Errors: std::runtime_error with all mistakes of the program, of its context and of its start functions.
  virtual std::unique_ptr<Stage> open(const abi::Program& program,
                                      const Options& options) const = 0;
  virtual std::unique_ptr<ServerHandle> serve(const abi::Program& program,
                                              const Options& options) const = 0;
  // Returns the differences between two JSON texts, one a line with its path; empty if they are equal. The order of members does not
  // count.
  virtual std::string json_differences(std::string_view expected,
                                       std::string_view actual) const = 0;
  // Compares a text with the snapshot of that name beside the source file. Returns the differences; empty if they are equal.
  virtual std::string snapshot_problem(std::string_view source, std::string_view name,
                                       std::string_view text) const = 0;
};

}  // namespace internal
}  // namespace ofn::testing

// The library has it, or the program that loads the tests.
extern "C" const ofn::testing::internal::Host* ofn_testing_host() noexcept;
