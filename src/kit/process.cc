#include "kit/process.h"

#include <atomic>
#include <cstdlib>
#include <mutex>
#include <string>
#include <unistd.h>
#include <vector>

#include <ofn/log.h>

#include "invocation/call_spans.h"
#include "os/watched_process.h"
#include "typed/json_table.h"

namespace ofn::kit {

namespace {

struct Shared {
  Shared();

  static void write(void* host, const abi::LogLine& line) noexcept;

  std::mutex mutex;
  KeptLog* log = nullptr;
  std::atomic<Level> least = Level::kInfo;
  abi::Host host;
  os::CallsInFlight calls;
  os::WatchedProcess watched;
};

Shared::Shared()
    : host{.log = {.least = &least, .write = write, .host = this},
           .spans = &CallSpans::host(),
           .json = &json_table()},
      watched({.reader = os::Reader::kAuthor,
               .shape = {.format = LogFormat::kReadable},
               .fd = STDERR_FILENO,
               .calls = &calls}) {}

void Shared::write(void* host, const abi::LogLine& line) noexcept {
  auto& self = *static_cast<Shared*>(host);
  const std::lock_guard lock(self.mutex);
  if (self.log == nullptr) return;
  self.log->write(line.level, line.message, {line.fields, line.count});
}

// An exit outside a call is the test program's own.
void tell_own_exit() {
  if (os::CallMark::here() == nullptr) os::WatchedProcess::ends();
}

Shared& shared() {
  // Never destroyed. Handlers of an exit run in reverse order, so this one runs before that of WatchedProcess.
  static Shared* const one = [] {
    auto* const made = new Shared;
    std::atexit(tell_own_exit);
    return made;
  }();
  return *one;
}

}  // namespace

const Process& Process::of() {
  static const Process process;
  shared();
  return process;
}

void Process::log_to(KeptLog* log) const {
  const std::lock_guard lock(shared().mutex);
  shared().log = log;
}

const abi::Host& Process::host() const { return shared().host; }
os::CallsInFlight& Process::calls() const { return shared().calls; }

}  // namespace ofn::kit
