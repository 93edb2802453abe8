// A collector's answer as a test compares it: "accepted ", "retry UNAVAILABLE: …".
#pragma once

#include <optional>
#include <string>

#include "otlp/destination.h"

namespace ofn::otlp {

// Returns "nothing" as long as there is no answer.
inline std::string shown(const std::optional<Answer>& answer) {
  if (!answer) return "nothing";
  return (answer->verdict == Verdict::kAccepted  ? "accepted "
          : answer->verdict == Verdict::kRefused ? "refused "
                                                 : "retry ") +
         answer->text;
}

}  // namespace ofn::otlp
