// The port Observer: who wants to know what invocations do. Observing is optional: every function
// does nothing unless it is overridden.
#pragma once

#include <string_view>

#include "function/function.h"
#include "invocation/run.h"
#include "output/delivery.h"

namespace ofn {

// Threads: the loop's, between its other work: an observer that takes long delays requests.
// Lifetime: references are valid during the call.
class Observer {
 public:
  virtual ~Observer() = default;
  // A request was taken up; its function has not yet been called.
  virtual void began(const Function& /*function*/, std::string_view /*request_id*/) {}
  // The outputs of an invocation are decided.
  virtual void delivered(const Function& /*function*/, std::string_view /*request_id*/,
                         const DeliveryReport& /*report*/) {}
  // The caller got its answer. It may be early: 504 at the deadline, while the function still runs.
  virtual void answered(const Function& /*function*/, std::string_view /*request_id*/,
                        Verdict /*verdict*/, int /*status*/) {}
  // Nothing of the invocation is under way any more.
  virtual void ended(const Function& /*function*/, std::string_view /*request_id*/) {}
};

}  // namespace ofn
