// The port NestedLoop: serves a loop while an author's function waits for it on the loop's own thread. A server has none: there another
// thread takes the loop over (Loop::release()). The test kit has one, so that a function runs on the test's thread.
//
//   struct Turns final : NestedLoop {
//     void serve_until(const std::function<bool()>& done) override { while (!done()) loop_.poll(); }
//     Loop& loop_;
//   };
#pragma once

#include <functional>

namespace ofn {

// Threads: the loop's, inside a function that runs on it.
class NestedLoop {
 public:
  // Serves the loop until `done` returns true. The function's own call may be answered meanwhile.
  virtual void serve_until(const std::function<bool()>& done) = 0;

 protected:
  ~NestedLoop() = default;
};

}  // namespace ofn
