// Which output somebody waits for: `ff wait --output archive --match order.id=7`.
//
//   OutputMatch match{.output = "archive", .conditions = {{"order.id", "7"}}};
//   if (match.fits(sent)) …
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "dev/event.h"

namespace ofn::dev {

// A value. A condition's name is a path into the data, which is JSON: "order.id", "items.0.name"; "@NAME" is the output's metadata,
// and "" the whole data as text. What is sent as a CloudEvent is looked at, too, as its data: "id" is first the event's own.
// The value is compared as text: 7, true, null, or a string without its quotes.
struct OutputMatch {
  std::string output{};  // empty: any
  std::vector<std::pair<std::string, std::string>> conditions{};

  // Is it an output of that name, whatever its content?
  bool names(const Sent& sent) const { return output.empty() || sent.output == output; }
  // What was refused by the sidecar has not been sent. Cost: parses the data.
  bool fits(const Sent& sent) const;
};

}  // namespace ofn::dev
