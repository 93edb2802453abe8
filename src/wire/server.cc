#include "wire/server.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <iterator>
#include <list>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <optional>
#include <sys/resource.h>
#include <sys/socket.h>
#include <utility>

#include "base/check.h"
#include "loop/watch.h"
#include "os/heap.h"
#include "wire/listening_socket.h"

namespace ofn::wire {

namespace {

// Descriptors that are not connections: logs, libraries, the sidecar, what the function opens.
constexpr std::size_t kSpareDescriptors = 64;
// Accept at most this many connections before serving the existing ones, so that a flood of new connections cannot starve them.
constexpr int kAcceptsATurn = 8;
// How long the server waits before it accepts again if it has run out of descriptors.
constexpr std::chrono::milliseconds kAcceptPause(50);
// How often a loop measures the speed of each peer while memory is short.
constexpr std::chrono::milliseconds kMeasureEvery(500);
// How often a loop checks, while memory is short, whether memory is exhausted.
constexpr std::chrono::milliseconds kLookEvery(100);
// A request for at most this many bytes may end other connections: silent ones, and ones that hold more than this.
constexpr std::size_t kLittle = std::size_t{256} * 1024;
// If no memory is left, the server ends silent connections until this share of the account is free beside what it needs.
constexpr std::size_t kSpareShare = 32;
// While memory is short, the server returns freed memory to the system each time when this share of the account has become free,
// and at least this many bytes.
constexpr std::size_t kReturnedShare = 16;
constexpr std::size_t kReturnedBytes = std::size_t{8} * 1024 * 1024;
// If no memory is left, the server may end a connection that has moved no byte for this long.
constexpr std::chrono::milliseconds kSilence(100);
// Heads and header tables of an ordinary connection take at most this many bytes. Ending it gains little, and its peer may only be
// waiting for a processor.
constexpr std::size_t kSmallHold = std::size_t{56} * 1024;
constexpr std::chrono::seconds kLongSilence(1);
// The server ends a connection that is not silent only if it has moved no byte for this long. A peer that reads as fast as it can
// does not pause that long.
constexpr std::chrono::milliseconds kPause(20);
// The time between two log lines that say that connections wait.
constexpr std::chrono::minutes kTellFullEvery(1);

std::size_t connections_from_descriptor_limit() {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur == RLIM_INFINITY) return 1'000'000;
  return std::max<std::size_t>(limit.rlim_cur, 2 * kSpareDescriptors) - kSpareDescriptors;
}

std::string peer_text(const sockaddr_storage& address, socklen_t length) {
  if (address.ss_family == AF_UNIX) return "unix";
  std::array<char, NI_MAXHOST> host{};
  std::array<char, NI_MAXSERV> port{};
  // NOLINTNEXTLINE(cppcoreguidelines-pro-type-reinterpret-cast): the sockets API
  if (getnameinfo(reinterpret_cast<const sockaddr*>(&address), length, host.data(), host.size(),
                  port.data(), port.size(), NI_NUMERICHOST | NI_NUMERICSERV) != 0) {
    return "unknown";
  }
  std::string_view name = host.data();
  if (name.starts_with("::ffff:")) name.remove_prefix(7);  // IPv4 over a dual-stack socket
  return Endpoint{std::string(name), static_cast<std::uint16_t>(std::atoi(port.data())), {}}.text();
}

}  // namespace

// The connections of one loop. Only the loop's thread uses it, except for the atomic members.
class Server::OnLoop final : private Relief {
 public:
  OnLoop(Server& server, Loop& loop)
      : server_(server), loop_(loop), look_(loop, [this] { look(); }) {}

  Loop& loop() { return loop_; }

  void adopt(int fd, std::string peer, std::string_view received) {
    Relief* const relief = server_.account_ == nullptr ? nullptr : this;
    Connection& made = open_.emplace_back(loop_, fd, std::move(peer), server_.limits_, relief);
    made.start(
        server_.make_session_(loop_),
        [this, at = std::prev(open_.end())](Connection& /*gone*/) {
          open_.erase(at);
          count.fetch_sub(1, std::memory_order_relaxed);
          server_.connection_gone();
        },
        received);
    if (retired_) made.retire();
    if (draining_) made.drain();
    if (all_left_) pass_on(made);
  }

  void retire() {
    retired_ = true;
    for (Connection& connection : open_) connection.retire();
  }

  void drain() {
    draining_ = true;
    for (Connection& connection : open_) connection.drain();
  }

