// The part of Work that is about middleware: what runs before the calls of a request, and what becomes of its answer. A program
// without middleware comes nowhere near.
#include <utility>

#include "function/guard.h"
#include "function/response_check.h"
#include "invocation/answers.h"
#include "invocation/work.h"
#include "typed/json_table.h"

namespace ofn {

namespace {

// From that size on it takes long to compress a body, or to hash it.
constexpr std::size_t kLarge = std::size_t{64} * 1024;

RunResult thrown_by_hook(Crash crash, std::exception_ptr thrown) {
  RunResult ran;
  ran.verdict = Verdict::kCrash;
  ran.crash = std::move(crash);
  ran.thrown = std::move(thrown);
  return ran;
}

Crash invalid_response(const std::string& problem) {
  return {.exception = {}, .what = "invalid response: " + problem};
}

}  // namespace

// Calls the author's function with a Context of its own.
template <class InContext>
auto Work::in_context(InContext call) {
  const abi::ContextFacts own = facts();
  Context context(ContextHost::kTable, &context_, own);
  return call(context);
}

// A body of that size keeps its thread busy for long: another thread goes on with the loop.
void Work::leave_loop_if_large(std::size_t bytes) {
  Loop& loop = environment_.loop;
  if (bytes >= kLarge && loop.in_loop() && loop.can_be_released()) loop.release();
}

// Returns true if the function is to run.
bool Work::run_before() {
  if (!decompress_body()) return false;
  hosts_.stream.set_filter(*this);
  for (const Middleware::Hook& hook : environment_.middleware->befores()) {
    const Request& request = *arrival_.request();
    if (!hook.is_for(request)) continue;
    std::optional<Response> answer;
    std::exception_ptr thrown;
    const abi::WrapperRegistration& registration = *hook.registration;
    auto crash = guarded(
        [&] {
          answer = registration.before != nullptr
                       ? registration.before(request)
                       : in_context([&](Context& context) {
                           return registration.before_in_context(context, request);
                         });
        },
        &thrown);
    if (crash) {
      RunResult ran = thrown_by_hook(*std::move(crash), std::move(thrown));
      errors_.settle(ran);
      take_early_end(ran);
      return false;
    }
    if (answer) {
      RunResult ran;
      ran.is_answered = true;
      ran.outcome.response = *std::move(answer);
      judge(ran, arrival_.function());
      take_early_end(ran);
      return false;
    }
  }
  return true;
}

// Returns false if the body cannot be read. Its memory was reserved on the loop, before the call began.
bool Work::decompress_body() {
  const Request& request = *arrival_.request();
  const std::string_view coding = environment_.middleware->body_coding(request.headers());
  if (coding.empty() || request.body().empty()) return true;
  leave_loop_if_large(request.body().size());
  const std::size_t most = std::min(environment_.max_held, max_decompressed_);
  const std::size_t bound = Middleware::decompressed_bound(coding, request.body(), most);
  auto body = decompress(coding, request.body(), std::min(bound, most));
  if (body) {
    arrival_.replace_body(*std::move(body));
    return true;
  }
  const auto refused = [&](int status, std::string_view why) {
    answer_early({.response = refusal(request, status, why),
                  .level = Level::kWarning,
                  .reason = std::string(why)});
  };
  switch (body.error()) {
    case DecompressError::kUnknown:
      refused(415, "the body's Content-Encoding is not supported; supported are gzip and deflate");
      result_.response.header("Accept-Encoding", "gzip, deflate");
      break;
    case DecompressError::kTooLarge:
      if (bound > most) {
        refused(413, "the decompressed body is larger than " + std::to_string(most) + " bytes");
      } else {
        refused(400, "the body has more bytes than its own end says");
      }
      break;
    case DecompressError::kBroken:
      refused(400, "the body is not what its Content-Encoding says");
      break;
    case DecompressError::kNoMemory:
      answer_early({.response = no_memory(arrival_.id())});
      break;
  }
  return false;
}

void Work::take_early_end(RunResult& ran) {
  if (ran.crash) {
    crashed(*ran.crash, errors_.crash_response(*ran.crash));
  } else if (ran.bad_input) {
    refused_input(std::move(ran.outcome.response));
  } else {
    result_.verdict = ran.verdict;
    result_.response = std::move(ran.outcome.response);
    if (ran.verdict != Verdict::kSuccess && !ran.is_told)
      log_failed_function(environment_.failure_log(), arrival_.label(), result_.response);
  }
}

void Work::run_after() {
  if (hosts_.stream.live()) return;
  for (const Middleware::Hook& hook : environment_.middleware->afters()) {
    const Request& request = *arrival_.request();
    if (!hook.is_for(request)) continue;
    std::exception_ptr thrown;
    const abi::WrapperRegistration& registration = *hook.registration;
    auto crash = guarded(
        [&] {
          if (registration.after != nullptr) return registration.after(request, result_.response);
          in_context([&](Context& context) {
            registration.after_in_context(context, request, result_.response);
          });
        },
        &thrown);
    if (crash) {
      RunResult ran = thrown_by_hook(*std::move(crash), std::move(thrown));
      errors_.settle(ran);
      replace_answer(std::move(ran));
    } else if (const auto problem = response_problem(result_.response)) {
      RunResult ran;
      ran.crash = invalid_response(*problem);
      replace_answer(std::move(ran));
    } else if (result_.verdict == Verdict::kSuccess && result_.response.status() >= 400) {
      result_.verdict = Verdict::kError;
      result_.payloads.clear();
      log_failed_function(environment_.failure_log(), arrival_.label(), result_.response);
    }
  }
}

// A function of OFN_AFTER has thrown, or made a response that cannot be sent. A failure of the call stays one.
void Work::replace_answer(RunResult ran) {
  if (ran.crash) {
    tell(*ran.crash);
    result_.response = errors_.crash_response(*ran.crash);
    result_.verdict = Verdict::kCrash;
  } else {
    result_.response = std::move(ran.outcome.response);
    if (result_.verdict == Verdict::kSuccess) result_.verdict = ran.verdict;
  }
  result_.sends = false;
  result_.payloads.clear();
}

void Work::finish_answer() {
  if (hosts_.stream.live()) {
    if (result_.verdict != Verdict::kCrash) hosts_.stream.end_encoding();
    return;
  }
  const Middleware& middleware = *environment_.middleware;
  if (!middleware.changes_answers()) return;
  leave_loop_if_large(result_.response.body().size());
  const Request& request = *arrival_.request();
  if (result_.payloads.empty()) {
    middleware.finish(request, result_.response);
  } else {
    // The payloads refer to the response.
    result_.changed = std::make_unique<Response>(result_.response);
    middleware.finish(request, *result_.changed);
  }
  const Response& answer = result_.changed != nullptr ? *result_.changed : result_.response;
  if (answer.status() < 400 || result_.verdict != Verdict::kSuccess) return;
  // The condition of the request is not met: it must have no effect.
  if (result_.changed != nullptr) result_.response = std::move(*std::exchange(result_.changed, {}));
  result_.verdict = Verdict::kError;
  result_.payloads.clear();
}

std::string Work::filter(Response& head, std::unique_ptr<GzipPieces>& encoder) {
  const Middleware& middleware = *environment_.middleware;
  const Request& request = *arrival_.request();
  for (const Middleware::Hook& hook : middleware.afters()) {
    if (!hook.is_for(request)) continue;
    const abi::WrapperRegistration& registration = *hook.registration;
    const auto crash = guarded([&] {
      if (registration.after != nullptr) return registration.after(request, head);
      in_context([&](Context& context) { registration.after_in_context(context, request, head); });
    });
    if (crash) return crash->text() + ", in " + registration.name + " of OFN_AFTER";
  }
  head.body({});
  if (auto problem = response_problem(head)) return *std::move(problem);
  encoder = middleware.finish_head(request, head);
  return {};
}

}  // namespace ofn
