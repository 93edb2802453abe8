#include "loop/apart.h"

#include <thread>
#include <utility>

namespace ofn {

void run_apart(Task work) {
  std::thread([work = std::move(work)]() mutable { work(); }).detach();
}

}  // namespace ofn
