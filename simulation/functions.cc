#include "simulation/functions.h"

#include <algorithm>
#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include <ofn/await.h>
#include <ofn/function.h>
#include <ofn/reader.h>

#include "function/registry.h"

namespace ofn::simulation {

namespace {

using std::chrono::milliseconds;

// The longest that a function waits for its stop.
constexpr std::chrono::seconds kLongestWait(60);

// Functions have no argument through which they could find these.
Fibers* the_threads = nullptr;
Ledger* the_ledger = nullptr;
const Script* the_script = nullptr;

struct Failed {};

// One run of a function. A run without a result has failed.
class Run {
 public:
  explicit Run(unsigned key) : key_(key) { the_ledger->runs(key); }
  Run(const Run&) = delete;
  Run& operator=(const Run&) = delete;
  ~Run() { end(false); }

  unsigned key() const { return key_; }
  const Op& op() const { return the_ledger->op(key_); }
  void end(bool is_success) {
    if (!std::exchange(has_ended_, true)) the_ledger->returns(key_, is_success);
  }

 private:
  unsigned key_;
  bool has_ended_ = false;
};

Duration nap_of(const Op& op) {
  const Duration more = op.does == Does::kSleepsTooLong ? the_script->setting.timeout : Duration();
  return more + milliseconds(op.amount);
}
int failure_of(const Op& op) { return op.does == Does::kRefuses ? 418 : 500; }

// What the function does before it returns. Returns true if it returns a success.
bool act(const Run& run, const std::stop_token& stop) {
  const Kernel& kernel = Kernel::here();
  switch (run.op().does) {
    case Does::kReturns:
    case Does::kReturnsMuch:
      return true;
    case Does::kThrows:
      throw Failed();
    case Does::kRefuses:
    case Does::kFails:
      return false;
    case Does::kSleeps:
    case Does::kSleepsTooLong:
      the_threads->wait_until([] { return false; }, kernel.now() + nap_of(run.op()));
      return true;
    case Does::kWaitsForStop:
      the_threads->wait_until([&stop] { return stop.stop_requested(); },
                              kernel.now() + kLongestWait);
      return true;
  }
  return true;
}

// The same as a task.
task<void> nap(Duration time) { co_await sleep_for(time); }
task<void> work() {
  co_await on_worker([] {});
}
task<bool> act_later(const Run& run) {
  const Op& op = run.op();
  switch (op.does) {
    case Does::kReturns:
      co_return true;
    case Does::kReturnsMuch:
      co_await on_worker([] {});
      co_return true;
    case Does::kThrows:
      co_await sleep_for(Duration());
      throw Failed();
    case Does::kRefuses:
      co_await sleep_for(milliseconds(1));
      co_return false;
    case Does::kFails:
      co_return false;
    case Does::kSleeps:
      co_await when_all(nap(nap_of(op)), work());
      co_return true;
    case Does::kSleepsTooLong:
      co_await sleep_for(nap_of(op));
      co_return true;
    case Does::kWaitsForStop:
      co_await sleep_for(kLongestWait);
      co_return true;
  }
  co_return true;
}

// --- Whole answers -------------------------------------------------------------------------------

Response answer(Run& run, bool is_success) {
  run.end(is_success);
  if (is_success) return {answer_of(*the_script, run.key())};
  return Response("no\n").status(failure_of(run.op()));
}

Response serve(const Request& request) {
  Run run(key_in(request.target()));
  return answer(run, act(run, request.stop_token()));
}

task<Response> serve_later(const Request& request) {
  Run run(key_in(request.target()));
  const bool is_success = co_await act_later(run);
  co_return answer(run, is_success);
}

// --- Answers in pieces ---------------------------------------------------------------------------

// Cuts an answer into pieces of several sizes, the same in each run of the script.
class Pieces {
 public:
  explicit Pieces(const Run& run) : key_(run.key()), all_(answer_of(*the_script, run.key())) {}
  bool empty() const { return at_ == all_.size(); }
  // The function acts in front of this piece.
  bool is_turn() const { return count_ == key_ % 3; }
  std::string_view next() {
    static constexpr std::array<std::size_t, 6> kSizes = {3, 40, 700, 5000, 16'384, 70'000};
    const std::string_view piece =
        std::string_view(all_).substr(at_, kSizes[(key_ + count_++) % kSizes.size()]);
    at_ += piece.size();
    return piece;
  }

