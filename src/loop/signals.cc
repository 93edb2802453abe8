#include "loop/signals.h"

#include <array>
#include <atomic>
#include <cerrno>
#include <csignal>
#include <fcntl.h>
#include <optional>
#include <pthread.h>
#include <unistd.h>
#include <utility>
#include <vector>

#include "base/check.h"
#include "loop/watch.h"

namespace ofn {

namespace {

// For each signal number: the descriptor that the handler writes to, plus one, or 0 if there is
// none. It is global because a handler gets only the number.
constinit std::array<std::atomic<int>, NSIG> write_ends{};

void write_down(int number) {
  const int kept = errno;
  const int fd = write_ends[static_cast<std::size_t>(number)].load() - 1;
  const auto byte = static_cast<unsigned char>(number);
  // If the pipe is full, the signal has been reported often enough.
  if (fd >= 0) (void)!write(fd, &byte, 1);
  errno = kept;
}

// A child that the function forks has the parent's end of the pipe, but a signal that the child
// gets is not meant for the parent.
void forget_in_child() {
  for (int number = 1; number < NSIG; ++number) {
    if (write_ends[static_cast<std::size_t>(number)].exchange(0) != 0) std::signal(number, SIG_DFL);
  }
}

}  // namespace

struct Signals::Set : std::enable_shared_from_this<Set> {
  Set(Loop& loop, std::function<void(int)> handler) : on_signal(std::move(handler)) {
    OFN_CHECK(pipe2(ends.data(), O_CLOEXEC | O_NONBLOCK) == 0);
    watch.emplace(loop, ends[0], [this](Watch::Seen) { tell(); });
  }
  Set(const Set&) = delete;
  Set& operator=(const Set&) = delete;
  ~Set() {
    watch.reset();
    for (const int end : ends) close(end);
  }

  void add(int number) {
    // If the user started the program under nohup, it must outlive its terminal.
    struct sigaction inherited{};
    if (number == SIGHUP && sigaction(number, nullptr, &inherited) == 0 &&
        inherited.sa_handler == SIG_IGN)
      return;
    static const int told = pthread_atfork(nullptr, nullptr, forget_in_child);
    OFN_CHECK(told == 0);
    auto& end = write_ends[static_cast<std::size_t>(number)];
    OFN_CHECK(end.exchange(ends[1] + 1) == 0);
    struct sigaction action{};
    action.sa_handler = write_down;
    action.sa_flags = SA_RESTART;
    sigfillset(&action.sa_mask);
    struct sigaction before{};
    OFN_CHECK(sigaction(number, &action, &before) == 0);
    replaced.emplace_back(number, before);
  }

  void end() {
    on_signal = nullptr;
    for (const auto& [number, before] : std::exchange(replaced, {})) {
      sigaction(number, &before, nullptr);
      write_ends[static_cast<std::size_t>(number)] = 0;
    }
  }

  void tell() {
    const auto self = shared_from_this();  // the callback may destroy this object
    std::array<unsigned char, 64> numbers{};
    ssize_t count = 0;
    while (on_signal && (count = read(ends[0], numbers.data(), numbers.size())) > 0) {
      for (ssize_t i = 0; i < count && on_signal; ++i) {
        const auto told = on_signal;
        told(numbers[static_cast<std::size_t>(i)]);
      }
    }
  }

  std::array<int, 2> ends{};
  std::function<void(int)> on_signal;
  std::vector<std::pair<int, struct sigaction>> replaced;
  std::optional<Watch> watch;
};

Signals::Signals(Loop& loop, std::initializer_list<int> numbers, std::function<void(int)> on_signal)
    : set_(std::make_shared<Set>(loop, std::move(on_signal))) {
  for (const int number : numbers) set_->add(number);
}

Signals::~Signals() { set_->end(); }

}  // namespace ofn
