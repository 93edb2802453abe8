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
#include <sys/prctl.h>
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

// The time that a command has to remove its temporary files. A build tool such as ninja uses it to end the child processes that
// it has put into process groups of their own.
constexpr int kEndsWithin = 200;  // milliseconds

// The arguments of posix_spawn() for a command. They are made before the fork, because they need the heap.
class Spawn {
 public:
  Spawn(const Command& command, int output) {
    ::posix_spawn_file_actions_init(&actions_);
    ::posix_spawn_file_actions_addopen(&actions_, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    ::posix_spawn_file_actions_adddup2(&actions_, output, STDOUT_FILENO);
    ::posix_spawn_file_actions_adddup2(&actions_, output, STDERR_FILENO);
#if defined(__GLIBC__) && __GLIBC_PREREQ(2, 34)
    // This closes descriptors as well that this process inherited and does not know.
    ::posix_spawn_file_actions_addclosefrom_np(&actions_, STDERR_FILENO + 1);
#endif
    // This process blocks and ignores signals for its own purposes; the command starts with the defaults.
    sigset_t none{};
    sigset_t all{};
    ::sigemptyset(&none);
    ::sigfillset(&all);
    ::posix_spawnattr_init(&attributes_);
    ::posix_spawnattr_setsigmask(&attributes_, &none);
    ::posix_spawnattr_setsigdefault(&attributes_, &all);
    ::posix_spawnattr_setflags(&attributes_, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
    for (const std::string& argument : command.arguments) {
      arguments_.push_back(const_cast<char*>(argument.c_str()));  // NOLINT: posix_spawn's type
    }
    arguments_.push_back(nullptr);
  }
  Spawn(const Spawn&) = delete;
  Spawn& operator=(const Spawn&) = delete;
  ~Spawn() {
    ::posix_spawnattr_destroy(&attributes_);
    ::posix_spawn_file_actions_destroy(&actions_);
  }
  // Returns an errno, or 0.
  int start(pid_t& pid) {
    return ::posix_spawnp(&pid, arguments_[0], &actions_, &attributes_, arguments_.data(), environ);
  }

 private:
  posix_spawn_file_actions_t actions_{};
  posix_spawnattr_t attributes_{};
  std::vector<char*> arguments_;
};

// Runs in a process between this one and the command, as the leader of the command's process group. It waits for the command and
// exits with the command's exit code, or with 128 plus the signal that ended it. If this process dies, the kernel sends SIGHUP to
// the leader, which then ends the whole group: the kernel would not tell the children of a compiler (cc1plus, ld). Nothing else
// sends SIGHUP to this group.
// The leader is forked from a process with threads, so it may call nothing that takes a lock or allocates.
[[noreturn]] void attend(Spawn& spawn, pid_t parent, int problem, bool in_background) {
  ::setpgid(0, 0);
  sigset_t awaited{};
  sigset_t all{};
  ::sigfillset(&all);
  ::sigemptyset(&awaited);
  ::sigaddset(&awaited, SIGCHLD);
  ::sigaddset(&awaited, SIGHUP);
  ::sigprocmask(SIG_SETMASK, &all, nullptr);  // SIGTERM to the group is for the command
  ::signal(SIGCHLD, SIG_DFL);
  ::signal(SIGHUP, SIG_DFL);  // sigwaitinfo() would not return an ignored signal
  ::prctl(PR_SET_PDEATHSIG, SIGHUP);
  if (::getppid() != parent) ::_exit(1);
  if (in_background) ::setpriority(PRIO_PROCESS, 0, 19);
  pid_t pid = -1;
  if (const int error = spawn.start(pid); error != 0) {
    (void)!::write(problem, &error, sizeof error);
    ::_exit(1);
  }
  // The leader closes the descriptors that it has inherited: a command that outlives the framework must keep no file of it open,
  // least of all a locked one.
  ::close(STDIN_FILENO);
#ifdef SYS_close_range
  ::syscall(SYS_close_range, 3U, ~0U, 0U);
#else
  ::close(problem);
#endif
  ::close(STDOUT_FILENO);
  ::close(STDERR_FILENO);
  bool is_orphan = false;
  while (true) {
    int status = 0;
    if (::waitpid(pid, &status, WNOHANG) == pid) {
      if (is_orphan) ::kill(0, SIGKILL);  // and the processes that the command has left
      ::_exit(WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status));
    }
    constexpr timespec kLastChance{.tv_sec = 0, .tv_nsec = kEndsWithin * 1'000'000L};
    const int number = is_orphan ? ::sigtimedwait(&awaited, nullptr, &kLastChance)
                                 : ::sigwaitinfo(&awaited, nullptr);
    if (is_orphan && number < 0 && errno == EAGAIN) ::kill(0, SIGKILL);
    if (number == SIGHUP) {
      is_orphan = true;
      ::kill(0, SIGTERM);
    }
  }
}

// A running command. Lifetime: the destructor asks the process group to end, kills it after kEndsWithin, and reaps the leader.
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
  int ended_fd() const { return ended_.get(); }  // -1 if the kernel has no pidfd

  void ask_to_end() const { ::kill(-pid_, SIGTERM); }
  // Reads the output that is there. Returns false at its end.
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

  std::array<int, 2> problem_ends{};
  if (::pipe2(problem_ends.data(), O_CLOEXEC) != 0) {
    return fail(Code::kResourceExhausted, std::string("cannot make a pipe: ") + strerror(errno));
  }
  Fd problem_read(problem_ends[0]);
  Fd problem_write(problem_ends[1]);
  Spawn spawn(command, write_end.get());
  const pid_t parent = ::getpid();
  // No signal handler of this process may run in the child.
  sigset_t all{};
  sigset_t before{};
  ::sigfillset(&all);
  ::pthread_sigmask(SIG_SETMASK, &all, &before);
  const pid_t pid = ::fork();
  if (pid == 0) attend(spawn, parent, problem_write.get(), command.in_background);
  const int fork_error = errno;
  ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
  if (pid < 0) {
    return fail(Code::kResourceExhausted,
                std::string("cannot start a process: ") + strerror(fork_error));
  }
  ::setpgid(pid, pid);  // the child does the same, and either may be first
  problem_write = Fd();
  int error = 0;
  ssize_t size = 0;
  while ((size = ::read(problem_read.get(), &error, sizeof error)) < 0 && errno == EINTR) {
  }
  if (size == sizeof error) {
    ::waitpid(pid, nullptr, 0);
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
