#include "loop/apart.h"

#include <system_error>
#include <thread>
#include <utility>

#include "os/alternate_stack.h"

namespace ofn {

bool run_apart(Task work) {
  try {
    std::thread([work = std::move(work)]() mutable {
      const os::AlternateStack crash_stack;
      work();
    }).detach();
  } catch (const std::system_error&) {
    return false;
  }
  return true;
}

}  // namespace ofn
