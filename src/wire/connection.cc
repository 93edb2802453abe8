#include "wire/connection.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <new>
#include <poll.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>
#include <utility>

#include "loop/system_call.h"

namespace ofn::wire {

namespace {

// How many bytes a peer may still send after our last answer, and for how long, before we close the socket. If a server closes
// with unread input, the kernel sends a reset that can erase the answer at the peer (RFC 9112 §9.6). A body slightly above the
// default limit fits.
constexpr std::size_t kLingerBytes = std::size_t{16} * 1024 * 1024;
constexpr std::chrono::seconds kLingerTime(2);
// The number of buffers of one sendmsg(). The next sendmsg() writes the rest.
constexpr std::size_t kBuffers = 16;
// The rate that a peer must reach while memory is short, or its connection ends. At that rate the peer moves all memory that it
// holds within kLongestHold seconds. The rate is at least kLeastRate and at most kMostRate bytes a second.
constexpr std::size_t kLongestHold = 256;
constexpr std::size_t kLeastRate = std::size_t{4} * 1024;
constexpr std::size_t kMostRate = std::size_t{64} * 1024;
// The calls never block, even on a blocking socket, and raise no SIGPIPE if the peer has gone.
constexpr int kFlags = MSG_DONTWAIT | MSG_NOSIGNAL;

}  // namespace

// One read. It notes whether the kernel may hold more bytes.
class Connection::Incoming final : public Source {
 public:
  explicit Incoming(Connection& connection) : connection_(connection) {}
  std::ptrdiff_t read(std::span<char> place) override {
    count = system_call::receive(connection_.fd_, place, kFlags);
    error = errno;
    if (count < 0 && error != EAGAIN && error != EWOULDBLOCK) return count;
    if (count < 0) connection_.read_to_the_end_ = false;
    if (count > 0) connection_.note_moved(count);
    // A short read has emptied the kernel's buffer: the watch tells when more bytes come.
    if (count < static_cast<ssize_t>(place.size()) && !connection_.read_to_the_end_)
      connection_.readable_ = false;
    return count;
  }

  ssize_t count = -1;
  int error = EAGAIN;

