#include "invocation/run.h"

#include <coroutine>
#include <exception>
#include <utility>

#include "function/response_check.h"
#include "os/end_forked_child.h"
#include "typed/json_table.h"

namespace ofn {

namespace {

// An Out over HTTP: only codes of HTTP's failures are answered as they are.
Response response_of(Out out) {
  Response response;
  if (!out.ok()) response.status(out.code() >= 400 && out.code() <= 599 ? out.code() : Out::kError);
  if (const std::string* type = out.find("content-type")) response.content_type(*type);
  response.body(std::move(out).data());
  return response;
}

bool says_no(const Out& out, std::string_view key) {
  const std::string* value = out.find(key);
  return value != nullptr && same_field_name(*value, "false");
}

RunResult crashed(Crash crash) {
  RunResult ran;
  ran.verdict = Verdict::kCrash;
  ran.crash = std::move(crash);
  return ran;
}

RunResult threw(Crash crash, std::exception_ptr thrown) {
  RunResult ran = crashed(std::move(crash));
  ran.thrown = std::move(thrown);
  return ran;
}

// It has returned.
void judge_outcome(RunResult& ran, const Function& function, StreamHost& stream) {
  if (stream.overflowed()) {
    ran = crashed({.exception = {},
                   .what = "more was written than may be held until all outputs have confirmed it: "
                           "write less, raise --max-body-size, or see Writer::send_early()"});
    return;
  }
  if (stream.begun()) ran.outcome.response = stream.take();
  if (row_of(function.signature).returns != Returns::kOut) return judge(ran, function);
  const bool failed = !ran.outcome.out.ok();
  ran.drop = failed && says_no(ran.outcome.out, "retry");
  ran.forwards = !says_no(ran.outcome.out, "forward");
  ran.outcome.response = response_of(std::move(ran.outcome.out));
  judge(ran, function);
  if (failed && !ran.crash) ran.verdict = Verdict::kError;
}

std::coroutine_handle<> frame_of(const RunResult& ran) {
  return std::coroutine_handle<>::from_address(ran.outcome.task.frame);
}

bool end_if_done(const Function& function, StreamHost& stream, RunResult& ran) {
  const std::coroutine_handle<> frame = frame_of(ran);
  if (!frame.done()) return false;
  const std::exception_ptr failure = ran.outcome.task.failure(frame.address());
  frame.destroy();
  ran.outcome.task = {};
  if (failure == nullptr) {
    judge_outcome(ran, function, stream);
  } else {
    ran = threw(*guarded([&] { std::rethrow_exception(failure); }), failure);
  }
  return true;
}

}  // namespace

std::string_view verdict_name(Verdict verdict) noexcept {
  switch (verdict) {
    case Verdict::kSuccess:
      return "success";
    case Verdict::kError:
      return "error";
    case Verdict::kCrash:
      break;
  }
  return "crash";
}

bool begin_run(const Function& function, abi::Call& call, CallHosts hosts, RunResult& ran) {
  call.json = &json_table();
  call.stream = hosts.stream.stream();
  call.tasks = hosts.tasks.tasks();
  std::exception_ptr thrown;
  if (auto crash = guarded([&] { function.invoke(call, ran.outcome); }, &thrown)) {
    ran = threw(*std::move(crash), std::move(thrown));
    return true;
  }
  if (ran.outcome.task.frame != nullptr) {
    hosts.tasks.run(ran.outcome.task.frame);
    os::end_forked_child();
    return end_if_done(function, hosts.stream, ran);
  }
  judge_outcome(ran, function, hosts.stream);
  return true;
}

bool resume_run(const Function& function, CallHosts hosts, RunResult& ran) {
  hosts.tasks.resume_ready();
  os::end_forked_child();
  return end_if_done(function, hosts.stream, ran);
}

void judge(RunResult& ran, const Function& function) {
  if (ran.crash || (!ran.is_answered && !row_of(function.signature).returns_response())) return;
  if (auto problem = response_problem(ran.outcome.response)) {
    ran = crashed({.exception = {}, .what = "invalid response: " + *std::move(problem)});
  } else if (ran.outcome.response.status() >= 400) {
    ran.verdict = Verdict::kError;
  }
}

}  // namespace ofn
