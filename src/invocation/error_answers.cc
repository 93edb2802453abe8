#include "invocation/error_answers.h"

#include <string>
#include <string_view>
#include <utility>

#include <ofn/errors.h>

#include "base/http_status.h"
#include "function/response_check.h"
#include "invocation/answers.h"
#include "invocation/failure_lines.h"
#include "typed/json_table.h"

namespace ofn {

namespace {

void log_bad_input(const CallEnvironment& environment, const CallLabel& call,
                   std::string_view why) {
  environment.failure_log().write(Level::kWarning, "function refused its input",
                                  call.fields().add("error", why).span());
}

// A client's mistake is for the client to read. Nobody reads the answer to a delivery.
void log_answered(const CallEnvironment& environment, const CallLabel& call, int status,
                  std::string_view why) {
  const bool warns = status >= 500 || call.input != nullptr;
  log_failure(environment.failure_log(), call, warns ? Level::kWarning : Level::kDebug,
              "function failed", status, why);
}

Crash crash_without_exception(std::string what) {
  return {.exception = {}, .what = std::move(what)};
}

}  // namespace

Response ErrorAnswers::crash_response(const Crash& crash) const {
  return crash.no_memory ? no_memory_answer(crash, arrival_.id(), environment_.detail)
                         : crash_answer(crash, arrival_.id(), environment_.detail);
}

ErrorAnswers::Settled ErrorAnswers::settle(RunResult& ran) {
  if (ran.thrown == nullptr) return Settled::kUnanswered;
  const Settled settled = stream_.live() ? Settled::kUnanswered : answer(ran);
  ran.thrown = nullptr;
  return settled;
}

ErrorAnswers::Settled ErrorAnswers::answer(RunResult& ran) {
  const bool has_handlers = environment_.errors != nullptr;
  if (!has_handlers && !ran.crash->is_bad_input && !ran.crash->is_http_error)
    return Settled::kUnanswered;
  const Request& request = arrival_.request_for_handlers();
  if (has_handlers) {
    const Settled settled = ask_handler(ran, request);
    if (settled != Settled::kUnanswered) return settled;
  }
  if (ran.crash->is_bad_input) return answer_bad_input(ran, request);
  if (ran.crash->is_http_error) return answer_http_error(ran, request);
  return Settled::kUnanswered;
}

ErrorAnswers::Settled ErrorAnswers::ask_handler(RunResult& ran, const Request& request) {
  Response response;
  const ErrorHandler* asked = nullptr;
  const ErrorHandler* handler = nullptr;
  std::exception_ptr thrown;
  auto failed = guarded(
      [&] {
        handler = environment_.errors->answer(ran.thrown, *ran.crash, request, response, asked);
      },
      &thrown);
  if (failed) {
    // A handler's own answer needs no other handler.
    if (failed->is_bad_input || failed->is_http_error) {
      ran.crash = std::move(failed);
      ran.thrown = std::move(thrown);
      return Settled::kUnanswered;
    }
    failed->what = failed->text() + ", in the error handler " + asked->place +
                   ", which was to answer " + ran.crash->text();
    ran.crash = std::move(failed);
    return Settled::kFailed;
  }
  if (handler == nullptr) return Settled::kUnanswered;
  const std::string why = ran.crash->text();
  if (auto problem = response_problem(response)) {
    ran.crash = crash_without_exception("invalid response of the error handler " + handler->place +
                                        ", which answered " + why + ": " + *problem);
    return Settled::kFailed;
  }
  const int status = response.status();
  const bool is_bad_input = ran.crash->is_bad_input && status >= 400 && status < 500;
  if (is_bad_input) {
    log_bad_input(environment_, arrival_.label(), ran.crash->what);
  } else if (status >= 400) {
    log_answered(environment_, arrival_.label(), status, why);
  }
  take(ran, std::move(response));
  ran.bad_input = is_bad_input;
  return Settled::kAnswered;
}

ErrorAnswers::Settled ErrorAnswers::answer_bad_input(RunResult& ran, const Request& request) {
  const std::string why = std::move(ran.crash->what);
  log_bad_input(environment_, arrival_.label(), why);
  take(ran,
       refusal(request, 400, events_ > 1 ? "event " + std::to_string(event_) + ": " + why : why));
  ran.bad_input = true;
  return Settled::kAnswered;
}

ErrorAnswers::Settled ErrorAnswers::answer_http_error(RunResult& ran, const Request& request) {
  Response response;
  try {
    std::rethrow_exception(ran.thrown);
  } catch (const HttpError& error) {
    response.status(error.status());
    for (const Header& header : error.headers()) response.header(header.name, header.value);
  }
  if (auto problem = response_problem(response)) {
    ran.crash = crash_without_exception("invalid ofn::HttpError: " + *problem);
    return Settled::kFailed;
  }
  std::string text = std::move(ran.crash->what);
  const int status = response.status();
  if (response.find_header("content-type") != nullptr) {
    response.body(std::move(text));
  } else {
    if (text.empty()) text = reason_phrase(status);
    Response made = refusal(request, status, text);
    if (const std::string* type = made.find_header("content-type")) response.content_type(*type);
    response.body(std::move(made).body());
  }
  if (status >= 400)
    log_answered(environment_, arrival_.label(), status, "it threw ofn::HttpError");
  take(ran, std::move(response));
  return Settled::kAnswered;
}

void ErrorAnswers::take(RunResult& ran, Response response) {
  ran.crash.reset();
  ran.verdict = response.status() >= 400 ? Verdict::kError : Verdict::kSuccess;
  ran.is_answered = ran.is_told = true;
  ran.forwards = false;
  ran.outcome.event.reset();
  ran.outcome.response = std::move(response);
}

}  // namespace ofn
