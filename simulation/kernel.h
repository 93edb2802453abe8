// The simulated kernel: descriptors, sockets with a network between them, epoll, timers, and the time. kernel_calls.cc gives its functions
// to the framework in place of the C library's, so that the framework's own loops, connections and servers run on it.
//
//   Kernel kernel(seed, faults);          // at most one at a time
//   kernel.deliver(now) …                 // what the network brings now
//   kernel.advance(kernel.next_event());  // nothing else can happen before
#pragma once

#include <cstdint>
#include <cstring>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <queue>
#include <span>
#include <string>
#include <string_view>
#include <sys/epoll.h>
#include <vector>

#include "base/clock.h"
#include "base/random.h"

namespace ofn::simulation {

// How the network treats the bytes of one connection. The times are the longest delays of a segment.
struct Wire {
  Duration delay = std::chrono::microseconds(200);
  std::size_t room =
      std::size_t{64} * 1024;  // bytes that are sent and not yet read, in one direction
  std::size_t cut_after =
      ~std::size_t{0};     // bytes in both directions together; then both ends get a reset
  bool breaks_up = false;  // segments of a few bytes
};

// Hashes everything that happens, so that two runs can be compared.
class Trace {
 public:
  void add(std::uint64_t value) { hash_ = (hash_ ^ value) * 0x100000001b3ULL; }
  void add(std::string_view text) {
    add(text.size());
    for (; text.size() >= sizeof(std::uint64_t); text.remove_prefix(sizeof(std::uint64_t))) {
      std::uint64_t word = 0;
      std::memcpy(&word, text.data(), sizeof word);
      add(word);
      hash_ ^= hash_ >> 29U;
    }
    for (const char c : text) add(static_cast<unsigned char>(c));
  }
  std::uint64_t hash() const { return hash_; }

 private:
  std::uint64_t hash_ = 0xcbf29ce484222325ULL;
};

class Kernel final : public Clock {
 public:
  static constexpr int kFirst = 1 << 20;  // descriptors of the simulation begin here

  explicit Kernel(std::uint64_t seed);
  Kernel(const Kernel&) = delete;
  Kernel& operator=(const Kernel&) = delete;
  ~Kernel() override;
  static Kernel& here();
  static bool exists();
  static bool owns(int fd) { return fd >= kFirst; }

  // The time.
  SteadyTime now() const override { return now_; }
  SystemTime system_now() const override {
    return SystemTime(std::chrono::duration_cast<SystemTime::duration>(now_.time_since_epoch())) +
           std::chrono::hours(24 * 365 * 54);
  }
  // The earliest timer or segment; max(): none.
  SteadyTime next_event() const;
  void advance(SteadyTime to);
  // Brings what is due. Returns true if anything was.
  bool deliver();

  // The network's faults.
  void set_wire(std::function<Wire(std::uint16_t port)> wire_of) { wire_of_ = std::move(wire_of); }
  void refuse(std::uint16_t port, bool refuses);
  // Both ends of the connections to the port get a reset.
  void cut(std::uint16_t port);
  // The bytes of the present connections to the port get lost from now on; nobody is told.
  void deaden(std::uint16_t port);

  Random& random() { return random_; }
  Trace& trace() { return trace_; }
  // Descriptors that are open.
  std::size_t open() const { return open_; }
  std::size_t sockets() const { return sockets_; }

  // The calls of the system. Errors: as the real ones, a negative errno.
  int epoll_create();
  int epoll_ctl(int epoll, int operation, int fd, const epoll_event* event);
  int epoll_wait(int epoll, epoll_event* events, int most);
  int event_create();
  int timer_create();
  void timer_set(int fd, Duration from_now);
  void ring(int fd);
  int socket();
  int bind(int fd, std::uint16_t port);
  int listen(int fd);
  int connect(int fd, std::uint16_t port);
  int accept(int fd, std::uint16_t& peer_port);
  std::ptrdiff_t receive(int fd, std::span<char> place);
  std::ptrdiff_t send(int fd, std::string_view bytes);
  int shut_down_writing(int fd);
  int take_error(int fd);
  void reset_on_close(int fd);
  std::uint16_t port_of(int fd) const;
  std::uint16_t peer_port_of(int fd) const;
  std::size_t arrived_of(int fd) const;  // bytes of this end that the other end has got
  std::size_t sent_to(
      int fd) const;                // bytes that the other end has sent; no limit if it has closed
  unsigned state_of(int fd) const;  // EPOLLIN, EPOLLOUT, …
  void close(int fd);

 private:
  enum class Kind : std::uint8_t { kEpoll, kBell, kAlarm, kSocket };
  struct File {
    Kind kind{};
    int fd = 0;
    int epoll = -1;  // that watches it
    unsigned interest = 0;
    void* data = nullptr;
    bool is_queued = false;
    unsigned rung = 0;                   // of bells and alarms
    std::deque<int> ready;               // of an epoll
    SteadyTime due = SteadyTime::max();  // of an alarm
    // Only sockets have these.
    std::uint16_t port = 0;
    bool listens = false;
    std::deque<int> backlog;
    int peer = -1;
    bool connected = false;
    bool connecting = false;
    int error = 0;
    std::string inbox;
    std::size_t read = 0;  // of inbox
    bool ended = false;    // the peer has sent its end
    bool was_reset = false;
    bool shut = false;  // this end sends no more
    bool resets_on_close = false;
    bool is_dead = false;
    std::size_t under_way = 0;  // bytes that this end has sent and that have not arrived
    SteadyTime last_due{};      // of what this end has sent
    std::size_t moved = 0;
    std::size_t got = 0;  // bytes that have arrived
    Wire wire{};
    std::uint16_t service = 0;  // the port of the connection's listener
  };
  enum class What : std::uint8_t { kOpen, kRefused, kBytes, kEnd, kReset };
  struct Segment {
    int from = 0;
    int to = 0;
    What what{};
    std::string bytes{};
  };
  // When a segment arrives. The first one is the earliest, and of these the first that was sent.
  struct Arrival {
    SteadyTime due;
    std::uint64_t number;
    std::size_t segment;  // its place in segments_
    bool operator<(const Arrival& other) const {
      return due != other.due ? due > other.due : number > other.number;
    }
  };

  File& make(Kind kind);
  File* find(int fd) const;
  File* listener_of(std::uint16_t port) const;
  unsigned state(const File& file) const;
  void changed(File& file);
  std::size_t room(const File& file) const;
  void post(File& from, int to, What what, std::string_view bytes = {});
  void send_at(SteadyTime due, int from, int to, What what, std::string_view bytes = {});
  void arrive(const Segment& segment);
  void reset(File& file);

  SteadyTime now_{std::chrono::hours(1)};
  Random random_;
  Trace trace_;
  std::vector<std::unique_ptr<File>> files_;
  std::vector<int> alarms_;
  std::priority_queue<Arrival> network_;
  std::vector<Segment> segments_;  // under way, and some whose memory is used again
  std::vector<std::size_t> unused_;
  std::uint64_t sent_ = 0;
  SteadyTime next_alarm_ = SteadyTime::max();  // no alarm is due before it
  std::map<int, SteadyTime>
      last_words_;  // of closed sockets: when the last of what they sent arrives
  std::size_t open_ = 0;
  std::size_t sockets_ = 0;
  std::uint16_t next_port_ = 40000;
  std::function<Wire(std::uint16_t port)> wire_of_;
  std::vector<std::uint16_t> refusing_;
};

}  // namespace ofn::simulation
