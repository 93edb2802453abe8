#include "invocation/run.h"

#include <utility>

#include "function/response_check.h"
#include "function/typed.h"

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

}  // namespace

bool answers_with_response(Signature signature) noexcept {
  return signature != Signature::kCloudEvent && signature != Signature::kEvent;
}

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

Ran run_function(const Function& function, const abi::Call& call) {
  Ran ran;
  abi::Call with_codec = call;
  with_codec.codec = &typed_codec();
  if (auto crash = guarded([&] { function.invoke(with_codec, ran.outcome); })) {
    return {.verdict = Verdict::kCrash, .outcome = {}, .crash = std::move(crash)};
  }
  if (function.signature == Signature::kOpenFunction) {
    const bool failed = !ran.outcome.out.ok();
    ran.drop = failed && says_no(ran.outcome.out, "retry");
    ran.forwards = !says_no(ran.outcome.out, "forward");
    ran.outcome.response = response_of(std::move(ran.outcome.out));
    judge(ran, function);
    if (failed && !ran.crash) ran.verdict = Verdict::kError;
  } else {
    judge(ran, function);
  }
  return ran;
}

void judge(Ran& ran, const Function& function) {
  if (!answers_with_response(function.signature) || ran.crash) return;
  if (auto problem = response_problem(ran.outcome.response)) {
    ran = {.verdict = Verdict::kCrash,
           .outcome = {},
           .crash = Crash{.exception = {}, .what = "invalid response: " + *std::move(problem)}};
  } else if (ran.outcome.response.status() >= 400) {
    ran.verdict = Verdict::kError;
  }
}

}  // namespace ofn
