#include "otlp/text_destination.h"

#include <cerrno>
#include <cstring>
#include <poll.h>
#include <string>
#include <unistd.h>
#include <utility>

#include "otlp/json_text.h"

namespace ofn::otlp {
namespace {

Answer nobody_reads() { return {.verdict = Verdict::kRefused, .text = "nobody reads it"}; }

// Blocks until everything is written, also on a descriptor that does not block.
Answer write_all(int fd, std::string_view text) {
  while (!text.empty()) {
    const ssize_t wrote = ::write(fd, text.data(), text.size());
    if (wrote >= 0) {
      text.remove_prefix(static_cast<std::size_t>(wrote));
    } else if (errno == EAGAIN) {
      pollfd room{.fd = fd, .events = POLLOUT, .revents = 0};
      poll(&room, 1, -1);
    } else if (errno != EINTR) {
      return {.verdict = Verdict::kRefused, .text = std::strerror(errno)};
    }
  }
  return {};
}

}  // namespace

TextDestination::TextDestination(Loop& loop, Signal signal, int fd)
    : loop_(loop), signal_(signal), fd_(fd), writing_(loop), time_limit_(loop, [this] {
        writing_.forget();
        finish(nobody_reads());
      }) {}

void TextDestination::deliver(std::string_view message, Deadline deadline,
                              std::move_only_function<void(const Answer&)> done) {
  done_ = std::move(done);
  // A line before this one is stuck, perhaps in the middle.
  if (writing_.is_running()) return loop_.run_soon(*this);
  if (!deadline.is_never()) time_limit_.arm(deadline.at());
  writing_.start(
      [fd = fd_, line = to_otlp_json(signal_, message) + "\n"] { return write_all(fd, line); },
      [this](const Answer& answer) { finish(answer); });
}

void TextDestination::finish(const Answer& answer) {
  time_limit_.disarm();
  std::exchange(done_, nullptr)(answer);
}

void TextDestination::close(std::function<void()> closed) {
  writing_.forget();
  time_limit_.disarm();
  done_ = nullptr;
  closed_ = std::move(closed);
  loop_.run_soon(*this);
}

void TextDestination::run_ready() {
  if (done_ != nullptr) return finish(nobody_reads());
  if (const auto closed = std::exchange(closed_, nullptr)) closed();
}

}  // namespace ofn::otlp
