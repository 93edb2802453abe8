#include "invocation/answers.h"

#include <string>
#include <utility>

namespace ofn {

namespace {

Response text(int status, std::string body) {
  return Response(std::move(body)).status(status).content_type("text/plain; charset=utf-8");
}

std::string see_log(std::string_view request_id) {
  return "request id: " + std::string(request_id) + "\n";
}

constexpr std::string_view kNoMemory = "Not enough memory for the request; try again later.\n";

// Returns where it was thrown, a line each for the frames and the source; empty if that is unknown.
std::string throw_site_of(const Crash& crash) {
  if (crash.frames.empty()) return {};
  std::string site = "thrown in " + os::stack_text(crash.frames) + "\n";
  if (const std::string& source = crash.frames.front().source; !source.empty())
    site += "    " + source + "\n";
  return site;
}

// Returns the end of a sentence that says that something failed, and the lines behind it.
std::string why(const Crash& crash, Detail detail) {
  if (detail == Detail::kHidden) return "; the log says why.\n";
  return ": " + crash.text() + "\n" + throw_site_of(crash);
}

}  // namespace

Response crash_answer(const Crash& crash, std::string_view request_id, Detail detail) {
  return text(500, "The function crashed" + why(crash, detail) + see_log(request_id));
}

Response no_memory(std::string_view request_id) {
  return text(503, std::string(kNoMemory) + see_log(request_id))
      .header("Retry-After", std::string(kRetryAfter));
}

Response no_memory_answer(const Crash& crash, std::string_view request_id, Detail detail) {
  const std::string where = detail == Detail::kShown ? throw_site_of(crash) : std::string();
  return text(503, std::string(kNoMemory) + where + see_log(request_id))
      .header("Retry-After", std::string(kRetryAfter));
}

Response hook_failed(std::string_view plugin, const Crash& crash, std::string_view request_id,
                     Detail detail) {
  return text(500, "The required plugin \"" + std::string(plugin) + "\" failed" +
                       why(crash, detail) + see_log(request_id));
}

Response not_an_event(const Error& error) {
  return text(error.code() == Code::kUnimplemented ? 415 : 400,
              "Bad event: " + error.text() + "\n");
}

Response only_post() { return text(405, "Events are received by POST.\n").header("Allow", "POST"); }

Response too_late(std::string_view request_id) {
  return text(504, "The function did not finish in time.\n" + see_log(request_id));
}

Response stopped_early() {
  return text(503, "Stopped before every event was processed; send the events again.\n")
      .header("Retry-After", std::string(kRetryAfter));
}

Response not_delivered(const DeliveryReport& report, std::string_view request_id, Detail detail) {
  const std::string failures = report.failures(
      detail == Detail::kShown ? DeliveryReport::Detail::kText : DeliveryReport::Detail::kCode);
  const auto answer = [&](int status, const std::string& what) {
    return text(status, what + ": " + failures + "\n" + see_log(request_id));
  };
  switch (report.outcome()) {
    case Delivered::kUnreachable:
      return answer(503, "The sidecar cannot be reached for outputs")
          .header("Retry-After", std::string(kRetryAfter));
    case Delivered::kTimedOut:
      return answer(504, "Outputs were not confirmed in time");
    default:
      return answer(502, "Outputs were refused");
  }
}

}  // namespace ofn
