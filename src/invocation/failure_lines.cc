#include "invocation/failure_lines.h"

#include <string>

namespace ofn {

namespace {

// Returns the part of a problem's text that tells the expectation. The finding behind it is a part of the payload.
std::string_view without_values(std::string_view problem) {
  problem = problem.substr(0, problem.find('\n'));
  return problem.substr(0, problem.find(", found "));
}

}  // namespace

void log_failure(Log& log, const CallLabel& call, Level level, std::string_view message, int status,
                 std::string_view reason) {
  if (!log.enabled(level)) return;
  CallFields fields = call.fields();
  fields.add("status", status).add("reason", reason);
  const std::string input = call.input != nullptr ? call.input->label() : std::string();
  if (call.input != nullptr) fields.add("input", input);
  log.write(level, message, fields.span());
}

// The text of a failure of the function's own is the function's answer, and is not logged. A status below 500 is what the
// function thinks of its caller, who reads it. Nobody reads the answer to a delivery.
void log_failed_function(Log& log, const CallLabel& call, const Response& response) {
  const int status = response.status();
  const bool refused =
      row_of(call.function->signature).parses_argument && (status == 400 || status == 415);
  const bool warns = refused || status >= 500 || call.input != nullptr;
  log_failure(log, call, warns ? Level::kWarning : Level::kDebug,
              refused ? "argument refused" : "function failed", status,
              refused ? without_values(response.body()) : "the function returned a failure");
}

}  // namespace ofn
