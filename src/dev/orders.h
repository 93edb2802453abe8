// The orders of the supervisor to one worker: sent as fast as the worker reads them, and never waited for.
//
//   Orders orders(loop, channel, [&] { worker.kill("it reads nothing"); });
//   orders.pass(connection);
//   orders.send_waiting();                 // when the channel is writable
#pragma once

#include <chrono>
#include <cstddef>
#include <deque>
#include <functional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "dev/control_channel.h"
#include "loop/loop.h"
#include "os/descriptor.h"

namespace ofn::dev {

// A connection on its way from one worker to another.
struct Passing {
  os::Descriptor socket{};
  std::string unread{};  // received, but not used yet
};

// A worker that somebody has stopped, or whose loop hangs, does not read. Then its orders wait here.
// Lifetime: `loop` and `channel` outlive it. Threads: the loop's.
class Orders {
 public:
  // How long orders may wait that the worker does not read. It needs milliseconds unless its machine is stuck.
  static constexpr std::chrono::seconds kReadsWithin{3};

  // `on_stuck` runs each time a worker has read nothing for this long although there are orders for it.
  Orders(Loop& loop, const ControlChannel& channel, std::function<void()> on_stuck);

  // Orders the worker to begin no further request.
  void release();
  // Gives it a connection. Returns false, and leaves the connection to the caller, if the worker is about to end.
  bool pass(Passing& connection);
  // Gives it a connection for calls of the developer. It is closed if the worker does not take it.
  void pass_direct(os::Descriptor socket, std::string mode);
  // Sends what waits for room in the channel.
  void send_waiting();
  // Returns the connections that wait. They belong to the caller from then on.
  std::vector<Passing> take_unsent();

 private:
  struct Order {
    MessageKind kind{};
    Passing connection{};
  };

  // Returns false, and leaves the order as it is, if the worker is about to end.
  bool send(Order& order);
  ControlChannel::Sent send_now(const Order& order) const;
  void look();
  void watch_over();

  Loop& loop_;
  const ControlChannel& channel_;
  std::function<void()> on_stuck_;
  std::deque<Order> waiting_;
  TimeLimit timer_;
  std::size_t unread_ = 0;  // bytes in the channel when this last looked or sent
  SteadyTime has_read_at_{};
};

}  // namespace ofn::dev
