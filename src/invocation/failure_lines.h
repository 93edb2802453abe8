// The log lines of calls that were refused or have failed.
#pragma once

#include <string_view>

#include <ofn/response.h>

#include "base/call_fields.h"
#include "base/error.h"
#include "base/log.h"
#include "context/function_context.h"
#include "function/function.h"

namespace ofn {

// What a line says of its call. Lifetime: borrows for the length of the call.
struct CallLabel {
  const Function* function = nullptr;
  const CallIds* ids = nullptr;
  const Trigger* input = nullptr;  // null: a request brought the call

  // For a line about the call.
  CallFields fields() const {
    CallFields fields(*ids);
    fields.add("function", function->name);
    return fields;
  }
};

void log_failure(Log& log, const CallLabel& call, Level level, std::string_view message, int status,
                 std::string_view reason);
// The function itself answered with a failure, or could not read its argument.
void log_failed_function(Log& log, const CallLabel& call, const Response& response);

}  // namespace ofn
