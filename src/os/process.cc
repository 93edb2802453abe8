#include "os/process.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <string_view>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>
#include <utility>

namespace ofn::os {
namespace {

// Returns this process's environment with the changes of a command.
std::vector<std::string> environment_with(const std::vector<std::string>& changes) {
  const auto name_of = [](std::string_view variable) {
    return variable.substr(0, variable.find('='));
  };
  std::vector<std::string> variables;
  for (char** each = environ; *each != nullptr; ++each) {
    const bool changes_it = std::ranges::any_of(
        changes, [&](const std::string& change) { return name_of(change) == name_of(*each); });
    if (!changes_it) variables.emplace_back(*each);
  }
  for (const std::string& change : changes) {
    if (change.find('=') != std::string::npos) variables.push_back(change);
  }
  return variables;
}

// posix_spawn() takes arrays of pointers to characters that are not const, and changes none of them.
std::vector<char*> pointers_to(const std::vector<std::string>& texts) {
  std::vector<char*> pointers;
  pointers.reserve(texts.size() + 1);
  for (const std::string& text : texts)
    pointers.push_back(const_cast<char*>(text.c_str()));  // NOLINT
  pointers.push_back(nullptr);
  return pointers;
}

// The arguments of posix_spawn() for a command. They are made before the fork, because they need the heap.
class Spawn {
 public:
  explicit Spawn(const Command& command)
      : arguments_(pointers_to(command.arguments)),
        variables_(environment_with(command.variables)),
        environment_(pointers_to(variables_)) {
    ::posix_spawn_file_actions_init(&actions_);
    place_descriptors(command.descriptors);
    // This process blocks and ignores signals for its own purposes; the command starts with the defaults.
    sigset_t none{};
    sigset_t all{};
    ::sigemptyset(&none);
    ::sigfillset(&all);
    ::posix_spawnattr_init(&attributes_);
    ::posix_spawnattr_setsigmask(&attributes_, &none);
    ::posix_spawnattr_setsigdefault(&attributes_, &all);
    ::posix_spawnattr_setflags(&attributes_, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
  }
  Spawn(const Spawn&) = delete;
  Spawn& operator=(const Spawn&) = delete;
  ~Spawn() {
    ::posix_spawnattr_destroy(&attributes_);
    ::posix_spawn_file_actions_destroy(&actions_);
  }
  // Returns an errno, or 0.
  int start(pid_t& pid) {
    return ::posix_spawnp(&pid, arguments_[0], &actions_, &attributes_, arguments_.data(),
                          environment_.data());
  }

 private:
  void place_descriptors(const std::vector<Handed>& handed) {
    int last = STDERR_FILENO;
    int above = STDERR_FILENO;
    for (const auto& [fd, as] : handed) {
      last = std::max(last, as);
      above = std::max({above, fd, as});
    }
    // Two steps, because one command may exchange two numbers. The copies of the first step are closed below.
    int copy = above;
    for (const auto& [fd, as] : handed) ::posix_spawn_file_actions_adddup2(&actions_, fd, ++copy);
    ::posix_spawn_file_actions_addopen(&actions_, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    copy = above;
    for (const auto& [fd, as] : handed) ::posix_spawn_file_actions_adddup2(&actions_, ++copy, as);
    for (int fd = STDERR_FILENO + 1; fd < last; ++fd) {
      if (std::ranges::find(handed, fd, &Handed::as) == handed.end())
        ::posix_spawn_file_actions_addclose(&actions_, fd);
    }
#if defined(__GLIBC__) && __GLIBC_PREREQ(2, 34)
    // This closes descriptors as well that this process inherited and does not know.
    ::posix_spawn_file_actions_addclosefrom_np(&actions_, last + 1);
#else
    for (int fd = above + 1; fd <= copy; ++fd) ::posix_spawn_file_actions_addclose(&actions_, fd);
#endif
  }

  posix_spawn_file_actions_t actions_{};
  posix_spawnattr_t attributes_{};
  std::vector<char*> arguments_;
  std::vector<std::string> variables_;
  std::vector<char*> environment_;
};

// Runs in the leader of the command's process group, between this process and the command. It waits for the command and exits
// with the command's exit code, or with 128 plus the signal that ended it. If this process dies, the kernel sends SIGHUP to the
// leader, which then ends the whole group.
// The leader is forked from a process with threads, so it may call nothing that takes a lock or allocates.
[[noreturn]] void lead(Spawn& spawn, pid_t parent, int started, const Command& command) {
  const auto ends_within = command.ends_within;
  ::setpgid(0, 0);
  sigset_t awaited{};
  sigset_t all{};
  ::sigfillset(&all);
  ::sigemptyset(&awaited);
  ::sigaddset(&awaited, SIGCHLD);
  ::sigaddset(&awaited, SIGHUP);
  ::sigprocmask(SIG_SETMASK, &all, nullptr);  // signals to the group are for the command
  ::signal(SIGCHLD, SIG_DFL);
  ::signal(SIGHUP, SIG_DFL);  // sigwaitinfo() would not return an ignored signal
  ::prctl(PR_SET_PDEATHSIG, SIGHUP);
  if (::getppid() != parent) ::_exit(1);
  if (command.in_background) ::setpriority(PRIO_PROCESS, 0, 19);
  pid_t pid = -1;
  const bool is_there = command.folder.empty() || ::chdir(command.folder.c_str()) == 0;
  const int error = is_there ? spawn.start(pid) : errno;
  const int told = error == 0 ? pid : -error;
  (void)!::write(started, &told, sizeof told);
  if (error != 0) ::_exit(1);
  // The leader closes the descriptors that it has inherited: a command that outlives the framework must keep no file of it open,
  // least of all a locked one.
  ::close(STDIN_FILENO);
#ifdef SYS_close_range
  ::syscall(SYS_close_range, 3U, ~0U, 0U);
#else
  ::close(started);
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
    const timespec last_chance{.tv_sec = ends_within.count() / 1000,
                               .tv_nsec = ends_within.count() % 1000 * 1'000'000};
    const int number = is_orphan ? ::sigtimedwait(&awaited, nullptr, &last_chance)
                                 : ::sigwaitinfo(&awaited, nullptr);
    if (is_orphan && number < 0 && errno == EAGAIN) ::kill(0, SIGKILL);
    // SIGHUP is also sent by Process::signal(), and by the kernel when only the thread that forked
    // the leader ends.
    if (number == SIGHUP && !is_orphan && ::getppid() != parent) {
      is_orphan = true;
      ::kill(0, SIGTERM);
    }
  }
}

std::unexpected<Error> refused(std::string_view what, int number) {
  return fail(Code::kResourceExhausted,
              "cannot " + std::string(what) + ": " + std::strerror(number));
}

}  // namespace

Result<Process> Process::start(const Command& command) {
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) return refused("make a pipe", errno);
  const Descriptor started_read(ends[0]);
  Descriptor started_write(ends[1]);
  Spawn spawn(command);
  const pid_t parent = ::getpid();
  // No signal handler of this process may run in the child.
  sigset_t all{};
  sigset_t before{};
  ::sigfillset(&all);
  ::pthread_sigmask(SIG_SETMASK, &all, &before);
  const pid_t pid = ::fork();
  if (pid == 0) lead(spawn, parent, started_write.get(), command);
  const int fork_error = errno;
  ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
  if (pid < 0) return refused("start a process", fork_error);
  ::setpgid(pid, pid);  // the child does the same, and either may be first
  started_write = Descriptor();
  int told = -EIO;  // if the leader is killed before it tells
  while (::read(started_read.get(), &told, sizeof told) < 0 && errno == EINTR) {
  }
  if (told < 0) {
    ::waitpid(pid, nullptr, 0);
    return fail(told == -ENOENT ? Code::kNotFound : Code::kInternal,
                "cannot run " + command.arguments[0] + ": " + strerror(-told));
  }
  return Process(pid, told, command.ends_within);
}

Process::Process(pid_t leader, pid_t program, std::chrono::milliseconds ends_within)
    : leader_(leader), program_(program), ends_within_(ends_within) {
#ifdef SYS_pidfd_open
  ended_ = Descriptor(static_cast<int>(::syscall(SYS_pidfd_open, leader, 0)));
#endif
}

Process::Process(Process&& other) noexcept
    : leader_(std::exchange(other.leader_, -1)),
      program_(other.program_),
      ended_(std::move(other.ended_)),
      ends_within_(other.ends_within_) {}

Process::~Process() {
  if (leader_ <= 0) return;
  signal(SIGTERM);
  pollfd wait_for_end = {.fd = ended_.get(), .events = POLLIN, .revents = 0};
  ::poll(&wait_for_end, 1, static_cast<int>(ends_within_.count()));
  signal(SIGKILL);
  (void)wait();
}

void Process::signal(int number) const {
  if (leader_ > 0) ::kill(-leader_, number);
}

std::optional<Ended> Process::poll() { return reap(WNOHANG); }

Ended Process::wait() { return reap(0).value_or(Ended{}); }

std::optional<Ended> Process::reap(int options) {
  if (leader_ <= 0) return std::nullopt;  // wait4() would take any child
  int status = 0;
  rusage usage{};
  pid_t reaped = -1;
  while ((reaped = ::wait4(leader_, &status, options, &usage)) < 0 && errno == EINTR) {
  }
  if (reaped == 0) return std::nullopt;
  leader_ = -1;
  Ended ended;
  ended.exit_code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  for (const timeval& time : {usage.ru_utime, usage.ru_stime}) {
    ended.cpu += std::chrono::seconds(time.tv_sec) + std::chrono::microseconds(time.tv_usec);
  }
  return ended;
}

}  // namespace ofn::os