 private:
  Connection& connection_;
};

Connection::Connection(Loop& loop, int fd, std::string peer, const Limits& limits, Relief* relief)
    : loop_(loop),
      peer_(std::move(peer)),
      limits_(limits),
      relief_(relief),
      fd_(fd),
      patience_(loop, [this] {
        if (state_ == State::kLingering) return close();
        reset_on_close();
        lose("the peer reads nothing");
      }) {
  watch_.emplace(loop, fd_, [this](Watch::Seen seen) { on_seen(seen); });
}

Connection::~Connection() {
  if (state_ >= State::kClosed) return;
  watch_.reset();
  ::close(fd_);
}

void Connection::start(std::unique_ptr<Session> session, std::function<void(Connection&)> on_gone,
                       std::string_view received) {
  session_ = std::move(session);
  on_gone_ = std::move(on_gone);
  session_->start(*this);
  if (!received.empty()) take_in([&] { session_->receive(received); });
  wake();
}

template <class Take>
void Connection::take_in(Take take) {
  try {
    take();
  } catch (const std::bad_alloc&) {
    if (session_->out_of_memory()) return;
    reset_on_close();
    lose("not enough memory for the bytes that it sends");
  }
}

// Defers writing to the end of the loop's turn. Then one sendmsg() writes the answers of all handlers of this turn. All reads
// come before all writes, so that the kernel's code for each stays in the processor's cache.
void Connection::wake() {
  woken_ = true;
  loop_.run_at_end_of_turn(*this);
}

void Connection::replace(std::unique_ptr<Session> next, std::string_view rest) {
  next_session_ = std::move(next);
  next_input_.assign(rest);
  wake();
}

void Connection::retire() {
  retired_ = true;
  if (state_ == State::kServing && next_session_ == nullptr) session_->retire();
}

void Connection::drain() {
  draining_ = true;
  // The peer cannot take back a request that is already in the kernel's buffer, so it is served.
  if (state_ == State::kServing && next_session_ == nullptr && !input_ended_)
    take_in([this] { read_some(); });
  if (state_ == State::kServing && next_session_ == nullptr) session_->drain();
  wake();
}

void Connection::pass_on(Successor to) {
  successor_ = std::move(to);
  if (state_ == State::kServing && next_session_ == nullptr) session_->leave();
  wake();
}

bool Connection::has_left() const {
  return state_ != State::kServing || (next_session_ == nullptr && session_->has_left());
}

bool Connection::passed_on() {
  std::string unread;
  // If the peer has finished sending, the successor reads that, too.
  if (next_session_ != nullptr || waiting_writable_ || !session_->pass_on(unread)) return false;
  const int fd = std::exchange(fd_, -1);
  forget_socket();
  successor_->take(fd, unread);
  return true;
}

void Connection::run_ready() {
  woken_ = false;
  if (state_ == State::kServing) serve();
  if (successor_ && !told_left_ && has_left()) {
    told_left_ = true;
    successor_->left();
  }
  if (state_ != State::kClosed) return;
  state_ = State::kGone;
  // The callback may destroy this connection, so it is moved out first: it must not destroy itself while it runs.
  const auto on_gone = std::move(on_gone_);
  on_gone(*this);
}

void Connection::serve() {
  if (!write_pending()) return;
  while (next_session_ != nullptr && !waiting_writable_) {
    install_next();
    if (state_ != State::kServing || !write_pending()) return;
  }
  if (successor_ && passed_on()) return;
  if (waiting_writable_) {
    if (!patience_.armed()) patience_.arm(loop_.now() + limits_.write_timeout);
  } else {
    patience_.disarm();
  }
  switch (session_->ending()) {
    case Ending::kOpen:
      if (next_session_ != nullptr || !session_->wants_input()) break;
      if (!reading_ && !input_ended_) start_reading();
      break;
    case Ending::kLinger:
      if (!waiting_writable_) linger();
      break;
    case Ending::kClose:
      if (!waiting_writable_) close();
      break;
    case Ending::kAbort:
      reset_on_close();
      close();
      break;
  }
}

void Connection::install_next() {
  session_ = std::exchange(next_session_, nullptr);
  session_->start(*this);
  if (retired_) session_->retire();
  const std::string input = std::exchange(next_input_, {});
  if (!input.empty()) take_in([&] { session_->receive(input); });
  if (state_ != State::kServing) return;
  if (input_ended_) session_->input_ended();
  if (draining_) session_->drain();
  if (successor_) session_->leave();
}

bool Connection::write_pending() {
  if (waiting_writable_) return true;
  if (!session_->may_gather()) return true;
  std::array<std::string_view, kBuffers> views;
  for (;;) {
    const std::size_t count = session_->gather(views);
    if (count == 0) return true;
    std::size_t offered = views[0].size();
    ssize_t written = 0;
    if (count == 1) {
      written = system_call::send(fd_, views[0], kFlags);
    } else {
      std::array<iovec, kBuffers> buffers;
      offered = 0;
      for (std::size_t i = 0; i < count; ++i) {
        // sendmsg() only reads the bytes.
        buffers[i] = {.iov_base = const_cast<char*>(views[i].data()), .iov_len = views[i].size()};
        offered += views[i].size();
      }
      msghdr message{};
      message.msg_iov = buffers.data();
      message.msg_iovlen = count;
      written = sendmsg(fd_, &message, kFlags);
    }
    if (written < 0) {
      if (errno == EINTR) continue;
      if (errno == EAGAIN || errno == EWOULDBLOCK) {
        wait_writable();
        return true;
      }
      lose(std::strerror(errno));
      return false;
    }
    patience_.disarm();
    note_moved(written);
    session_->sent(static_cast<std::size_t>(written));
    if (static_cast<std::size_t>(written) < offered) {
      wait_writable();
      return true;
    }
    if (!session_->may_gather()) return true;
  }
}

void Connection::start_reading() {
  reading_ = true;
  if (readable_) loop_.run_at_end_of_turn(reader_);
}

void Connection::on_seen(Watch::Seen seen) {
  if (seen.readable) {
    readable_ = true;
    read_to_the_end_ |= seen.read_to_the_end;
    if (reading_) read();
  }
  if (seen.writable && std::exchange(waiting_writable_, false)) wake();
}

void Connection::read() {
  if (state_ >= State::kClosed || !std::exchange(reading_, false)) return;
  take_in([this] { read_some(); });
  if (state_ == State::kLingering) start_reading();
  wake();
}

void Connection::read_some() {
  if (state_ == State::kServing && (next_session_ != nullptr || !session_->wants_input())) return;
  Incoming incoming(*this);
  const bool taken = state_ == State::kServing && session_->receive_from(incoming);
  if (!taken) incoming.read(std::span(loop_.scratch(), Loop::kScratchSize));
  if (incoming.count < 0) return take_failure(incoming.error);
  if (incoming.count == 0) return take_end();
  if (!taken) take(std::string_view(loop_.scratch(), static_cast<std::size_t>(incoming.count)));
}

void Connection::take(std::string_view bytes) {
  if (state_ == State::kServing) return session_->receive(bytes);
  discarded_ += bytes.size();
  if (discarded_ > kLingerBytes) close();
}

void Connection::take_failure(int error) {
  if (error == EINTR || error == EAGAIN || error == EWOULDBLOCK) return;
  if (state_ == State::kLingering) return close();
  lose(std::strerror(error));
}

void Connection::take_end() {
  if (state_ == State::kLingering) return close();
  input_ended_ = true;
  if (next_session_ == nullptr) session_->input_ended();
}

void Connection::wait_writable() {
  waiting_writable_ = true;
  watch_->want_writable();
}

std::size_t Connection::held_by_peer() const {
  return state_ == State::kServing ? session_->held_by_peer() : 0;
}

bool Connection::waits_for_us() {
  pollfd socket{.fd = fd_, .events = 0, .revents = 0};
  if (state_ == State::kServing && session_->wants_input()) socket.events |= POLLIN;
  if (waiting_writable_) socket.events |= POLLOUT;
  const bool waits = woken_ || (state_ < State::kClosed && ::poll(&socket, 1, 0) > 0);
  if (waits) moved_at_ = loop_.now();
  return waits;
}

void Connection::shed() {
  session_->shed();
  wake();
}

bool Connection::measure_slow(Duration since) {
  const std::size_t held = held_by_peer();
  const std::uint64_t moved = moved_ - std::exchange(measured_, moved_);
  if (!std::exchange(held_then_, held > 0) || held == 0) return false;
  const double seconds = std::chrono::duration<double>(since).count();
  const std::size_t rate = std::clamp(held / kLongestHold, kLeastRate, kMostRate);
  return static_cast<double>(moved) < static_cast<double>(rate) * seconds;
}

// Makes close() discard unsent bytes and send the peer a reset.
void Connection::reset_on_close() const {
  const struct linger at_once{.l_onoff = 1, .l_linger = 0};
  setsockopt(fd_, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
}

void Connection::linger() {
  state_ = State::kLingering;
  if (shutdown(fd_, SHUT_WR) != 0 || input_ended_) return close();
  patience_.arm(loop_.now() + kLingerTime);
  if (!reading_) start_reading();
}

void Connection::lose(const std::string& what) {
  session_->lost(Error(Code::kUnavailable, "the connection to " + peer_ + " is lost: " + what));
  close();
}

void Connection::close() {
  if (state_ >= State::kClosed) return;
  forget_socket();
  ::close(fd_);
}

void Connection::forget_socket() {
  state_ = State::kClosed;
  patience_.disarm();
  watch_.reset();
  wake();
}

}  // namespace ofn::wire
