#include "wire/connection.h"

#include <array>
#include <chrono>
#include <utility>

#include "base/check.h"
#include "loop/asio.h"

namespace ofn::wire {

namespace {

// How much a peer may still send after our last answer before we close on it, and how long it may
// take (RFC 9112 §9.6: a server that closes with unread input causes a reset that can erase its
// answer). A body somewhat over the default limit fits.
constexpr std::size_t kLingerBytes = std::size_t{16} * 1024 * 1024;
constexpr std::chrono::seconds kLingerTime(2);
// Buffers of one sendmsg. More is written by the next one.
constexpr std::size_t kBuffers = 16;

}  // namespace

struct Connection::Socket {
  Socket(Loop& loop, int fd) : stream(loop.io().get_executor()) {
    stream.assign(asio::generic::stream_protocol(AF_UNSPEC, 0), fd);
    stream.non_blocking(true);
  }
  StreamSocket stream;
  std::array<char, kBufferSize> buffer;
};

Connection::Connection(Loop& loop, int fd, std::string peer, const Limits& limits)
    : loop_(loop),
      peer_(std::move(peer)),
      limits_(limits),
      socket_(std::make_unique<Socket>(loop, fd)),
      patience_(loop, [this] {
        if (state_ == State::kLingering) return close();
        socket_->stream.set_option(asio::socket_base::linger(true, 0));
        lose("the peer takes no bytes");
      }) {}

Connection::~Connection() = default;

void Connection::start(std::unique_ptr<Session> session, std::function<void(Connection&)> on_gone) {
  session_ = std::move(session);
  on_gone_ = std::move(on_gone);
  session_->start(*this);
  wake();
}

void Connection::wake() {
  if (session_ != nullptr && session_->writes_once_a_turn()) {
    loop_.ready_last(*this);
  } else {
    loop_.ready(*this);
  }
}

void Connection::replace(std::unique_ptr<Session> next, std::string_view rest) {
  next_session_ = std::move(next);
  next_input_.assign(rest);
  wake();
}

void Connection::drain() {
  draining_ = true;
  if (!reading_ || state_ != State::kServing) return drain_session();
  // Asio may have read bytes already whose handler has yet to run: reading on here would overtake
  // them, and a session that is idle without them would end. The handler comes first; cancelled, it
  // comes at once.
  drain_due_ = true;
  boost::system::error_code ignored;
  socket_->stream.cancel(ignored);
}

void Connection::drain_session() {
  // A request that lies in the kernel's buffer already is no longer the peer's to take back: serve
  // it.
  if (state_ == State::kServing && next_session_ == nullptr && !input_ended_) read_on();
  if (state_ == State::kServing && next_session_ == nullptr) session_->drain();
  wake();
}

void Connection::run_ready() {
  if (state_ == State::kServing) serve();
  if (state_ != State::kClosed || reading_ || waiting_writable_) return;
  state_ = State::kGone;
  // It may destroy this, but not itself while it runs.
  const auto on_gone = std::move(on_gone_);
  on_gone(*this);
}

void Connection::serve() {
  if (!write_pending()) return;
  while (next_session_ != nullptr && !waiting_writable_) {
    install_next();
    if (!write_pending()) return;
  }
  if (waiting_writable_) {
    if (!patience_.armed()) patience_.arm(loop_.now() + limits_.write_timeout);
  } else {
    patience_.disarm();
  }
  switch (session_->ending()) {
    case Ending::kOpen:
      if (next_session_ != nullptr || !session_->wants_input()) break;
      if (!held_.empty()) {
        session_->receive(std::exchange(held_, {}));
        if (input_ended_) session_->input_ended();
        wake();
      }
      if (!reading_ && !input_ended_) start_reading();
      break;
    case Ending::kLinger:
      if (!waiting_writable_) linger();
      break;
    case Ending::kAbort:
      socket_->stream.set_option(asio::socket_base::linger(true, 0));
      close();
      break;
  }
}

void Connection::install_next() {
  session_ = std::exchange(next_session_, nullptr);
  session_->start(*this);
  const std::string input = std::exchange(next_input_, {});
  if (!input.empty()) session_->receive(input);
  if (input_ended_) session_->input_ended();
  if (draining_) session_->drain();
}

bool Connection::write_pending() {
  if (waiting_writable_) return true;
  for (;;) {
    std::array<std::string_view, kBuffers> views;
    const std::size_t count = session_->gather(views);
    if (count == 0) return true;
    boost::system::error_code error;
    std::size_t offered = views[0].size();
    std::size_t written = 0;
    if (count == 1) {
      written = socket_->stream.write_some(asio::buffer(views[0]), error);
    } else {
      std::array<asio::const_buffer, kBuffers> buffers;
      offered = 0;
      for (std::size_t i = 0; i < count; ++i) {
        buffers[i] = asio::buffer(views[i]);
        offered += views[i].size();
      }
      written = socket_->stream.write_some(std::span(buffers.data(), count), error);
    }
    if (error == asio::error::would_block || error == asio::error::try_again) {
      wait_writable();
      return true;
    }
    if (error == asio::error::interrupted) continue;
    if (error) {
      lose(error.message());
      return false;
    }
    patience_.disarm();
    session_->sent(written);
    if (written < offered) {
      wait_writable();
      return true;
    }
  }
}

void Connection::start_reading() {
  reading_ = true;
  // A read, not a wait for readability: async_wait costs an epoll_ctl each time. Asio tries it once
  // before it waits, also where a short read has just emptied the socket.
  socket_->stream.async_read_some(
      asio::buffer(socket_->buffer),
      recycled(loop_, [this](const boost::system::error_code& error, std::size_t count) {
        reading_ = false;
        on_read(error, count);
        wake();
      }));
}

void Connection::on_read(const boost::system::error_code& error, std::size_t count) {
  if (state_ >= State::kClosed) return;
  const bool drains = std::exchange(drain_due_, false);
  if (!error) {
    take(std::string_view(socket_->buffer.data(), count));
    if (count == kBufferSize && state_ < State::kClosed) read_on();
  } else if (!drains || error != asio::error::operation_aborted) {
    take_failure(error);
  }
  if (drains && state_ < State::kClosed) drain_session();
  if (state_ == State::kLingering) start_reading();
}

void Connection::read_on() {
  if (state_ == State::kServing && (next_session_ != nullptr || !session_->wants_input())) return;
  boost::system::error_code error;
  const std::size_t count =
      socket_->stream.read_some(asio::buffer(loop_.scratch(), Loop::kScratchSize), error);
  if (error) return take_failure(error);
  take(std::string_view(loop_.scratch(), count));
}

void Connection::take(std::string_view bytes) {
  if (state_ == State::kLingering) {
    discarded_ += bytes.size();
    if (discarded_ > kLingerBytes) close();
  } else if (next_session_ != nullptr) {
    next_input_.append(bytes);
  } else if (session_->wants_input() && held_.empty()) {
    session_->receive(bytes);
  } else {
    held_.append(bytes);
  }
}

void Connection::take_failure(const boost::system::error_code& error) {
  if (error == asio::error::would_block || error == asio::error::try_again ||
      error == asio::error::interrupted)
    return;
  if (state_ == State::kLingering) return close();
  if (error != asio::error::eof) return lose(error.message());
  input_ended_ = true;
  if (next_session_ == nullptr && held_.empty()) session_->input_ended();
}

void Connection::wait_writable() {
  waiting_writable_ = true;
  socket_->stream.async_wait(asio::socket_base::wait_write,
                             recycled(loop_, [this](const boost::system::error_code&) {
                               waiting_writable_ = false;
                               wake();
                             }));
}

void Connection::linger() {
  state_ = State::kLingering;
  boost::system::error_code error;
  socket_->stream.shutdown(asio::socket_base::shutdown_send, error);
  if (error || input_ended_) return close();
  patience_.arm(loop_.now() + kLingerTime);
  if (!reading_) start_reading();
}

void Connection::lose(const std::string& what) {
  session_->lost(Error(Code::kUnavailable, "the connection to " + peer_ + " is lost: " + what));
  close();
}

void Connection::close() {
  if (state_ >= State::kClosed) return;
  state_ = State::kClosed;
  patience_.disarm();
  boost::system::error_code ignored;
  socket_->stream.close(
      ignored);  // pending waits return with operation_aborted, then the connection is gone
  wake();
}

}  // namespace ofn::wire
