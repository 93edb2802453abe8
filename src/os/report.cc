#include "os/report.h"

#include <array>
#include <cerrno>
#include <cstdint>
#include <ctime>
#include <poll.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <utility>

#include "base/call_fields.h"
#include "os/author_frames.h"
#include "os/source_line.h"
#include "os/started_threads.h"

namespace ofn::os {

namespace {

// How long the log may take to write its queued lines, and how long a reader may take to read a line.
constexpr int kLogPatienceMs = 200;
constexpr int kReaderPatienceMs = 1000;
// The number of calls on other threads that a report names.
constexpr std::size_t kMostCalls = 16;

}  // namespace

std::int64_t unix_micros_now() {
  timespec now{};
  clock_gettime(CLOCK_REALTIME, &now);
  return std::int64_t{now.tv_sec} * 1'000'000 + now.tv_nsec / 1'000;
}

void add_calls(FixedLine& line, FixedText& scratch) {
  const WatchedProcess::Options* options = process_state.options;
  const CallsInFlight* calls = options == nullptr ? nullptr : options->calls;
  const ThreadId self = this_thread_id();
  std::string_view function;
  CallIds ids;
  scratch.clear();
  std::size_t others = 0;
  if (calls != nullptr) {
    calls->each([&](const CallsInFlight::Call& call) {
      if (call.thread == self) {
        function = call.function;
        ids = call.ids;
        return;
      }
      if (others++ >= kMostCalls) return;
      if (others > 1) scratch.add(' ');
      scratch.add(call.ids.request);
    });
  }
  if (others > kMostCalls) {
    scratch.add(" and ");
    scratch.add_number(others - kMostCalls);
    scratch.add(" more");
  }
  const char* const loading = process_state.loading;
  const char* const serving = process_state.serving;
  if (function.empty() && serving != nullptr) function = serving;
  line.field("function", function);
  const CallFields named(ids);
  for (const LogField& id : named.span()) line.field(id.name, id.value.text());
  if (ids.request.empty()) line.field("started_by", starter_of_this_thread().ids.request);
  line.field("in_flight", scratch.text());
  if (loading != nullptr) line.field("loading", loading);
}

void add_stack(FixedLine& line, FixedText& scratch, std::span<const Frames::Frame> frames) {
  const Symbols symbols;
  scratch.clear();
  if (process_state.author_reads) {
    std::array<char, 4096> room;
    FixedText sources(room);
    std::size_t size_of_first = 0;
    bool is_first = true;
    const AuthorFrameCount count =
        each_author_frame(symbols, frames, [&](const AuthorFrame& frame) {
          if (!is_first) scratch.add(" < ");
          if (!is_first) sources.add('\n');
          add_frame(frame, scratch);
          if (frame.path != nullptr)
            add_source_line(frame.path, frame.line, process_state.started, sources);
          if (std::exchange(is_first, false)) size_of_first = sources.text().size();
        });
    if (count.shown > 0) {
      line.field("stack", scratch.text());
      if (count.left_out > 0) line.number("left_out", count.left_out);
      line.field("source_line", sources.text().substr(0, size_of_first));
      // For the supervisor: a person would read long lines.
      if (process_state.shape.format != LogFormat::kReadable)
        line.field("source_lines", sources.text());
      return;
    }
  }
  symbols.describe(frames, scratch);
  line.field("stack", scratch.text());
}

void write_all(int fd, std::string_view text) {
  while (!text.empty()) {
    const ssize_t wrote = write(fd, text.data(), text.size());
    if (wrote > 0) {
      text.remove_prefix(static_cast<std::size_t>(wrote));
    } else if (wrote < 0 && errno == EAGAIN) {
      pollfd room{.fd = fd, .events = POLLOUT, .revents = 0};
      if (poll(&room, 1, kReaderPatienceMs) <= 0) return;
    } else if (wrote == 0 || errno != EINTR) {
      return;
    }
  }
}

void write_behind_log(std::string_view line) {
  const WatchedProcess::Options* options = process_state.options;
  if (options == nullptr) return write_all(STDERR_FILENO, line);
  if (options->log_is_behind != nullptr && !process_state.is_forked_child) {
    for (int ms = 0; ms < kLogPatienceMs && options->log_is_behind(options->log); ++ms)
      poll(nullptr, 0, 1);
  }
  write_all(options->fd, line);
}

void give_notice() {
  const WatchedProcess::Options* const options = process_state.options;
  if (options == nullptr || options->crash_notice < 0 || process_state.is_forked_child) return;
  const char notice = 'x';
  (void)send(options->crash_notice, &notice, 1, MSG_DONTWAIT | MSG_NOSIGNAL);
}

bool is_first_to_report(bool& self) {
  ThreadId nobody = 0;
  const ThreadId own = gettid();
  if (process_state.crashing.compare_exchange_strong(nobody, own)) return true;
  self = nobody == own;
  return false;
}

void end_at_once(int code) {
  for (;;) syscall(SYS_exit_group, code);
}

}  // namespace ofn::os
