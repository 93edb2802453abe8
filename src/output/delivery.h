// The results of one invocation's outputs, and the error text for the client.
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

// How one output ended. The values are ordered: of several results, the client gets the greatest.
enum class Delivered {
  kConfirmed,    // the sidecar confirmed it
  kUnreachable,  // the sidecar was not reached in time, or was lost within the call (UNAVAILABLE)
  kTimedOut,     // no answer by the deadline; the payload may have arrived
  kRefused,      // the sidecar answered with an error
};

// The result of one payload at one output.
struct OutputResult {
  const Output* output = nullptr;
  Delivered outcome = Delivered::kConfirmed;
  std::expected<SidecarReply, Error> reply{};
  unsigned tries = 1;
  Duration took{};  // from the start of the delivery to its end, with the pauses between tries
};

// All results, in the order of the context's outputs, for one payload after the other.
struct DeliveryReport {
  std::vector<OutputResult> results;

  // Returns the greatest outcome; kConfirmed if there are no results.
  Delivered outcome() const;
  // Describes the failed outputs by name and component, with the sidecar's code; never a payload.
  // kText adds the sidecar's own message, which is for debugging and for logs.
  enum class Detail { kCode, kText };
  std::string failures(Detail detail) const;
};

}  // namespace ofn