 private:
  unsigned key_;
  std::string all_;
  std::size_t at_ = 0;
  std::size_t count_ = 0;
};

void begin(Writer& writer, const Run& run) {
  const Op& op = run.op();
  the_ledger->writes(run.key());
  if (op.does == Does::kRefuses || op.does == Does::kFails) writer.status(failure_of(op));
  if (sends_early(op)) writer.send_early();
}

void serve_in_pieces(const Request& request, Writer& writer) {
  Run run(key_in(request.target()));
  begin(writer, run);
  bool is_success = true;
  bool has_acted = false;
  for (Pieces pieces(run); !pieces.empty();) {
    if (pieces.is_turn() && !std::exchange(has_acted, true))
      is_success = act(run, request.stop_token());
    const std::string_view piece = pieces.next();
    if (!writer.write(piece)) return;
    the_ledger->wrote(run.key(), piece.size());
  }
  if (!has_acted) is_success = act(run, request.stop_token());
  run.end(is_success);
}

task<void> serve_in_pieces_later(const Request& request, Writer& writer) {
  Run run(key_in(request.target()));
  begin(writer, run);
  bool is_success = true;
  bool has_acted = false;
  for (Pieces pieces(run); !pieces.empty();) {
    if (pieces.is_turn() && !std::exchange(has_acted, true)) is_success = co_await act_later(run);
    const std::string_view piece = pieces.next();
    if (!co_await writer.async_write(piece)) co_return;
    the_ledger->wrote(run.key(), piece.size());
  }
  if (!has_acted) is_success = co_await act_later(run);
  run.end(is_success);
}

// --- Requests in pieces --------------------------------------------------------------------------

Response serve_read(const Request& request, Reader& reader) {
  Run run(key_in(request.target()));
  // Some look at the request only when they have done their work, and a few not at all.
  bool is_success = true;
  if (run.key() % 2 == 0) is_success = act(run, request.stop_token());
  if (run.key() % 9 == 0) return answer(run, is_success);
  std::size_t size = 0;
  while (const auto piece = reader.read()) {
    the_ledger->read(run.key(), size, *piece);
    size += piece->size();
  }
  the_ledger->read_all(run.key(), size);
  if (run.key() % 2 == 1) is_success = act(run, request.stop_token());
  return answer(run, is_success);
}

task<Response> serve_read_later(const Request& request, Reader& reader) {
  Run run(key_in(request.target()));
  bool is_success = true;
  if (run.key() % 2 == 0) is_success = co_await act_later(run);
  if (run.key() % 9 == 0) co_return answer(run, is_success);
  std::size_t size = 0;
  while (const auto piece = co_await reader.async_read()) {
    the_ledger->read(run.key(), size, *piece);
    size += piece->size();
  }
  the_ledger->read_all(run.key(), size);
  if (run.key() % 2 == 1) is_success = co_await act_later(run);
  co_return answer(run, is_success);
}

void serve_both(const Request& request, Reader& reader, Writer& writer) {
  Run run(key_in(request.target()));
  begin(writer, run);
  const bool is_success = act(run, request.stop_token());
  std::size_t size = 0;
  Pieces pieces(run);
  for (bool is_open = true; is_open || !pieces.empty();) {
    if (is_open) {
      const auto piece = reader.read();
      is_open = piece.has_value();
      if (piece) the_ledger->read(run.key(), size, *piece);
      size += piece ? piece->size() : 0;
    }
    if (pieces.empty()) continue;
    const std::string_view piece = pieces.next();
    if (!writer.write(piece)) return;
    the_ledger->wrote(run.key(), piece.size());
  }
  the_ledger->read_all(run.key(), size);
  run.end(is_success);
}

// --- Deliveries ----------------------------------------------------------------------------------

std::string output_name(unsigned output) { return "o" + std::to_string(output); }

Out take_delivery(Context& context, Bytes data) {
  Run run(key_in(data));
  bool is_success = act(run, context.stop_token());
  const std::string answer = answer_of(*the_script, run.key());
  for (unsigned output = 0; is_success && output < the_script->setting.outputs; ++output)
    is_success = context.send(output_name(output), answer).ok();
  run.end(is_success);
  return is_success ? Out::success() : Out::error("no");
}

task<Out> take_delivery_later(Context& context, Bytes data) {
  Run run(key_in(data));
  bool is_success = co_await act_later(run);
  const std::string answer = answer_of(*the_script, run.key());
  for (unsigned output = 0; is_success && output < the_script->setting.outputs; ++output) {
    const std::string name = output_name(output);
    const SendReport sent = co_await context.async_send(name, answer);
    is_success = sent.ok();
  }
  run.end(is_success);
  co_return is_success ? Out::success() : Out::error("no");
}

// --- The program ---------------------------------------------------------------------------------

template <auto kFunction>
Function made(const char* name, const char* route = nullptr) {
  return function_of(internal::registration<internal::select(kFunction)>(abi::Origin::kAuthor, name,
                                                                         "simulation", 0, route));
}

}  // namespace

std::vector<Function> functions_of(const Script& script, Fibers& threads, Ledger& ledger) {
  the_script = &script;
  the_threads = &threads;
  the_ledger = &ledger;
  if (script.setting.is_async)
    return {script.setting.by_task ? made<&take_delivery_later>("deliveries")
                                   : made<&take_delivery>("deliveries")};
  if (!script.setting.has_forms) return {made<&serve>("requests")};
  // The routes are those of path_of().
  return {made<&serve>("plain", "/{key}"),
          made<&serve_in_pieces>("writer", "/w/{key}"),
          made<&serve_in_pieces_later>("writer-task", "/wt/{key}"),
          made<&serve_read>("reader", "/r/{key}"),
          made<&serve_read_later>("reader-task", "/rt/{key}"),
          made<&serve_both>("both", "/b/{key}"),
          made<&serve_later>("task", "/t/{key}")};
}

}  // namespace ofn::simulation
