// The answers that the framework itself gives to an invocation's caller: one sentence of text, with
// what the caller can do, and the request id where the log knows more.
#pragma once

#include <string_view>

#include <ofn/response.h>

#include "base/error.h"
#include "invocation/run.h"
#include "output/delivery.h"

namespace ofn {

// Does the caller read what exceptions and the sidecar said? In debug mode only: such text tells
// strangers about the inside.
enum class Detail { kHidden, kShown };

// The caller may come back that soon: seconds, for Retry-After.
inline constexpr std::string_view kRetryAfter = "1";

// 500.
Response crash_answer(const Crash& crash, std::string_view request_id, Detail detail);
// 503 with Retry-After: the framework found no memory for the function.
Response no_memory(std::string_view request_id);
// The same: the function found none.
Response no_memory_answer(const Crash& crash, std::string_view request_id, Detail detail);
// 500: a hook without which the call must not succeed has failed.
Response hook_failed(std::string_view plugin, const Crash& crash, std::string_view request_id,
                     Detail detail);
// 400, or 415 for kUnimplemented: the request is not an event we can read.
Response not_an_event(const Error& error);
// 405 with Allow: events are posted.
Response only_post();
// 504: the function had not returned.
Response too_late(std::string_view request_id);
// 503 with Retry-After: the server was told to stop before all events of a batch had their run.
Response stopped_early();
// 502, 503 with Retry-After, or 504, by the gravest outcome, naming the failed outputs.
Response not_delivered(const DeliveryReport& report, std::string_view request_id, Detail detail);

}  // namespace ofn