  // `all_left` runs when no connection begins a request any more.
  void pass_on(std::function<void()> all_left) {
    all_left_ = std::move(all_left);
    ++to_leave_;  // until all connections are told
    for (Connection& connection : open_) pass_on(connection);
    one_left();
  }

  // Starts to measure the speed of the connections, because the account has become short.
  void begin_to_measure() {
    if (look_.armed()) return;
    for (Connection& connection : open_) connection.measure_slow(kMeasureEvery);
    measured_at_ = loop_.now();
    look_.arm(loop_.now() + kLookEvery);
  }

  // Makes room for requests of ordinary size.
  void relieve() { end_others(nullptr, kLittle); }

  std::atomic<std::size_t> count = 0;
  std::atomic<bool> relieving = false;  // relieve() is posted

 private:
  // Relief
  bool make_room(Connection& connection, std::size_t bytes) override {
    if (server_.account_->has_room(bytes)) return true;
    // A connection that asks for little takes precedence over connections that hold much or are silent. A connection that asks
    // for much ends no others: it gets memory when others finish, or when end_slow() ends them.
    if (bytes <= kLittle && end_others(&connection, bytes)) return true;
    // Perhaps the asking connection itself holds most: it cannot be ended while it asks. Or connections of other loops hold most.
    if (bytes <= kLittle) server_.relieve();
    return false;
  }

  void pass_on(Connection& connection) {
    ++to_leave_;
    connection.pass_on({.take = server_.successor_.take, .left = [this] { one_left(); }});
  }

  void one_left() {
    if (--to_leave_ == 0) all_left_();
  }

  // A connection that loses what it holds, and why.
  struct Loser {
    Connection* connection;
    std::size_t held;
    std::string_view reason;
  };
  // Which connections may lose what they hold; each includes those before it.
  enum class Losers { kSilent, kLarge, kPausing };

  // Ends connections until `bytes` fit. `asking` needs them; nullptr: no connection of this loop does. If silent connections hold
  // much, more of them end than this needs: the next requests find room at once, also if other loops take some of it first.
  // Returns true if they fitted, if only until another loop took them.
  bool end_others(const Connection* asking, std::size_t bytes) {
    // A call that loses its connection may write to another one, which then asks for memory itself.
    if (ending_) return false;
    const MemoryAccount& account = *server_.account_;
    const std::size_t spare = account.bytes() / kSpareShare;
    for (;;) {
      const bool fits = account.has_room(bytes);
      if (fits && account.has_room(bytes + spare)) return true;
      const bool is_request = asking != nullptr && bytes > 0;
      const Losers losers = fits ? Losers::kSilent : is_request ? Losers::kPausing : Losers::kLarge;
      const std::optional<Loser> loser = choose_loser(asking, losers);
      if (!loser) return fits;
      if (loser->connection->waits_for_us()) continue;  // not silent from now on
      end(*loser->connection, loser->held, loser->reason);
    }
  }

  // Chooses the connection that has been silent for longest, else the one that holds most, else one that holds as little as any
  // connection may need and has been silent for long, else, for the sake of a request that arrives now, the one that pauses for
  // longest.
  std::optional<Loser> choose_loser(const Connection* asking, Losers losers) {
    std::optional<Loser> silent;
    std::optional<Loser> silent_small;
    std::optional<Loser> largest;
    const auto silence = [this](const std::optional<Loser>& of) {
      return of ? loop_.now() - of->connection->silent_since() : Duration(0);
    };
    for (Connection& connection : open_) {
      const std::size_t held = &connection == asking ? 0 : connection.held_by_peer();
      if (held == 0) continue;
      const Duration silent_for = loop_.now() - connection.silent_since();
      std::optional<Loser>& of_its_size = held > kSmallHold ? silent : silent_small;
      if (silent_for >= silence(of_its_size)) of_its_size = {&connection, held, "it is silent"};
      if (held > std::max(kLittle, largest ? largest->held : 0) && silent_for >= kPause)
        largest = {&connection, held, "it holds the most memory"};
    }
    if (silence(silent) >= kSilence) return silent;
    if (losers == Losers::kSilent) return std::nullopt;
    if (largest) return largest;
    if (silence(silent_small) >= kLongSilence) return silent_small;
    if (losers != Losers::kPausing || silence(silent) < kPause) return std::nullopt;
    silent->reason = "it pauses, and a request needs the memory";
    return silent;
  }

