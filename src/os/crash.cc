// Handles the signals that end a process: writes the report, then lets the signal end the process.

#include "os/crash.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cxxabi.h>
#include <dlfcn.h>
#include <exception>
#include <fcntl.h>
#include <poll.h>
#include <span>
#include <string_view>
#include <sys/syscall.h>
#include <typeinfo>
#include <ucontext.h>
#include <unistd.h>

#include "os/report.h"
#include "os/symbols.h"
#include "os/throw_sites.h"

namespace ofn::os {

namespace {

// The time that a report may take. The reader of line numbers could hang if it meets damaged files.
constexpr unsigned kPatienceSeconds = 5;

struct SignalName {
  int number;
  std::string_view name;
};
constexpr std::array kSignals = {SignalName{SIGSEGV, "SIGSEGV"}, SignalName{SIGBUS, "SIGBUS"},
                                 SignalName{SIGFPE, "SIGFPE"},   SignalName{SIGILL, "SIGILL"},
                                 SignalName{SIGABRT, "SIGABRT"}, SignalName{SIGSYS, "SIGSYS"},
                                 SignalName{SIGTRAP, "SIGTRAP"}};

struct CodeName {
  int number;
  int code;
  std::string_view name;
};
constexpr std::array kCodes = {
    CodeName{SIGSEGV, SEGV_MAPERR, "SEGV_MAPERR"}, CodeName{SIGSEGV, SEGV_ACCERR, "SEGV_ACCERR"},
    CodeName{SIGBUS, BUS_ADRALN, "BUS_ADRALN"},    CodeName{SIGBUS, BUS_ADRERR, "BUS_ADRERR"},
    CodeName{SIGBUS, BUS_OBJERR, "BUS_OBJERR"},    CodeName{SIGFPE, FPE_INTDIV, "FPE_INTDIV"},
    CodeName{SIGFPE, FPE_INTOVF, "FPE_INTOVF"},    CodeName{SIGFPE, FPE_FLTDIV, "FPE_FLTDIV"},
    CodeName{SIGFPE, FPE_FLTINV, "FPE_FLTINV"},    CodeName{SIGILL, ILL_ILLOPC, "ILL_ILLOPC"},
    CodeName{SIGILL, ILL_ILLOPN, "ILL_ILLOPN"},    CodeName{SIGILL, ILL_PRVOPC, "ILL_PRVOPC"}};

Place place_of(const void* context) {
  const auto& machine = static_cast<const ucontext_t*>(context)->uc_mcontext;
#if defined(__x86_64__)
  return {.code = static_cast<std::uintptr_t>(machine.gregs[REG_RIP]),
          .stack = static_cast<std::uintptr_t>(machine.gregs[REG_RSP])};
#elif defined(__aarch64__)
  return {.code = machine.pc, .stack = machine.sp};
#else
  (void)machine;
  return {};
#endif
}

bool is_fault(const siginfo_t& info) { return info.si_code > 0; }

std::string_view reason_of(const siginfo_t& info, const Place& place) {
  if (!is_fault(info)) return {};
  const auto address = reinterpret_cast<std::uintptr_t>(info.si_addr);
  // An overflow may touch an address well below the stack pointer: a large frame reaches beyond the guard page.
  constexpr std::uintptr_t kBelow = std::uintptr_t{1} << 20;
  constexpr std::uintptr_t kAbove = 4096;
  constexpr std::uintptr_t kNull = 4096;
  switch (info.si_signo) {
    case SIGSEGV:
      if (info.si_code != SEGV_MAPERR && info.si_code != SEGV_ACCERR) return {};
      if (address < kNull) return "a null pointer was used";
      if (address + kBelow > place.stack && address < place.stack + kAbove)
        return "the stack overflowed: the recursion is too deep, or an array on it too large";
      return {};
    case SIGFPE:
      return info.si_code == FPE_INTDIV ? "an integer was divided by zero" : "";
    default:
      return {};
  }
}

void add_signal(FixedLine& line, FixedText& scratch, const siginfo_t& info, const Place& place) {
  for (const auto& [number, name] : kSignals)
    if (number == info.si_signo) line.field("signal", name);
  if (is_fault(info)) {
    for (const auto& [number, code, name] : kCodes)
      if (number == info.si_signo && code == info.si_code) line.field("code", name);
    if (info.si_signo != SIGTRAP && info.si_signo != SIGSYS) {
      scratch.clear();
      scratch.add_hex(reinterpret_cast<std::uintptr_t>(info.si_addr));
      line.field("address", scratch.text());
    }
  } else if (info.si_pid != getpid()) {
    line.number("sent_by_process", static_cast<std::uint64_t>(info.si_pid));
  }
  const char* const known = process_state.why_aborted;
  line.field("reason", known != nullptr ? known : reason_of(info, place));
}

void take_default(int number) {
  struct sigaction action{};
  action.sa_handler = SIG_DFL;
  sigaction(number, &action, nullptr);
}

// Ends the process by the signal at once, from inside a handler.
[[noreturn]] void end_by(int number) {
  take_default(number);
  sigset_t set{};
  sigemptyset(&set);
  sigaddset(&set, number);
  sigprocmask(SIG_UNBLOCK, &set, nullptr);
  syscall(SYS_tgkill, getpid(), gettid(), number);
  end_at_once(128 + number);  // process 1 of a container survives the signal's default action
}

[[noreturn]] void give_up(std::string_view why) {
  if (Report* const report = process_state.report.load()) {
    report->line.field("stack", report->scratch.text());
    report->line.field("incomplete", why);
    write_behind_log(report->line.end());
  }
  end_by(process_state.signal);
}

void on_alarm(int) { give_up("the report took too long"); }

void limit_time() {
  struct sigaction action{};
  action.sa_handler = on_alarm;
  action.sa_flags = SA_ONSTACK;
  sigfillset(&action.sa_mask);
  sigaction(SIGALRM, &action, nullptr);
  sigset_t set{};
  sigemptyset(&set);
  sigaddset(&set, SIGALRM);
  sigprocmask(SIG_UNBLOCK, &set, nullptr);
  alarm(kPatienceSeconds);
}

// Lets the signal end the process after the handler has returned. The pending signal then takes its default action at the place
// of the crash, so a core file or a debugger shows that place and not this handler.
void leave_to_default(int number, siginfo_t* info) {
  const bool comes_again = is_fault(*info) && number != SIGTRAP && number != SIGSYS;
  if (getpid() == 1 && !comes_again) end_at_once(128 + number);
  take_default(number);
  sigset_t set{};
  sigemptyset(&set);
  sigaddset(&set, number);
  sigprocmask(SIG_BLOCK, &set, nullptr);
  syscall(SYS_rt_tgsigqueueinfo, getpid(), gettid(), number, info);
}

// Returns true if the thread computes: it is the likely culprit if a call does not end. See proc(5), "stat".
bool is_running(ThreadId thread) {
  std::array<char, 64> room;
  FixedText path{std::span(room).first(room.size() - 1)};
  room.fill('\0');
  path.add("/proc/self/task/");
  path.add_number(static_cast<std::uint64_t>(thread));
  path.add("/stat");
  const int fd = open(room.data(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return false;
  std::array<char, 256> stat;
  const ssize_t size = read(fd, stat.data(), stat.size());
  close(fd);
  const std::string_view text(stat.data(), static_cast<std::size_t>(std::max<ssize_t>(size, 0)));
  return text.substr(std::min(text.rfind(')'), text.size())).starts_with(") R");
}

// Returns the thread whose call is the likely reason for which another process sent the signal: a call that computes, or else one
// that waits. Returns 0 if no call runs on a thread, or if this thread runs one.
ThreadId culprit() {
  const WatchedProcess::Options* const options = process_state.options;
  if (options == nullptr || options->calls == nullptr) return 0;
  const ThreadId self = gettid();
  ThreadId found = 0;
  bool has_own = false;
  bool computes = false;
  options->calls->each([&](const CallsInFlight::Call& call) {
    has_own = has_own || call.thread == self;
    if (call.thread == 0 || computes) return;
    computes = is_running(call.thread);
    if (computes || found == 0) found = call.thread;
  });
  return has_own ? 0 : found;
}

// A signal of another process, such as SIGABRT for a function that does not end, comes to any thread. The thread with the call
// makes the report, because its stack tells more. Returns if that thread does not take the signal in time.
void pass_to_culprit(int number, siginfo_t info) {
  constexpr int kPatienceMs = 500;
  if (is_fault(info) || info.si_pid == getpid() || process_state.is_forked_child) return;
  info.si_code = SI_QUEUE;  // the kernel passes no other code on to another thread
  const ThreadId thread = culprit();
  if (thread == 0 || syscall(SYS_rt_tgsigqueueinfo, getpid(), thread, number, &info) != 0) return;
  for (int ms = 0; ms < kPatienceMs && process_state.crashing == 0; ++ms) poll(nullptr, 0, 1);
}

// Unused under the thread sanitizer, which reports crashes itself.
[[maybe_unused]] void on_crash(int number, siginfo_t* info, void* context) {
  const int kept = errno;
  if (process_state.crashing == 0) pass_to_culprit(number, *info);
  bool self = false;
  if (!is_first_to_report(self)) {
    if (self) give_up("the report itself crashed");
    for (;;) pause();
  }
  process_state.signal = number;
  give_notice();
  limit_time();
  const Place place = place_of(context);
  Report report;
  process_state.report = &report;
  FixedLine& line = report.line;
  FixedText& scratch = report.scratch;
  line.begin(unix_micros_now(), Level::kError,
             process_state.is_forked_child ? "a process that the function forked crashed"
                                           : "process crashed");
  add_signal(line, scratch, *info, place);
  line.field("exception", process_state.exception.data());
  line.field("error", process_state.what.data());
  add_calls(line, scratch);
  // An exception that a noexcept function lets out is thrown deeper than the stack of this signal goes.
  Frames frames;
  frames.count = 0;
  if (number == SIGABRT) frames = process_state.thrown;
  if (frames.count == 0) frames.take_interrupted(place);
  add_stack(line, scratch, frames.from(0));
  write_behind_log(line.end());
  process_state.report = nullptr;
  alarm(0);
  leave_to_default(number, info);
  errno = kept;
}

}  // namespace

void report_terminate() {
  if (process_state.terminates.exchange(true)) std::abort();
  FixedText name(std::span(process_state.exception).first(process_state.exception.size() - 1));
  FixedText what(std::span(process_state.what).first(process_state.what.size() - 1));
  if (const std::type_info* type = __cxxabiv1::__cxa_current_exception_type()) {
    add_type_name(type->name(), name);
    (void)find_throw_frames(std::current_exception(), process_state.thrown);
    try {
      std::rethrow_exception(std::current_exception());
    } catch (const std::exception& error) {
      if (error.what() != nullptr) what.add(error.what());
    } catch (...) {  // NOLINT(bugprone-empty-catch): the exception has no text
    }
  } else if (process_state.why_aborted == nullptr) {
    process_state.why_aborted =
        "std::terminate() was called without an exception, as by the destructor of a std::thread "
        "that was neither joined nor detached";
  }
  std::abort();
}

void report_crashes() {
#if !defined(OFN_THREAD_SANITIZER)
  for (const auto& [number, name] : kSignals) {
    struct sigaction present{};
    // The program keeps an existing handler: a sanitizer's report says more, and the author wants the author's handler.
    if (sigaction(number, nullptr, &present) != 0 || present.sa_handler != SIG_DFL) continue;
    struct sigaction action{};
    action.sa_sigaction = on_crash;
    // SA_NODEFER: a crash inside the handler runs the handler again, which then gives up.
    action.sa_flags = SA_SIGINFO | SA_ONSTACK | SA_NODEFER;
    sigaction(number, &action, nullptr);
  }
#endif
  std::set_terminate(report_terminate);
}

}  // namespace ofn::os

// The runtime's prints that it was called and ends by std::terminate(); the report says that it was a virtual function. Weak, because
// a program that is linked with the static C++ library has that library's own.
extern "C" __attribute__((weak, visibility("default"))) void __cxxabiv1::__cxa_pure_virtual() {
  ofn::os::process_state.why_aborted =
      "a pure virtual function was called: by a constructor or destructor of its class, or on an "
      "object that was destroyed";
  const auto next =
      reinterpret_cast<decltype(&__cxa_pure_virtual)>(dlsym(RTLD_NEXT, "__cxa_pure_virtual"));
  if (next != nullptr) next();
  std::terminate();
}
