// Listens, accepts, and keeps the connections of a program: one listening socket, many loops.
//
// One loop accepts and hands each connection to the loop with the fewest. There is no SO_REUSEPORT:
// kernel hashing puts two connections on one loop, lets a second process take the port silently,
// and resets what is queued when a listener closes (docs/decisions/0001-asio-one-loop-per-core.md).
#pragma once

#include <atomic>
#include <cstddef>
#include <functional>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "base/log.h"
#include "loop/loop.h"
#include "wire/connection.h"
#include "wire/endpoint.h"
#include "wire/limits.h"
#include "wire/memory_account.h"

namespace ofn::wire {

// Makes the first session of an accepted connection, on the connection's loop.
using MakeSession = std::function<std::unique_ptr<Session>(Loop& loop)>;

// Lifetime: outlives its loops' runs; its loops outlive it. Destroyed after the loops have stopped.
// Threads: listen(), adopt() before the loops run; drain() from the first loop; the counters from
// any.
class Server : private Ready {
 public:
  // `loops` must not be empty; the first one accepts. `max_connections` 0: from the limit of open
  // files. At the limit, and when there are no descriptors, new connections wait in the kernel's
  // queue; the log tells it, once a minute at most.
  // While `account` is short, peers that are too slow lose what they hold of it; when it is exhausted, those that hold most.
  Server(std::span<Loop* const> loops, MakeSession make_session, const Limits& limits, Log& log,
         std::size_t max_connections = 0, MemoryAccount* account = nullptr);
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;
  ~Server() override;

  // Binds and listens; returns the address with the port that the kernel chose where it was 0. Host
  // "::" is dual-stack. Errors: kAlreadyExists when the port is in use (the context names the
  // process where it can be read), kPermissionDenied, kInvalidArgument (no such address).
  Result<Endpoint> listen(const Endpoint& endpoint);
  // Serves a socket that listens already (inherited). Takes it over.
  Result<Endpoint> adopt(int listening_fd);
  // The listening socket, to hand on to a successor; -1 when there is none.
  int listening_fd() const;

  // Stops accepting, after all that the kernel has queued was accepted, beyond the limit, too; every
  // connection finishes what is in flight and ends. `done` runs on the first loop when none is left, never from inside
  // drain().
  void drain(std::function<void()> done);

  std::size_t connections() const { return connections_.load(std::memory_order_relaxed); }

 private:
  class Shard;
  struct Listening;
  void run_ready() override { accept(); }
  // Accepts what waits, but leaves others their turn.
  void accept();
  // True: there may be more.
  bool accept_some();
  bool may_accept();
  void tell_full(std::string_view what);
  void hand_over(int fd, std::string peer);
  void relieve();
  void connection_gone();
  void finish_drain();

  std::vector<std::unique_ptr<Shard>> shards_;
  MakeSession make_session_;
  const Limits& limits_;
  Log& log_;
  std::size_t max_connections_;
  MemoryAccount* account_;
  std::unique_ptr<Listening> listening_;
  std::atomic<std::size_t> connections_ = 0;
  std::atomic<bool> at_limit_ = false;  // accepting goes on when a connection ends
  SteadyTime tell_full_at_ = SteadyTime::min();
  std::function<void()> drained_;
  std::size_t shards_to_drain_ = 0;
  Timer retry_accept_;
  std::atomic<bool> draining_ = false;
};

}  // namespace ofn::wire