  // Runs every kLookEvery while the account is short.
  void look() {
    // Calls wait for memory, and silent peers hold it because they do not read their answers.
    if (server_.account_->exhausted()) end_others(nullptr, 0);
    if (loop_.now() >= measured_at_ + kMeasureEvery) end_slow();
    server_.return_memory();
    if (server_.account_->is_short()) look_.arm(loop_.now() + kLookEvery);
  }

  // Ends slow connections, largest holders first, until the account is no longer short.
  void end_slow() {
    const Duration since = loop_.now() - measured_at_;
    measured_at_ = loop_.now();
    std::vector<std::pair<std::size_t, Connection*>> slow;
    for (Connection& connection : open_) {
      const bool is_slow = connection.measure_slow(since);
      if (const std::size_t held = connection.held_by_peer(); is_slow && held > 0)
        slow.emplace_back(held, &connection);
    }
    std::ranges::sort(slow, std::greater<>(), &std::pair<std::size_t, Connection*>::first);
    for (const auto& [held, connection] : slow) {
      if (!server_.account_->is_short()) return;
      if (!connection->waits_for_us()) end(*connection, held, "it is too slow");
    }
  }

  void end(Connection& connection, std::size_t held, std::string_view reason) {
    server_.log_.write(Level::kWarning, "connection ended: memory is short",
                       {{"peer", connection.peer()}, {"held", held}, {"reason", reason}});
    ending_ = true;
    connection.shed();
    ending_ = false;
    server_.return_memory();
  }

  Server& server_;
  Loop& loop_;
  std::list<Connection>
      open_;  // in the order in which they came, so that a run of the simulation can be repeated
  Timer look_;
  SteadyTime measured_at_;
  bool ending_ = false;  // a connection
  bool retired_ = false;
  bool draining_ = false;
  std::function<void()> all_left_;  // of pass_on(), else empty
  std::size_t to_leave_ = 0;
};

struct Server::Listening {
  Listening(Server& server, Loop& loop, ListeningSocket&& listening)
      : socket(std::move(listening)),
        watch(loop, socket.fd(), [&server](Watch::Seen) { server.accept(); }) {}

  ListeningSocket socket;
  Watch watch;  // ends before the socket is closed
};

Server::Server(std::span<Loop* const> loops, MakeSession make_session, const Limits& limits,
               Log& log, std::size_t max_connections, MemoryAccount* account)
    : make_session_(std::move(make_session)),
      limits_(limits),
      log_(log),
      max_connections_(max_connections != 0 ? max_connections
                                            : connections_from_descriptor_limit()),
      account_(account),
      retry_accept_(*loops.front(), [this] { accept(); }) {
  for (Loop* loop : loops) parts_.push_back(std::make_unique<OnLoop>(*this, *loop));
  if (account_ == nullptr) return;
  account_->on_short([this] {
    for (const auto& part : parts_) part->loop().post([&part = *part] { part.begin_to_measure(); });
  });
}

Server::~Server() {
  if (account_ != nullptr) account_->on_short({});
}

Result<Endpoint> Server::listen(const Endpoint& endpoint) {
  auto socket = ListeningSocket::listen(endpoint);
  if (!socket) return std::unexpected(std::move(socket).error());
  return listen(*std::move(socket));
}

Endpoint Server::listen(ListeningSocket socket) {
  listening_ = std::make_unique<Listening>(*this, parts_.front()->loop(), std::move(socket));
  return listening_->socket.address();
}

int Server::listening_fd() const { return listening_ == nullptr ? -1 : listening_->socket.fd(); }

// What has become free in the account, connections of other loops may take, whose parts of the heap cannot use the freed memory. So
// it goes back to the system. That takes milliseconds.
void Server::return_memory() {
  if (account_->take_given_back(std::max(account_->bytes() / kReturnedShare, kReturnedBytes)))
    os::return_scattered_memory();
}

// Makes every loop end connections until an ordinary request fits. Each loop does so once for all calls that come before it runs.
void Server::relieve() {
  for (const auto& part : parts_) {
    if (part->relieving.exchange(true)) continue;
    part->loop().post([&part = *part] {
      part.relieving = false;
      part.relieve();
    });
  }
}

void Server::accept() {
  // The watch reports new connections only, so the rest of the queue needs another turn.
  if (accept_some()) parts_.front()->loop().run_at_end_of_turn(*this);
}

