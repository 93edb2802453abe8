#include "cli/hang_watch.h"

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <system_error>
#include <unistd.h>
#include <utility>

#include "base/clock.h"
#include "document/json.h"
#include "document/node.h"
#include "loop/thread_stack.h"
#include "os/debugger.h"
#include "os/stack_text.h"
#include "os/watched_process.h"

namespace ofn::cli {

namespace {

using document::Node;

constexpr std::chrono::milliseconds kLookEvery(50);
// How long a thread may take to say where it is.
constexpr std::chrono::seconds kPatience(1);

}  // namespace

HangWatch::HangWatch(std::string report, std::chrono::seconds limit)
    : report_(std::move(report)), limit_(limit), thread_(os::this_thread_id()) {
  if (limit_ == std::chrono::seconds(0)) return;
  // The first stack loads a library, which must wait while the function's start-up code runs.
  if (os::tracer_of(getpid()) == 0) (void)frames_of(thread_, kPatience);
  // If the system grants no thread, nothing is watched.
  (void)watching_.post([this] { serve(); });
}

HangWatch::~HangWatch() {
  const std::scoped_lock lock(mutex_);
  is_stopping_ = true;
  changed_.notify_one();
}

std::uintmax_t HangWatch::size() const {
  std::error_code missing;
  const auto bytes = std::filesystem::file_size(report_, missing);
  return missing ? 0 : bytes;
}

void HangWatch::serve() {
  const SystemClock clock;
  SteadyTime grew_at = clock.now();
  std::uintmax_t before = size();
  std::unique_lock lock(mutex_);
  while (!is_stopping_) {
    changed_.wait_for(lock, kLookEvery);
    if (is_stopping_) return;
    const std::uintmax_t now = size();
    if (now != before || os::tracer_of(getpid()) != 0) grew_at = clock.now();
    before = now;
    if (clock.now() - grew_at >= limit_) give_up();
  }
}

void HangWatch::give_up() const {
  const auto frames = frames_of(thread_, kPatience);
  std::string stack = os::stack_text(os::author_stack(frames));
  if (stack.empty()) stack = os::describe_stack(frames).stack;
  const Node line = Node::object(
      {{"what", "hang"}, {"seconds", Node::number(limit_.count())}, {"stack", std::move(stack)}});
  std::ofstream(report_, std::ios::app) << document::to_json(line) << '\n';
  os::WatchedProcess::ends();
  std::_Exit(1);
}

}  // namespace ofn::cli
