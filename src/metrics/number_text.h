// Numbers as the text formats of Prometheus and OpenMetrics write them.
//
//   say(number_text(0.25), bound_text(1));   // "0.25", "1.0"
#pragma once

#include <string>

namespace ofn::metrics {

// Returns the shortest text that is read back as the same number.
std::string number_text(double value);
// Returns the text of a bucket's bound, in the one form that is a label's value everywhere: "0.005", "1.0", "1.048576e+06".
// Spec: OpenMetrics 1.0, canonical numbers.
std::string bound_text(double bound);

}  // namespace ofn::metrics