bool Server::accept_some() {
  if (listening_ == nullptr) return false;
  for (int accepted = 0; may_accept();) {
    if (accepted == kAcceptsATurn) return true;
    sockaddr_storage address{};
    socklen_t length = sizeof address;
    // NOLINTNEXTLINE(cppcoreguidelines-pro-type-reinterpret-cast): the sockets API
    const int fd = accept4(listening_->socket.fd(), reinterpret_cast<sockaddr*>(&address), &length,
                           SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd >= 0 && admits_ && !admits_(fd)) {
      ::close(fd);
      ++accepted;
      continue;
    }
    if (fd >= 0) {
      const int on = 1;
      if (address.ss_family != AF_UNIX) setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
      hand_over(fd, peer_text(address, length));
      ++accepted;
      continue;
    }
    if (errno == EAGAIN || errno == EWOULDBLOCK) return false;
    if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM) {
      if (draining_) return false;
      tell_full(std::strerror(errno));
      retry_accept_.arm(parts_.front()->loop().clock().now() + kAcceptPause);
      return false;
    }
    // Any other error concerns one connection only (accept(2): ECONNABORTED, EPROTO, network errors).
  }
  tell_full("the limit of connections is reached");
  return false;
}

bool Server::may_accept() {
  if (draining_ || connections_ < max_connections_) return true;
  // This sets the flag before it reads the count again, and connection_gone() changes the count before it reads the flag. So at
  // least one of the two sees the other's change.
  at_limit_ = true;
  return connections_ < max_connections_ && at_limit_.exchange(false);
}

void Server::tell_full(std::string_view what) {
  const SteadyTime now = parts_.front()->loop().clock().now();
  if (now < tell_full_at_) return;
  tell_full_at_ = now + kTellFullEvery;
  log_.write(Level::kWarning, "new connections wait",
             {{"reason", what}, {"open", connections()}, {"limit", max_connections_}});
}

void Server::hand_over(int fd, std::string peer, std::string received) {
  connections_.fetch_add(1, std::memory_order_relaxed);
  OnLoop& part = **std::ranges::min_element(parts_, {}, [](const std::unique_ptr<OnLoop>& s) {
    return s->count.load(std::memory_order_relaxed);
  });
  part.count.fetch_add(1, std::memory_order_relaxed);
  if (&part == parts_.front().get()) {
    part.adopt(fd, std::move(peer), received);
  } else {
    part.loop().post([&part, fd, peer = std::move(peer), received = std::move(received)]() mutable {
      part.adopt(fd, std::move(peer), received);
    });
  }
}

void Server::adopt(int fd, std::string received) {
  sockaddr_storage address{};
  socklen_t length = sizeof address;
  // NOLINTNEXTLINE(cppcoreguidelines-pro-type-reinterpret-cast): the sockets API
  const bool is_known = getpeername(fd, reinterpret_cast<sockaddr*>(&address), &length) == 0;
  hand_over(fd, is_known ? peer_text(address, length) : "unknown", std::move(received));
}

void Server::connection_gone() {
  const bool last = connections_.fetch_sub(1) == 1;
  Loop& accepting = parts_.front()->loop();
  if (last && draining_) accepting.post([this] { finish_drain(); });
  if (at_limit_ && at_limit_.exchange(false)) accepting.post([this] { accept(); });
}

void Server::release() {
  if (listening_ == nullptr) return;
  listening_->socket.leave_path();
  listening_.reset();
  retry_accept_.disarm();
}

void Server::retire() {
  for (auto& part : parts_) part->loop().post([&part = *part] { part.retire(); });
}

void Server::drain(std::function<void()> done) {
  drained_ = std::move(done);
  if (draining_.exchange(true)) return parts_.front()->loop().post([this] { finish_drain(); });
  while (accept_some()) {
    // The kernel would reset the connections that are still in its queue, so they are served.
  }
  listening_.reset();
  retry_accept_.disarm();
  parts_to_drain_ = parts_.size();
  for (auto& part : parts_) {
    part->loop().post([this, &part = *part] {
      part.drain();
      parts_.front()->loop().post([this] {
        --parts_to_drain_;
        finish_drain();
      });
    });
  }
}

void Server::pass_on(Connection::Successor to, std::function<void()> done) {
  release();
  drained_ = std::move(done);
  successor_ = std::move(to);
  draining_ = true;
  parts_to_leave_ = parts_.size();
  for (auto& part : parts_) {
    part->loop().post([this, &part = *part] {
      part.pass_on([this] {
        parts_.front()->loop().post([this] {
          if (--parts_to_leave_ > 0) return;
          successor_.left();
          finish_drain();
        });
      });
    });
  }
}

void Server::finish_drain() {
  if (connections() == 0 && parts_to_drain_ == 0 && parts_to_leave_ == 0 && drained_)
    std::exchange(drained_, nullptr)();
}

}  // namespace ofn::wire
