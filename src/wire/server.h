// Listens, accepts, and owns the connections of a program: one listening socket, many loops.
//
// One loop accepts, and hands each connection to the loop with the fewest connections. The server does not use SO_REUSEPORT: the
// kernel's hashing may put two connections on one loop while others idle, a second process could take the port silently, and the
// kernel resets the queued connections of a listener that closes (docs/decisions/0001-one-loop-per-core.md).
#pragma once

#include <atomic>
#include <cstddef>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/error.h"
#include "base/log.h"
#include "loop/loop.h"
#include "wire/connection.h"
#include "wire/endpoint.h"
#include "wire/limits.h"
#include "wire/listening_socket.h"
#include "wire/memory_account.h"

namespace ofn::wire {

// Makes the first session of an accepted connection, on the connection's loop.
using MakeSession = std::function<std::unique_ptr<Session>(Loop& loop)>;

// Lifetime: the loops outlive it. It is destroyed after they have stopped.
// Threads: listen() before the loops run; release(), retire() and drain() on the first loop; connections() on any thread.
class Server : private Ready {
 public:
  // `loops` must not be empty; the first one accepts. If `max_connections` is 0, the limit of open files decides. At the limit,
  // and if there are no descriptors left, new connections wait in the kernel's queue. The log says so, at most once a minute.
  // While `account` is short, the server ends the connections of peers that are too slow. If it is exhausted, it also ends silent
  // connections, and those that hold most.
  Server(std::span<Loop* const> loops, MakeSession make_session, const Limits& limits, Log& log,
         std::size_t max_connections = 0, MemoryAccount* account = nullptr);
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;
  ~Server() override;

  // Asks about each connection that is accepted, before it is served: false closes it. Call it before listen().
  void admit(std::function<bool(int fd)> admits) { admits_ = std::move(admits); }
  // Listens, and accepts once the loops run. Returns the address; if the port was 0, with the port that the kernel chose.
  // Errors: as ListeningSocket::listen().
  Result<Endpoint> listen(const Endpoint& endpoint);
  // Does the same with a socket that listens already.
  Endpoint listen(ListeningSocket socket);
  // The listening socket, to hand it on to a successor; -1 if there is none.
  int listening_fd() const;

  // Stops accepting, and leaves the connections in the kernel's queue and the file of a Unix socket to another process that has
  // the same socket. If none has, the kernel resets these connections. Connections that were accepted go on; drain() ends them.
  void release();
  // From now on every session retires (Session::retire), also those of connections that are still to come. drain() follows.
  void retire();
  // Accepts all connections that the kernel has queued, even beyond the limit, and then stops accepting; not after release().
  // Every connection finishes its requests in flight and ends. `done` runs on the first loop when no connection is left, never from inside
  // drain().
  void drain(std::function<void()> done);

  // Takes a connection that another process has accepted, and the bytes that the process has received but not used. Does not
  // count the limit of connections. Threads: the first loop's.
  void adopt(int fd, std::string received);

  // Releases the listening socket, and passes each HTTP/1.1 connection on to another process as soon as it is between two requests.
  // Clients of HTTP/2 are told to connect again. `to.take` gets the connections, on their loops. `to.left` runs on the first loop
  // when no further request will begin here, and `done` when no connection is left.
  void pass_on(Connection::Successor to, std::function<void()> done);

  std::size_t connections() const { return connections_.load(std::memory_order_relaxed); }

 private:
  class OnLoop;
  struct Listening;
  void run_ready() override { accept(); }
  // Accepts some of the waiting connections, and the rest in later turns of the loop, so that existing connections are served.
  void accept();
  // Returns true if more connections may wait.
  bool accept_some();
  bool may_accept();
  void tell_full(std::string_view what);
  void hand_over(int fd, std::string peer, std::string received = {});
  void relieve();
  void return_memory();
  void connection_gone();
  void finish_drain();

  std::vector<std::unique_ptr<OnLoop>> parts_;
  MakeSession make_session_;
  const Limits& limits_;
  Log& log_;
  std::size_t max_connections_;
  MemoryAccount* account_;
  std::function<bool(int fd)> admits_;  // empty: all
  std::unique_ptr<Listening> listening_;
  std::atomic<std::size_t> connections_ = 0;
  std::atomic<bool> at_limit_ = false;  // the server accepts again when a connection ends
  SteadyTime tell_full_at_ = SteadyTime::min();
  std::function<void()> drained_;
  std::size_t parts_to_drain_ = 0;
  Connection::Successor successor_;  // of pass_on()
  std::size_t parts_to_leave_ = 0;
  Timer retry_accept_;
  std::atomic<bool> draining_ = false;
};

}  // namespace ofn::wire
