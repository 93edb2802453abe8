// The fate of one invocation's outputs, and the answer that its caller gets.
#pragma once

#include <cstddef>
#include <expected>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/error.h"
#include "context/function_context.h"
#include "output/sidecar.h"

namespace ofn {

// How one output ended. Ordered: the caller is told the greatest of several.
enum class Delivered {
  kConfirmed,    // the sidecar said so
  kUnreachable,  // the sidecar was not reached in time, or was lost within the call (UNAVAILABLE)
  kTimedOut,     // no answer by the deadline: it may have arrived
  kRefused,      // the sidecar answered, and not with success
};

// One payload at one output.
struct OutputResult {
  const Output* output = nullptr;
  Delivered outcome = Delivered::kConfirmed;
  std::expected<SidecarReply, Error> reply{};
  unsigned tries = 1;
  Duration took{};  // from the start of the delivery to the decision, pauses between tries included
};

// Every result, in the order of the context's outputs (of each payload in turn).
struct DeliveryReport {
  std::vector<OutputResult> results;

  // The greatest outcome; kConfirmed when there are no results.
  Delivered outcome() const;
  // Describes the failed outputs by name and component, with the sidecar's code; never a payload.
  // `with_text` adds the sidecar's own words, which are for debugging and for logs.
  enum class Detail { kCode, kText };
  std::string failures(Detail detail) const;
};

}  // namespace ofn
