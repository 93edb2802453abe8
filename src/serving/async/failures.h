// How often the events of one input have failed: for those who want to stop trying.
#pragma once

#include <cstddef>
#include <deque>
#include <map>
#include <mutex>
#include <string>
#include <string_view>

namespace ofn {

// Remembers the last events that failed, as many as kRemembered; who is forgotten begins anew.
// Threads: any. Cost: a lock; used for inputs with a limit only.
class Failures {
 public:
  static constexpr std::size_t kRemembered = 10'000;

  explicit Failures(std::size_t limit) : limit_(limit) {}

  // Returns whether that was one too many: the event is forgotten then.
  bool failed(std::string_view id);
  void succeeded(std::string_view id);

 private:
  const std::size_t limit_;
  std::mutex mutex_;
  std::map<std::string, std::size_t, std::less<>> counts_;
  std::deque<std::string> order_;  // of their first failure
};

}  // namespace ofn
