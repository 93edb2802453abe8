#include "loader/process.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <climits>
#include <csignal>
#include <cstring>
#include <fcntl.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>
#include <utility>

namespace ofn::loader {
namespace {

constexpr std::size_t kOutputLimit = std::size_t{1} << 20;  // bytes of one command's output

// A running command and the output that it has written.
class Child {
 public:
  static Result<Child> start(Command command);

  int output_fd() const { return output_.get(); }
  int ended_fd() const { return process_.ended_fd(); }  // -1 if the kernel has no pidfd

  // A build tool such as ninja uses the time until the destructor kills the group to end the child processes that it has put into
  // process groups of their own.
  void ask_to_end() const { process_.signal(SIGTERM); }
  // Reads the output that is there. Returns false at its end.
  bool read_output();
  Finished finish() {
    const os::Ended ended = process_.wait();
    return {.exit_code = ended.exit_code, .output = std::move(text_), .cpu = ended.cpu};
  }

 private:
  Child(os::Process process, os::Descriptor output)
      : process_(std::move(process)), output_(std::move(output)) {}

  os::Process process_;
  os::Descriptor output_;
  std::string text_;
};

Result<Child> Child::start(Command command) {
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) {
    return fail(Code::kResourceExhausted, std::string("cannot make a pipe: ") + strerror(errno));
  }
  os::Descriptor read_end(ends[0]);
  const os::Descriptor write_end(ends[1]);
  ::fcntl(read_end.get(), F_SETFL, O_NONBLOCK);
  command.descriptors = {{.fd = write_end.get(), .as = STDOUT_FILENO},
                         {.fd = write_end.get(), .as = STDERR_FILENO}};
  // A sanitizer's runtime, which this process may have from its start, is not for compilers.
  command.variables.emplace_back("LD_PRELOAD");
  auto process = os::Process::start(command);
  if (!process) return std::unexpected(std::move(process).error());
  return Child(*std::move(process), std::move(read_end));
}

bool Child::read_output() {
  std::array<char, 16384> buffer;
  while (true) {
    const ssize_t size = ::read(output_.get(), buffer.data(), buffer.size());
    if (size > 0) {
      const auto room = kOutputLimit - std::min(kOutputLimit, text_.size());
      text_.append(buffer.data(), std::min(static_cast<std::size_t>(size), room));
    } else if (size == 0) {
      return false;
    } else if (errno != EINTR) {
      return errno == EAGAIN;
    }
  }
}

int poll_timeout(const Deadline& deadline) {
  if (deadline.is_never()) return -1;
  const auto left = deadline.left(SystemClock().now());
  const auto milliseconds = std::chrono::ceil<std::chrono::milliseconds>(left).count();
  return static_cast<int>(std::min<std::chrono::milliseconds::rep>(milliseconds, INT_MAX));
}

}  // namespace

Result<std::vector<Finished>> run_all(std::span<const Command> commands, std::size_t at_once,
                                      const Limits& limits) {
  const os::Descriptor stopped(::eventfd(0, EFD_CLOEXEC));
  const std::stop_callback on_stop(limits.stop, [&] { ::eventfd_write(stopped.get(), 1); });

  std::vector<Finished> finished(commands.size());
  std::vector<std::pair<std::size_t, Child>> running;
  for (std::size_t next = 0; next < commands.size() || !running.empty();) {
    while (next < commands.size() && running.size() < std::max<std::size_t>(at_once, 1)) {
      auto child = Child::start(commands[next]);
      if (!child) return std::unexpected(child.error());
      running.emplace_back(next++, std::move(*child));
    }
    std::vector<pollfd> waits = {{.fd = stopped.get(), .events = POLLIN, .revents = 0}};
    for (const auto& [index, child] : running) {
      waits.push_back({.fd = child.output_fd(), .events = POLLIN, .revents = 0});
      waits.push_back({.fd = child.ended_fd(), .events = POLLIN, .revents = 0});
    }
    if (::poll(waits.data(), waits.size(), poll_timeout(limits.deadline)) < 0 && errno != EINTR) {
      return fail(Code::kInternal, std::string("cannot wait for a process: ") + strerror(errno));
    }
    const bool is_stopped = limits.stop.stop_requested();
    const bool is_late = limits.deadline.passed(SystemClock().now());
    if (is_stopped || is_late) {
      for (const auto& [index, child] : running) child.ask_to_end();  // all at once
    }
    if (is_stopped) return fail(Code::kCancelled, "stopped while compiling");
    if (is_late) {
      return fail(Code::kDeadlineExceeded,
                  commands[running.front().first].arguments[0] + " took too long and was stopped");
    }
    std::vector<std::pair<std::size_t, Child>> still;
    for (std::size_t i = 0; i < running.size(); ++i) {
      auto& [index, child] = running[i];
      const bool more = child.read_output();
      const bool ended = waits[2 + 2 * i].revents != 0;
      if (more && !ended) {
        still.emplace_back(index, std::move(child));
      } else {
        child.read_output();  // the output between the last read and the end
        finished[index] = child.finish();
      }
    }
    running.clear();
    for (auto& each : still) running.emplace_back(std::move(each));
  }
  return finished;
}

Result<Finished> run(const Command& command, const Limits& limits) {
  auto finished = run_all(std::span(&command, 1), 1, limits);
  if (!finished) return std::unexpected(finished.error());
  return std::move(finished->front());
}

}  // namespace ofn::loader
