#include "loop/thread_stack.h"

#include <array>
#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <ctime>
#include <cxxabi.h>
#include <execinfo.h>
#include <memory>
#include <semaphore.h>
#include <span>
#include <string_view>
#include <sys/syscall.h>
#include <unistd.h>

namespace ofn {

namespace {

constexpr int kMaxFrames = 32;
constexpr std::size_t kOwnFrames = 2;  // the handler's, and that of the code which returns from it

int report_signal() { return SIGRTMAX - 5; }

struct Capture {
  Capture() { sem_init(&done, 0, 0); }
  Capture(const Capture&) = delete;
  Capture& operator=(const Capture&) = delete;
  ~Capture() { sem_destroy(&done); }

  std::array<void*, kMaxFrames> frames{};
  sem_t done{};
  // Orders the two threads' accesses to the frames: the kernel's own ordering is nothing that the language knows.
  std::atomic<int> count = kNotWritten;
  static constexpr int kNotWritten = -1;
};

// Runs on the thread whose stack it is: only what a signal handler may do. The signal carries where to write, so that
// nothing global is needed.
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
  backtrace(frame.data(), 1);  // what it loads, it loads here
  struct sigaction action{};
  action.sa_sigaction = write_down;
  action.sa_flags = SA_SIGINFO | SA_RESTART | SA_ONSTACK;
  return sigaction(report_signal(), &action, nullptr) == 0;
}

// "/lib/libc.so.6(read+0x12) [0x7f…]" → "read (libc.so.6+0x…)"
std::string readable(std::string_view frame) {
  const std::size_t open = frame.find('(');
  const std::size_t close = frame.find(')', open);
  if (open == std::string_view::npos || close == std::string_view::npos) return std::string(frame);
  std::string_view module = frame.substr(0, open);
  module = module.substr(module.rfind('/') + 1);
  const std::string_view place = frame.substr(open + 1, close - open - 1);
  const std::size_t plus = place.rfind('+');
  const std::string symbol(place.substr(0, plus));
  if (symbol.empty()) return std::string(module).append(place);
  int status = 0;
  const std::unique_ptr<char, decltype(&std::free)> name(
      abi::__cxa_demangle(symbol.c_str(), nullptr, nullptr, &status), &std::free);
  return std::string(status == 0 ? name.get() : symbol.c_str()) + " (" + std::string(module) + ")";
}

}  // namespace

ThreadId this_thread_id() {
  thread_local const ThreadId id = gettid();
  return id;
}

std::string stack_of(ThreadId thread, std::chrono::milliseconds patience) {
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
  if (until.tv_nsec >= 1'000'000'000) ++until.tv_sec, until.tv_nsec -= 1'000'000'000;
  while (sem_clockwait(&capture->done, CLOCK_MONOTONIC, &until) != 0) {
    if (errno == EINTR) continue;
    // The signal stays pending, and its handler writes there whenever the thread takes it.
    static_cast<void>(capture.release());
    return {};
  }

  const int count = capture->count.load(std::memory_order_acquire);
  const std::unique_ptr<char*, decltype(&std::free)> symbols(
      backtrace_symbols(capture->frames.data(), count), &std::free);
  if (symbols == nullptr) return {};
  std::string stack;
  const std::span lines(symbols.get(), static_cast<std::size_t>(count));
  for (std::size_t i = kOwnFrames; i < lines.size(); ++i) {
    if (!stack.empty()) stack += " < ";
    stack += readable(lines[i]);
  }
  return stack;
}

}  // namespace ofn
