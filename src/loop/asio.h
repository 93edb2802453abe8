// The room's own door to Asio: the one way other rooms include it, so that all agree on its
// configuration.
#pragma once

// CMake defines BOOST_ASIO_SEPARATE_COMPILATION for the whole program: Asio itself is compiled in
// loop/asio.cc.

#include <boost/asio/basic_socket_acceptor.hpp>
#include <boost/asio/basic_stream_socket.hpp>
#include <boost/asio/basic_waitable_timer.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/generic/stream_protocol.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/basic_resolver.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/post.hpp>

#include "loop/loop.h"

namespace ofn {

namespace asio = boost::asio;

// Concrete executors: no type erasure on the hot path.
using LoopExecutor = asio::io_context::executor_type;
using StreamSocket = asio::basic_stream_socket<asio::generic::stream_protocol, LoopExecutor>;
using LoopTimer =
    asio::basic_waitable_timer<std::chrono::steady_clock,
                               asio::wait_traits<std::chrono::steady_clock>, LoopExecutor>;

// Lets Asio keep a pending operation in memory that the loop recycles. Asio's own recycling works inside its handlers
// only, and what runs between them (Loop::run_ready) starts most reads.
template <class T>
struct LoopAllocator {
  using value_type = T;
  explicit LoopAllocator(Loop& of) : loop(&of) {}
  template <class U>
  LoopAllocator(const LoopAllocator<U>& other)
      : loop(other.loop) {}  // NOLINT(google-explicit-constructor)
  T* allocate(std::size_t count) { return static_cast<T*>(loop->take_block(count * sizeof(T))); }
  void deallocate(T* memory, std::size_t count) { loop->give_block(memory, count * sizeof(T)); }
  template <class U>
  bool operator==(const LoopAllocator<U>& other) const {
    return loop == other.loop;
  }
  Loop* loop;
};

// `handler`, kept by LoopAllocator while its operation is pending:
//   socket.async_read_some(buffer, recycled(loop, [this](auto error, auto count) { … }));
template <class Handler>
struct Recycled {
  using allocator_type = LoopAllocator<void>;  // NOLINT(readability-identifier-naming): Asio's own
  allocator_type get_allocator() const noexcept { return allocator_type(*loop); }
  template <class... Arguments>
  void operator()(Arguments&&... arguments) {
    handler(std::forward<Arguments>(arguments)...);
  }
  Loop* loop;
  Handler handler;
};
template <class Handler>
Recycled<Handler> recycled(Loop& loop, Handler handler) {
  return {&loop, std::move(handler)};
}

}  // namespace ofn
