#include "loop/thread_stack.h"

#include <array>
#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstdint>
#include <ctime>
#include <execinfo.h>
#include <memory>
#include <semaphore.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <vector>

namespace ofn {

namespace {

constexpr int kMaxFrames = 32;
constexpr std::size_t kOwnFrames = 2;  // the signal handler's, and the kernel's return from it

int report_signal() { return SIGRTMAX - 5; }

struct Capture {
  Capture() { sem_init(&done, 0, 0); }
  Capture(const Capture&) = delete;
  Capture& operator=(const Capture&) = delete;
  ~Capture() { sem_destroy(&done); }

  std::array<void*, kMaxFrames> frames{};
  sem_t done{};
  // Orders the two threads' accesses to the frames. The kernel orders them as well, but the C++
  // memory model does not know that.
  std::atomic<int> count = kNotWritten;
  static constexpr int kNotWritten = -1;
};

// Runs as a signal handler on the thread whose stack is wanted, so it may do only what such a
// handler may. The signal carries the address to write to, so no global variable is needed.
void write_down(int /*number*/, siginfo_t* info, void* /*context*/) {
  if (info->si_code != SI_QUEUE || info->si_value.sival_ptr == nullptr) return;
  const int kept = errno;
  auto* capture = static_cast<Capture*>(info->si_value.sival_ptr);
  if (capture->count.load(std::memory_order_acquire) != Capture::kNotWritten) return;
  capture->count.store(backtrace(capture->frames.data(), kMaxFrames), std::memory_order_release);
  sem_post(&capture->done);
  errno = kept;
}

bool install() {
  struct sigaction before{};
  if (sigaction(report_signal(), nullptr, &before) != 0) return false;
  if ((before.sa_flags & SA_SIGINFO) != 0) return before.sa_sigaction == write_down;
  if (before.sa_handler != SIG_DFL) return false;
  std::array<void*, 1> frame{};
  backtrace(frame.data(), 1);  // loads its library here, and not in the handler
  struct sigaction action{};
  action.sa_sigaction = write_down;
  action.sa_flags = SA_SIGINFO | SA_RESTART | SA_ONSTACK;
  return sigaction(report_signal(), &action, nullptr) == 0;
}

}  // namespace

os::StackText stack_of(ThreadId thread, std::chrono::milliseconds patience) {
  const std::vector<os::Frames::Frame> frames = frames_of(thread, patience);
  return frames.empty() ? os::StackText() : os::describe_stack(frames);
}

// Spec: clock_getcpuclockid(3); linux/posix-timers.h has the layout of a thread's clock.
std::chrono::nanoseconds processor_time_of(ThreadId thread) {
  constexpr unsigned kThreadsOwn = 4;
  constexpr unsigned kRuntime = 2;
  const auto clock =
      static_cast<clockid_t>((~static_cast<unsigned>(thread) << 3U) | kThreadsOwn | kRuntime);
  timespec time{};
  if (clock_gettime(clock, &time) != 0) return {};
  return std::chrono::seconds(time.tv_sec) + std::chrono::nanoseconds(time.tv_nsec);
}

std::vector<os::Frames::Frame> frames_of(ThreadId thread, std::chrono::milliseconds patience) {
  if (!install()) return {};
  auto capture = std::make_unique<Capture>();
  capture->count.store(Capture::kNotWritten, std::memory_order_release);
  siginfo_t info{};
  info.si_signo = report_signal();
  info.si_code = SI_QUEUE;
  info.si_value.sival_ptr = capture.get();
  if (syscall(SYS_rt_tgsigqueueinfo, getpid(), thread, report_signal(), &info) != 0) return {};

  timespec until{};
  clock_gettime(CLOCK_MONOTONIC, &until);
  const auto whole = std::chrono::duration_cast<std::chrono::seconds>(patience);
  until.tv_sec += whole.count();
  until.tv_nsec += std::chrono::nanoseconds(patience - whole).count();
  if (until.tv_nsec >= 1'000'000'000) {
    ++until.tv_sec;
    until.tv_nsec -= 1'000'000'000;
  }
  while (sem_clockwait(&capture->done, CLOCK_MONOTONIC, &until) != 0) {
    if (errno == EINTR) continue;
    // The signal stays pending. Its handler may still write to `capture` at any later time, so it
    // is not freed.
    static_cast<void>(capture.release());
    return {};
  }

  const int count = capture->count.load(std::memory_order_acquire);
  std::vector<os::Frames::Frame> frames;
  for (auto i = kOwnFrames; i < static_cast<std::size_t>(count); ++i) {
    const auto address = reinterpret_cast<std::uintptr_t>(capture->frames[i]);
    // The innermost frame holds the interrupted instruction. The others hold return addresses,
    // which lie behind the call.
    frames.push_back({.address = i == kOwnFrames ? address : address - 1, .times = 1});
  }
  return frames;
}

}  // namespace ofn
