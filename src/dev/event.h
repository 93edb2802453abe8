// What happens while a developer works on a function: the vocabulary between the supervisor and those who show it.
//
//   class Terminal final : public Listener {
//     void on(const ServingBuild& serving) override { std::cout << "build " << serving.build; }
//   };
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/clock.h"

namespace ofn::dev {

// A function that a worker serves.
struct ServedFunction {
  std::string name{};
  std::string signature{};            // "http", "cloudevent", …
  std::vector<std::string> routes{};  // "GET /users/{id}"; empty: every path
  // The JSON Schema of what it takes; empty if it takes no type of the author's. Whoever compares what is shown leaves it out.
  std::string schema{};
  friend bool operator==(const ServedFunction& a, const ServedFunction& b) {
    return a.name == b.name && a.signature == b.signature && a.routes == b.routes;
  }
};

// An input or output of the context.
struct Link {
  std::string name{};       // in the context
  std::string component{};  // of Dapr
  std::string type{};       // "bindings.localstorage", "pubsub.mqtt3"
  // Where its data goes or comes from: a topic, a folder, an address; empty if unknown
  std::string to{};
  friend bool operator==(const Link&, const Link&) = default;
};

// A place in the author's code, on a stack.
struct Frame {
  std::string function{};  // "price(ofn::Request const&)"
  std::string file{};      // as the user would open it; empty if unknown
  std::size_t line = 0;
  std::string source{};  // the line's text; empty if the file cannot be read
};

// An exception that the author's code did not catch, or the reason why what a function returned cannot be sent.
struct Thrown {
  std::string type{};           // "std::runtime_error"; empty: nothing was thrown
  std::string what{};           // empty if it has none
  std::vector<Frame> frames{};  // of the author, the innermost first: the place that threw it
};

// The header fields and the body of a request or an answer, without the values of fields that are secrets (content.h).
struct Content {
  static constexpr std::size_t kMostKept = std::size_t{256} << 10;  // of a body, in bytes

