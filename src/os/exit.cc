// Reports that the function ended the process by exit(), quick_exit(), _exit() or _Exit().

#include "os/exit.h"

#include <cstdlib>
#include <string_view>
#include <unistd.h>

#include "os/report.h"
#include "os/symbols.h"

namespace ofn::os {

namespace {

// Returns true if the author's code ends this process: not the program itself, and not a child that the function made.
bool is_by_function() {
  return !process_state.ends && !process_state.is_forked_child && process_state.process == getpid();
}

[[noreturn]] __attribute__((noinline)) void report_exit(std::string_view call, const int* status) {
  bool self = false;
  if (!is_first_to_report(self) && !self)
    for (;;) pause();
  Report report;
  FixedLine& line = report.line;
  FixedText& scratch = report.scratch;
  const char* const loading = process_state.loading;
  const auto add_call = [&] {
    scratch.add(call);
    scratch.add('(');
    if (status != nullptr && *status < 0) scratch.add('-');
    if (status != nullptr)
      scratch.add_number(static_cast<std::uint64_t>(std::abs(static_cast<long>(*status))));
    scratch.add(')');
  };
  const WatchedProcess::Options* const options = process_state.options;
  if (options != nullptr && options->flush != nullptr) options->flush();
  if (loading != nullptr) {
    scratch.add("functions-framework: File ");
    scratch.add(loading);
    scratch.add(" cannot be loaded: a static initializer called ");
    add_call();
    scratch.add('\n');
    write_all(STDERR_FILENO,
              scratch.text());  // for the person who started the program, not for the log
    end_at_once(options == nullptr ? EXIT_FAILURE : options->not_loaded);
  }
  give_notice();
  line.begin(unix_micros_now(), Level::kError, "the function ended the process");
  add_call();
  line.field("call", scratch.text());
  add_calls(line, scratch);
  constexpr std::size_t kOwn = 2;  // Frames::take() and this function
  Frames frames;
  frames.take();
  add_stack(line, scratch, frames.from(kOwn));
  write_behind_log(line.end());
  end_at_once(options == nullptr ? EXIT_FAILURE : options->exited);
}

void on_exit_called(int status, void*) {
  if (is_by_function()) report_exit("exit", &status);
}

void on_quick_exit_called() {
  if (is_by_function()) report_exit("quick_exit", nullptr);
}

[[maybe_unused]] void leave(int status) {  // unused with a sanitizer: below
  if (is_by_function()) report_exit("_exit", &status);
  end_at_once(status);
}

}  // namespace

void report_exits() {
  on_exit(on_exit_called, nullptr);
  std::at_quick_exit(on_quick_exit_called);
}

}  // namespace ofn::os

// The C library has no callback for these two, so the framework defines them in its place. The executable exports them, so that
// the function's shared object uses them as well (--export-dynamic-symbol in apps/CMakeLists.txt). A sanitizer has its own
// versions.
#if !defined(OFN_ADDRESS_SANITIZER) && !defined(OFN_THREAD_SANITIZER)
extern "C" {
__attribute__((visibility("default"))) void _exit(int status) {
  ofn::os::leave(status);
  __builtin_unreachable();
}
__attribute__((visibility("default"))) void _Exit(int status) noexcept {
  ofn::os::leave(status);
  __builtin_unreachable();
}
}
#endif
