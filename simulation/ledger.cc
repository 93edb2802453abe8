#include "simulation/ledger.h"

#include <algorithm>
#include <utility>

#include "simulation/starving.h"

namespace ofn::simulation {

namespace {

using dapr::TopicStatus;

// How much later than its time limit a call may be answered: what the network and the scheduler add.
constexpr std::chrono::seconds kGrace(1);
// Bytes of an answer in pieces that wait for the caller before the function waits.
constexpr std::size_t kMostWaiting = std::size_t{64} * 1024;

bool returns_success(Does does) {
  return does == Does::kReturns || does == Does::kSleeps || does == Does::kSleepsTooLong ||
         does == Does::kReturnsMuch || does == Does::kWaitsForStop;
}

}  // namespace

std::string Ledger::name(unsigned key) const { return "k" + std::to_string(key); }

void Ledger::break_rule(std::string oracle, std::string what) {
  const NotStarving simulation;
  violations_.push_back({std::move(oracle), std::move(what)});
}

void Ledger::sends(unsigned key, bool is_good) {
  Known& call = of(key);
  call.sent = kernel_.now();
  call.is_good = is_good;
}

bool Ledger::is_confirmed(const Known& call) const {
  return std::ranges::all_of(call.confirmed.begin(),
                             call.confirmed.begin() + script_.setting.outputs,
                             [](unsigned n) { return n > 0; });
}

// A success was told: the function has returned it, and every output is confirmed.
void Ledger::ends_well(unsigned key, std::string_view how) {
  const Known& call = of(key);
  if (call.returned == 0)
    break_rule(
        "nothing failed is acknowledged",
        name(key) + " was " + std::string(how) + ", but the function has not returned a success");
  for (unsigned output = 0; output < script_.setting.outputs; ++output) {
    if (call.confirmed[output] == 0)
      break_rule("nothing acknowledged is lost", name(key) + " was " + std::string(how) +
                                                     ", but output " + std::to_string(output) +
                                                     " has not confirmed it");
  }
}

void Ledger::answered(unsigned key, int status, std::string_view body) {
  Known& call = of(key);
  reached("request answered " + std::to_string(status));
  if (++call.answers > 1) break_rule("every call ends once", name(key) + " was answered twice");
  call.status = status;
  const Duration took = kernel_.now() - call.sent;
  const Setting& setting = script_.setting;
  if (status < 300) {
    ends_well(key, "answered " + std::to_string(status));
    if (body != answer_of(script_, key))
      break_rule("the answer is the function's", name(key) + " got another body");
  }
  const bool ran_to_an_end = call.returned + call.failed > 0;
  const bool confirmed = is_confirmed(call);
  const bool refused = std::ranges::any_of(call.refused, [](unsigned n) { return n > 0; });
  // Nothing has kept the outputs from it, and there was time.
  const bool is_easy =
      op(key).takes == Takes::kAccepts && !sidecar_was_lost_ && jumps_ == Duration::zero();
  if (status != 200 && is_easy && call.returned > 0 &&
      call.returned_at + std::chrono::milliseconds(500) < call.sent + setting.timeout)
    break_rule("what was returned is delivered", name(key) + " got a " + std::to_string(status) +
                                                     ", but nothing has kept its outputs from it");
  switch (status) {
    case 200:
    case 503:
      break;
    case 418:
      if (call.failed == 0)
        break_rule("the answer is the function's",
                   name(key) + " got a 418 that the function has not returned");
      break;
    case 500:
      if (call.failed == 0)
        break_rule("the answer is the function's",
                   name(key) + " got a 500, but the function has not failed");
      break;
    case 502:
      if (!refused)
        break_rule("the answer says what happened",
                   name(key) + " got a 502, but no output was refused");
      break;
    case 504:
      if (took + std::chrono::milliseconds(5) < setting.timeout)
        break_rule("the answer says what happened", name(key) + " got a 504 before its time limit");
      break;
    case 400:  // the rest of a body that is read in pieces will not come
    case 408:
      if (call.is_good)
        break_rule("a good caller is answered", name(key) + " got a " + std::to_string(status));
      break;
    default:
      break_rule("the answer says what happened",
                 name(key) + " got the status " + std::to_string(status));
  }
  if (status == 503 && ran_to_an_end && call.returned > 0 && confirmed && setting.outputs > 0 &&
      !sidecar_was_lost_)
    break_rule("the answer says what happened",
               name(key) + " got a 503, but all its outputs are confirmed");
}

void Ledger::lost(unsigned key, const Answer* part) {
  Known& call = of(key);
  if (call.answers > 0 || std::exchange(call.is_lost, true)) return;
  reached("request lost");
  if (part != nullptr) {
    reached("answer cut off");
    if (part->status == 200 && !answer_of(script_, key).starts_with(part->body))
      break_rule("the answer is the function's", name(key) + " got a part of another body");
  }
  // What fails, or is too late, cuts off the answer that it has begun. A caller over HTTP/2 does not see what has begun.
  const bool has_begun =
      part != nullptr ? part->is_chunked : op(key).act == Act::kRequest2 || call.writes;
  const bool is_late =
      kernel_.now() + std::chrono::milliseconds(5) >= call.sent + script_.setting.timeout;
  const bool has_output_failed =
      sends_early(op(key)) && call.returned > 0 && (!is_confirmed(call) || sidecar_was_lost_);
  const bool is_cut_off =
      has_begun && writes_pieces(op(key).form) && (call.failed > 0 || is_late || has_output_failed);
  if (!is_cut_off) check_lost(key);
}

void Ledger::behind_the_last(unsigned key) {
  Known& call = of(key);
  call.is_lost = true;
  if (call.is_good && call.began > 0)
    break_rule("a good caller is answered", name(key) + " began behind the last answer");
}

void Ledger::check_lost(unsigned key) {
  const Known& call = of(key);
  // Whatever has arrived when the instance begins to close its connections is answered, or an earlier answer says that it was the last
  // (Caller::take_answers).
  if (call.is_good && !sheds_ && (call.began > 0 || call.has_arrived))
    break_rule("a good caller is answered", name(key) + " lost its connection before the answer");
}

void Ledger::delivery_lost(unsigned key) {
  reached("delivery lost its connection");
  check_lost(key);
  not_acknowledged(key);
}

void Ledger::acknowledged(unsigned key, TopicStatus status) {
  Known& call = of(key);
  if (++call.answers > 1) break_rule("every call ends once", name(key) + " was answered twice");
  if (status == TopicStatus::kSuccess) {
    reached("delivery acknowledged");
    call.is_acknowledged = true;
    return ends_well(key, "acknowledged");
  }
  if (status == TopicStatus::kRetry) {
    reached("delivery asked again");
    return;
  }
  reached("delivery dropped");
  // None of its runs was acknowledged, also if the function returned a success too late.
  unsigned failed = 0;
  for (unsigned attempt = 0; attempt < kAttempts; ++attempt)
    failed += of(key_of(op_of(key), attempt)).runs;
  if (op(key).input != Input::kLimited || failed < 2)
    break_rule("nothing is dropped",
               name(key) + " was dropped after " + std::to_string(failed) + " failures");
}

void Ledger::not_acknowledged(unsigned key) {
  Known& call = of(key);
  if (++call.answers > 1) break_rule("every call ends once", name(key) + " was answered twice");
  reached("delivery failed");
}

void Ledger::began(unsigned key) {
  const NotStarving simulation;
  Known& call = of(key);
  if (++call.began > 1) break_rule("every call ends once", name(key) + " began twice");
  if (script_.setting.is_async && op(key).input == Input::kOrdered) in_order_.push_back(key);
}

void Ledger::ended(unsigned key, const CallRecord& record) {
  const NotStarving simulation;
  static constexpr std::string_view kVerdicts[] = {"success", "error", "crash"};
  const CallOutcome& outcome = record.outcome;
  reached((script_.setting.is_async ? "delivery " : "call ") +
          std::string(kVerdicts[static_cast<std::size_t>(outcome.verdict)]) + ", refusal " +
          std::to_string(static_cast<int>(outcome.refusal)) + ", placed " +
          std::to_string(static_cast<int>(outcome.ran_on)) +
          (outcome.timed_out ? ", timed out" : "") + (outcome.dropped ? ", dropped" : ""));
  for (const OutputResult& output : record.outputs) {
    reached("output ended " + std::to_string(static_cast<int>(output.outcome)));
    if (output.tries > 1) reached("output retried");
  }
  if (key == kNoKey) return;
  Known& call = of(key);
  if (outcome.refusal == Refusal::kCallerLeft && call.is_good && op(key).act == Act::kRequest &&
      !call.is_lost && !sheds_)
    break_rule("a good caller is answered", name(key) + " lost its place, but its caller waits");
  if (++call.ended > 1) break_rule("every call ends once", name(key) + " ended twice");
  if (record.answered > script_.setting.timeout + kGrace + jumps_)
    break_rule("no call outlives its deadline", name(key) + " was answered too late");
}

void Ledger::runs(unsigned key) {
  Known& call = of(key);
  if (++call.runs > 1)
    break_rule("every call runs once", "the function got " + name(key) + " twice");
  if (call.ended > 0) break_rule("every call ends once", name(key) + " runs after its end");
  if (!script_.setting.is_async || op(key).input != Input::kOrdered) return;
  ++ordered_running_;
  if (has_reloaded_) return;
  if (ordered_running_ > 1)
    break_rule("the order is kept", name(key) + " runs beside another one of its input");
  for (const unsigned earlier : in_order_) {
    if (earlier == key) return;
    if (of(earlier).runs == 0 && of(earlier).ended == 0)
      break_rule("the order is kept", name(key) + " runs before " + name(earlier));
  }
}

void Ledger::returns(unsigned key, bool is_success) {
  Known& call = of(key);
  ++(is_success ? call.returned : call.failed);
  if (is_success) call.returned_at = kernel_.now();
  if (script_.setting.has_forms || script_.setting.by_task)
    reached((script_.setting.by_task ? "task of a delivery" : form_name(op(key).form)) +
            std::string(is_success ? " returned" : " failed"));
  if (script_.setting.is_async && op(key).input == Input::kOrdered) --ordered_running_;
}

void Ledger::wrote(unsigned key, std::size_t bytes) {
  Known& call = of(key);
  call.wrote += bytes;
  // What waits is the mark and the piece that passed it (StreamHost::kMark); the rest is in the hands of the kernel.
  if (call.fd < 0 || script_.setting.outputs > 0 || call.is_lost) return;
  if (call.wrote > kernel_.sent_to(call.fd) + kMostWaiting + bytes)
    break_rule("budgets hold", name(key) + " may write although its caller does not read");
}

void Ledger::read(unsigned key, std::size_t at, std::string_view piece) {
  reached("body read in pieces");
  if (body_of(op(key), key).substr(std::min(at, body_of(op(key), key).size()), piece.size()) !=
      piece)
    break_rule("a body is whole or fails", name(key) + " read what its caller has not sent");
}

void Ledger::read_all(unsigned key, std::size_t bytes) {
  if (bytes != body_of(op(key), key).size())
    break_rule("a body is whole or fails",
               name(key) + " read the end of its body after " + std::to_string(bytes) + " bytes");
}

void Ledger::received(unsigned key, std::size_t output, std::string_view data) {
  if (key == kNoKey || key >= calls_.size() || output >= 2)
    return break_rule("only what was returned is sent", "the sidecar got data of no call");
  Known& call = of(key);
  reached("sidecar got data");
  if (++call.received[output] > 1)
    break_rule("nothing is sent twice",
               name(key) + " came twice to output " + std::to_string(output));
  // A delivered function sends before it returns.
  const bool may_send = script_.setting.is_async ? call.runs > 0 : call.returned > 0;
  if (!may_send || data != answer_of(script_, key) || !returns_success(op(key).does))
    break_rule("only what was returned is sent",
               "the sidecar got for " + name(key) + " what its function has not returned");
}

void Ledger::confirms(unsigned key, std::size_t output) { ++of(key).confirmed[output]; }
void Ledger::refuses(unsigned key, std::size_t output) { ++of(key).refused[output]; }

void Ledger::starves() {
  const NotStarving simulation;
  reached("connection starved");
  sheds_ = true;
}

void Ledger::at_rest() {
  for (unsigned key = 0; key < calls_.size(); ++key) {
    const Known& call = calls_[key];
    if (call.began != 0 && call.ended == 0)
      break_rule("every call ends once", name(key) + " has begun and not ended");
    // After the stop a caller may find nobody.
    if (call.sent == SteadyTime::max() || call.sent > stopping_) continue;
    if (call.is_good && call.answers == 0 && !call.is_lost)
      break_rule("a good caller is answered", name(key) + " still waits for its answer");
  }
}

}  // namespace ofn::simulation