  std::vector<std::pair<std::string, std::string>> fields{};
  std::string body{};    // perhaps only its beginning
  std::size_t size = 0;  // of the whole body, in bytes
};

// The function of the first start, as it is known before anything is compiled.
struct Started {
  std::string version{};  // of the framework
  std::string source{};   // as the user named it
  std::string url{};      // "http://127.0.0.1:8080/"
  // "local sidecar at 127.0.0.1:41234", "daprd at …"; empty if none is needed
  std::string sidecar{};
  // "port 8080 is taken by nginx (pid 12), so 8081 is used"; empty if there is nothing to say
  std::string note{};
};

// Something has been saved that the function is made from.
struct BuildStarted {
  unsigned build = 0;                  // counts from 1
  std::vector<std::string> changed{};  // the files, as paths; empty at the first build
};

// A message of the compiler about the author's code.
struct Diagnostic {
  std::string file{};  // as the user would open it
  std::size_t line = 0;
  std::size_t column = 0;
  std::string severity{};  // "error", "warning", "note"
  std::string message{};
};

// The build cannot be served: it does not compile, or its worker did not come up.
struct BuildFailed {
  unsigned build = 0;
  std::string text{};  // the words of the compiler, or of the worker; several lines
  std::vector<Diagnostic> diagnostics{};
  unsigned serving = 0;  // the build that goes on serving; 0: none does
};

// The stages of a reload. A stage that did not take place is 0.
struct StageTimes {
  Duration detect{};     // from the file's time stamp, or the event, to the start of the build
  Duration compile{};    // compile and link
  Duration start{};      // from the worker's start until it is ready
  Duration hand_over{};  // until no older build takes a request
  Duration whole{};
};

// From now on no request begins that an older build answers.
struct ServingBuild {
  unsigned build = 0;
  StageTimes times{};
  bool was_cached = false;  // nothing had to be compiled
  std::string warnings{};   // the words of the compiler; several lines; empty if it said nothing
  std::vector<Diagnostic> diagnostics{};  // the same
  std::vector<ServedFunction> functions{};
  std::vector<Link> inputs{};
  std::vector<Link> outputs{};
};

// What became of one output of a call.
struct OutputTold {
  std::string name{};
  std::string component{};
  std::string outcome{};  // "confirmed", "unreachable", "timed out", "refused", "captured"
  unsigned tries = 1;
  Duration took{};
};

// What a call has sent to an output, as the sidecar gets it: what the function returned, and what it sent itself.
struct Sent {
  std::string output{};     // the output's name in the context
  std::string component{};  // of Dapr
  std::string topic{};      // empty: a binding
  std::string operation{};  // of a binding
  Content content{};        // the metadata and the data
  std::string outcome{};    // "confirmed", "captured", "failed: …"; empty: nothing is known of it
};

// A call has ended.
struct CallEnded {
  unsigned build = 0;
  SystemTime at{};  // when the supervisor heard of it
  std::string id{};
  std::string kind{};    // "request", "event", "binding", "topic", …
  std::string method{};  // of a request
  // A request has its path and its query, whose secrets are hidden (content.h); a delivery has the input's name
  std::string path{};
  std::string function{};
  std::string route{};
  std::string verdict{};  // "success", "error", "crash"
  std::string refusal{};  // why no function ran: "probe", "no route", …; empty if one ran
  int status = 0;         // 0: nothing was answered
  Duration answered{};    // the time until the whole answer was there
  Duration waited{};
  Duration ran{};
  Duration delivered{};
  std::string ran_on{};  // "loop", "worker"
  std::size_t bytes_in = 0;
  std::size_t bytes_out = 0;
  std::vector<OutputTold> outputs{};
  std::vector<Sent> sent{};
  bool is_captured = false;  // nothing that it sent has left the worker
  std::optional<Thrown> thrown{};
  Content request{};  // of a delivery its metadata and its data; empty if it is not recorded
  Content answer{};   // of a request; empty if it is not recorded
};

// The worker ended although nobody told it to.
struct WorkerCrashed {
  unsigned build = 0;
  std::string how{};                   // "SIGSEGV", "exit code 6"
  std::string by{};                    // the call that did it: "GET /price (1f…)"; empty if unknown
  std::vector<Frame> frames{};         // of the author, the innermost first
  std::vector<std::string> running{};  // the other calls that it had not answered
  // When the same build starts again; nullopt: not before the next save
  std::optional<Duration> again_in{};
};

// A call, or the start-up code of a build, keeps a processor busy and does not return.
struct StillRuns {
  enum class Why : std::uint8_t {
    kLong,       // for an unusually long time
    kTimeLimit,  // although its caller was answered 504
    kReload,     // in the older process, which a newer one replaces
    kStart,      // the start-up code: there is no call, and nothing is served
  };
  unsigned build = 0;
  std::string id{};
  std::string call{};  // "GET /price (1f…)"
  std::string function{};
  SystemTime since{};  // when the call, or the process, began
  Duration used{};     // of the processor, as far as it was noticed
  Why why = Why::kLong;
  std::vector<Frame> frames{};  // of the author, the innermost first: where it is
};

// Anything else that the developer should know.
struct Told {
  enum class Weight : std::uint8_t { kInfo, kWarning, kError };
  Weight weight = Weight::kInfo;
  std::string text{};
};

// Lifetime: an event is valid during the call. Threads: the supervisor's loop.
class Listener {
 public:
  virtual ~Listener() = default;
  virtual void on(const Started& /*event*/) {}
  virtual void on(const BuildStarted& /*event*/) {}
  virtual void on(const BuildFailed& /*event*/) {}
  virtual void on(const ServingBuild& /*event*/) {}
  virtual void on(const CallEnded& /*event*/) {}
  virtual void on(const WorkerCrashed& /*event*/) {}
  virtual void on(const StillRuns& /*event*/) {}
  virtual void on(const Told& /*event*/) {}
};

}  // namespace ofn::dev
