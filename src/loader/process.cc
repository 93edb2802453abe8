#include "loader/process.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <climits>
#include <csignal>
#include <cstring>
#include <fcntl.h>
#include <optional>
#include <poll.h>
#include <spawn.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>
#include <utility>

namespace ofn::loader {
namespace {

constexpr std::size_t kOutputLimit = std::size_t{1} << 20;  // bytes of one command's output

class Fd {
 public:
  explicit Fd(int fd = -1) : fd_(fd) {}
  Fd(Fd&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  Fd& operator=(Fd&& other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
  }
  ~Fd() {
    if (fd_ >= 0) ::close(fd_);
  }
  int get() const { return fd_; }

 private:
  int fd_;
};

// How long a command may take to remove its own temporary files, and a build tool to end what it
// has given process groups of their own, as ninja does.
constexpr int kEndsWithin = 200;  // milliseconds

// A running process. Lifetime: the destructor ends the process group, by force at last, and reaps.
class Child {
 public:
  static Result<Child> start(const Command& command);
  Child(Child&& other) noexcept
      : pid_(std::exchange(other.pid_, -1)),
        output_(std::move(other.output_)),
        ended_(std::move(other.ended_)),
        text_(std::move(other.text_)) {}
  Child& operator=(Child&&) = delete;
  ~Child() {
    if (pid_ > 0) {
      ask_to_end();
      pollfd wait = {.fd = ended_.get(), .events = POLLIN, .revents = 0};
      ::poll(&wait, 1, kEndsWithin);
      ::kill(-pid_, SIGKILL);
      reap();
    }
  }

  int output_fd() const { return output_.get(); }
  int ended_fd() const { return ended_.get(); }  // -1 where the kernel has no pidfd

  void ask_to_end() const { ::kill(-pid_, SIGTERM); }
  // Takes what has been written; false at its end.
  bool read_output();
  Finished finish() {
    Finished finished = reap();
    finished.output = std::move(text_);
    return finished;
  }

 private:
  Child(pid_t pid, Fd output) : pid_(pid), output_(std::move(output)) {
#ifdef SYS_pidfd_open
    ended_ = Fd(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0)));
#endif
  }
  Finished reap();

  pid_t pid_;
  Fd output_;
  Fd ended_;
  std::string text_;
};

Result<Child> Child::start(const Command& command) {
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) {
    return fail(Code::kResourceExhausted, std::string("cannot make a pipe: ") + strerror(errno));
  }
  Fd read_end(ends[0]);
  const Fd write_end(ends[1]);
  ::fcntl(read_end.get(), F_SETFL, O_NONBLOCK);

  posix_spawn_file_actions_t actions{};
  ::posix_spawn_file_actions_init(&actions);
  ::posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  ::posix_spawn_file_actions_adddup2(&actions, write_end.get(), STDOUT_FILENO);
  ::posix_spawn_file_actions_adddup2(&actions, write_end.get(), STDERR_FILENO);
  // The host blocks and ignores signals for its own purposes; the child starts afresh.
  posix_spawnattr_t attributes{};
  ::posix_spawnattr_init(&attributes);
  sigset_t none{};
  sigset_t all{};
  ::sigemptyset(&none);
  ::sigfillset(&all);
  ::posix_spawnattr_setsigmask(&attributes, &none);
  ::posix_spawnattr_setsigdefault(&attributes, &all);
  ::posix_spawnattr_setpgroup(&attributes, 0);
  ::posix_spawnattr_setflags(
      &attributes, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
  std::vector<char*> arguments;
  for (const std::string& argument : command.arguments) {
    arguments.push_back(const_cast<char*>(argument.c_str()));  // NOLINT: posix_spawn's type
  }
  arguments.push_back(nullptr);
  pid_t pid = -1;
  const int error =
      ::posix_spawnp(&pid, arguments[0], &actions, &attributes, arguments.data(), environ);
  ::posix_spawnattr_destroy(&attributes);
  ::posix_spawn_file_actions_destroy(&actions);
  if (error != 0) {
    return fail(error == ENOENT ? Code::kNotFound : Code::kInternal,
                "cannot run " + command.arguments[0] + ": " + strerror(error));
  }
  return Child(pid, std::move(read_end));
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

Finished Child::reap() {
  int status = 0;
  rusage usage{};
  const pid_t pid = std::exchange(pid_, -1);
  while (::wait4(pid, &status, 0, &usage) < 0 && errno == EINTR) {
  }
  Finished finished;
  finished.exit_code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  for (const timeval& time : {usage.ru_utime, usage.ru_stime}) {
    finished.cpu += std::chrono::seconds(time.tv_sec) + std::chrono::microseconds(time.tv_usec);
  }
  return finished;
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
  const Fd stopped(::eventfd(0, EFD_CLOEXEC));
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
        child.read_output();  // what was written between the last read and its end
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
