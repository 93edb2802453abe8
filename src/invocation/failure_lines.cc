// The log lines of calls that were refused or have failed.
#include <array>
#include <string>

#include "invocation/invocation.h"

namespace ofn {

namespace {

// Returns the part of a problem's text that tells the expectation. The finding behind it is a part of the payload.
std::string_view without_values(std::string_view problem) {
  problem = problem.substr(0, problem.find('\n'));
  return problem.substr(0, problem.find(", found "));
}

}  // namespace

void Invocation::log_failure(Level level, std::string_view message, int status,
                             std::string_view reason) const {
  const std::string number = std::to_string(status);
  const std::string input = inbound_ ? inbound_->input.label() : std::string();
  std::array<LogField, 5> fields = {{{"request_id", id_},
                                     {"function", function_->name},
                                     {"status", number},
                                     {"reason", reason},
                                     {"input", input}}};
  Log& log = invoker_.failure_log();
  if (log.enabled(level)) log.write(level, message, std::span(fields).first(inbound_ ? 5 : 4));
}

void Invocation::log_refused_event(const Error& error) const {
  log_failure(Level::kWarning, "event refused", error.code() == Code::kUnimplemented ? 415 : 400,
              error.text());
}

// A failure of the function's own. Its text is the function's answer, and is not logged. A status below 500 is what the
// function thinks of its caller, who reads it; a delivery has nobody who does.
void Invocation::log_failed_function() const {
  const int status = response_.status();
  // A typed function has not run: its argument could not be read.
  const bool refused =
      function_->signature == Signature::kTyped && (status == 400 || status == 415);
  const bool warns = refused || status >= 500 || inbound_;
  log_failure(warns ? Level::kWarning : Level::kDebug,
              refused ? "argument refused" : "function failed", status,
              refused ? without_values(response_.body()) : "the function returned a failure");
}

}  // namespace ofn
