// What happens in one run: the settings of the instance, and the acts of its callers, its sidecar and its network, each at its time. A seed
// makes a script; a script without some of its acts is a script too, which is how a failing one is shortened.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"

namespace ofn::simulation {

enum class Act : std::uint8_t {
  kRequest,         // over HTTP/1.1
  kRequest2,        // over HTTP/2
  kDeliver,         // the sidecar delivers
  kCutSidecar,      // the connections to the sidecar break
  kRefuseSidecar,   // the sidecar refuses connections for `amount` ms
  kDeadSidecar,     // the sidecar's connections bring nothing any more
  kRestartSidecar,  // the sidecar says goodbye, refuses for `amount` ms, and comes back
  kJump,            // the clock goes on by `amount` ms at once
  kNoThreads,       // the system grants no thread for `amount` ms
  kStop,            // the instance is told to stop
};

// What the function does with a call.
enum class Does : std::uint8_t {
  kReturns,
  kThrows,
  kRefuses,
  kFails,
  kSleeps,
  kSleepsTooLong,
  kReturnsMuch,
  kWaitsForStop
};

// How the author has written the function of a request.
enum class Form : std::uint8_t {
  kPlain,        // takes and returns the whole
  kWrites,       // writes its answer in pieces
  kWritesLater,  // the same as a task
  kReads,        // reads its request in pieces
  kReadsLater,   // the same as a task
  kBoth,         // reads and writes in pieces
  kLater         // a task
};

// What the sidecar does with what it gets for a call.
enum class Takes : std::uint8_t {
  kAccepts,
  kAcceptsLate,
  kRefuses,
  kIsUnavailable,
  kNever,
  kExhausted
};

// How the caller treats its connection.
enum class Manner : std::uint8_t {
  kGood,
  kSlowSender,
  kSlowReader,
  kBrokenOff,
  kLeaves,
  kHalfCloses,
  kDead
};

enum class Input : std::uint8_t { kBinding, kTopic, kOrdered, kLimited, kBulk };

struct Op {
  Duration at{};
  Act act{};
  Does does{};
  Takes takes{};
  Manner manner{};
  Input input{};
  Form form{};
  unsigned who = 0;     // which connection
  unsigned amount = 0;  // milliseconds, or bytes
  unsigned body = 0;    // bytes of the request
};

struct Setting {
  std::uint64_t seed = 0;
  bool is_async = false;   // a sidecar delivers; otherwise clients send requests
  bool by_http = false;    // the sidecar delivers over HTTP
  bool by_task = false;    // the function of deliveries is a task
  bool has_forms = false;  // functions of all forms serve requests; otherwise a plain one
  unsigned loops = 1;
  unsigned outputs = 1;
  std::size_t concurrency = 8;
  std::size_t queue = 8;
  std::size_t memory = std::size_t{64} << 20U;
  bool starves = false;  // allocations for what peers send fail at times
  Duration timeout = std::chrono::seconds(10);
  Duration delay = std::chrono::microseconds(300);
  bool stays_on_loops = false;
  bool breaks_up = false;
  Duration drain_delay{};
  Duration reload_at = Duration::max();  // another instance takes over; max(): none does
  unsigned skips = 16;                   // the scheduler leaves out one turn in so many
};

struct Script {
  Setting setting;
  std::vector<Op> ops;   // by time
  std::size_t stop = 0;  // which of them is kStop
};

Script make_script(std::uint64_t seed);
std::string form_name(Form form);
// One line for each act, for people.
std::string text_of(const Script& script, const std::vector<bool>& kept);

// A call's key is its number in the script and the number of the attempt, or of the entry of a bulk.
constexpr unsigned kAttempts = 4;
constexpr unsigned key_of(std::size_t op, unsigned attempt) {
  return static_cast<unsigned>(op) * kAttempts + attempt;
}
constexpr std::size_t op_of(unsigned key) { return key / kAttempts; }
std::string data_of(unsigned key);       // "k17 "
unsigned key_in(std::string_view text);  // the key of "k17 …" or "/…/k17"; kNoKey
constexpr unsigned kNoKey = ~0U;
constexpr bool writes_pieces(Form form) {
  return form == Form::kWrites || form == Form::kWritesLater || form == Form::kBoth;
}
// Returns true if the function sends its answer in pieces before its outputs have confirmed it (Writer::send_early).
constexpr bool sends_early(const Op& op) { return op.who % 2 == 1; }
// The target of the call's request, and its body.
std::string path_of(const Op& op, unsigned key);
std::string_view body_of(const Op& op, unsigned key);
constexpr unsigned kMostBody = 200'000;  // bytes
// What the function returns for a call, and so what its outputs get.
std::string answer_of(const Script& script, unsigned key);

}  // namespace ofn::simulation
