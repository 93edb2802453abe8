#include "dev/keys.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <poll.h>
#include <unistd.h>
#include <utility>
#include <vector>

namespace ofn::dev {

namespace {

std::optional<Key> key_of(char byte) {
  switch (byte) {
    case 'i':
    case 'I':
      return Key::kInvokeAgain;
    case 'r':
    case 'R':
    case 'b':
    case 'B':
      return Key::kRebuild;
    case 'v':
    case 'V':
      return Key::kVerbose;
    case 'h':
    case 'H':
    case '?':
      return Key::kHelp;
    case 'q':
    case 'Q':
      return Key::kQuit;
    default:
      return std::nullopt;
  }
}

constexpr char kEscape = '\x1b';

// Returns the size of the escape sequence at the begin of `bytes`.
// Spec: ECMA-48, 5.4 (control sequences); xterm, ctlseqs (SS3, and Alt as a prefix).
std::size_t size_of_sequence(std::string_view bytes) {
  if (bytes.size() < 2 || bytes[1] == kEscape) return 1;
  if (bytes[1] == 'O') return std::min<std::size_t>(bytes.size(), 3);
  if (bytes[1] != '[') return 2;
  const auto is_final = [](char c) { return c >= '@' && c <= '~'; };
  const auto* const end = std::find_if(bytes.begin() + 2, bytes.end(), is_final);
  return static_cast<std::size_t>(end - bytes.begin()) + (end == bytes.end() ? 0 : 1);
}

bool is_control(char byte) { return static_cast<unsigned char>(byte) < ' ' || byte == '\x7f'; }

bool is_readable(int fd) {
  pollfd polled{.fd = fd, .events = POLLIN, .revents = 0};
  return ::poll(&polled, 1, 0) > 0;
}

bool are_equal(const termios& a, const termios& b) {
  return a.c_iflag == b.c_iflag && a.c_oflag == b.c_oflag && a.c_cflag == b.c_cflag &&
         a.c_lflag == b.c_lflag && std::ranges::equal(a.c_cc, b.c_cc);
}

bool is_ignored(int signal) {
  struct sigaction action{};
  return ::sigaction(signal, nullptr, &action) == 0 && action.sa_handler == SIG_IGN;
}

}  // namespace

Keys::Keys(Loop& loop, int fd, std::function<void(Key)> on_key)
    : fd_(fd), on_key_(std::move(on_key)) {
  if (::isatty(fd) == 0) return;
  watch_.emplace(loop, fd, [this](Watch::Seen) { read_keys(); });
  on_continue_.emplace(loop, std::initializer_list<int>{SIGCONT}, [this](int) { resume(); });
  // A shell without job control has it ignored: the process must not stop, because nobody would continue it.
  if (!is_ignored(SIGTSTP))
    on_stop_.emplace(loop, std::initializer_list<int>{SIGTSTP}, [this](int) { stop(); });
  resume();
}

bool Keys::in_foreground() const noexcept { return ::tcgetpgrp(fd_) == ::getpgrp(); }

void Keys::resume() {
  // A process in the background that sets modes is stopped (SIGTTOU).
  if (!watch_ || !in_foreground()) {
    is_raw_ = false;
    return;
  }
  termios now{};
  if (::tcgetattr(fd_, &now) != 0) return;
  // After a stop that no handler sees (SIGSTOP), the modes are the shell's or still ours.
  if (!raw_ || !are_equal(now, *raw_)) before_ = now;
  raw_ = before_;
  raw_->c_lflag &= ~static_cast<tcflag_t>(ICANON | ECHO);
  raw_->c_cc[VMIN] = 1;
  raw_->c_cc[VTIME] = 0;
  is_raw_ = ::tcsetattr(fd_, TCSANOW, &*raw_) == 0;
}

void Keys::restore() noexcept {
  // In the background the modes are the shell's.
  if (is_raw_ && in_foreground()) ::tcsetattr(fd_, TCSANOW, &before_);
  is_raw_ = false;
}

void Keys::stop() {
  restore();
  // With the signal's own effect the shell sees why the process stopped, and a process that no shell can continue goes on.
  struct sigaction standard{};
  standard.sa_handler = SIG_DFL;
  struct sigaction ours{};
  ::sigaction(SIGTSTP, &standard, &ours);
  ::raise(SIGTSTP);
  ::sigaction(SIGTSTP, &ours, nullptr);
  resume();
}

void Keys::read_keys() {
  // The user has brought the process to the foreground and pressed Enter.
  if (!is_raw_) resume();
  std::array<char, 256> bytes{};
  // The read would stop a process in the background (SIGTTIN), and would wait if another process has taken the bytes.
  while (is_raw_ && in_foreground() && is_readable(fd_)) {
    const ssize_t size = ::read(fd_, bytes.data(), bytes.size());
    if (size < 0 && errno == EINTR) continue;
    if (size <= 0) {
      // The terminal is closed.
      is_raw_ = false;
      watch_.reset();
      return;
    }
    take(std::string_view(bytes.data(), static_cast<std::size_t>(size)));
  }
}

void Keys::take(std::string_view bytes) {
  std::vector<Key> keys;
  while (!bytes.empty()) {
    std::size_t size = 1;
    if (bytes.front() == kEscape) {
      size = size_of_sequence(bytes);
    } else if (const auto key = key_of(bytes.front())) {
      keys.push_back(*key);
    } else if (!is_control(bytes.front())) {
      return;  // a paste
    }
    bytes.remove_prefix(size);
  }
  for (const Key key : keys) on_key_(key);
}

}  // namespace ofn::dev
