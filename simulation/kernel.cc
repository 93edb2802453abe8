#include "simulation/kernel.h"

#include <algorithm>
#include <cerrno>
#include <utility>

#include "base/check.h"
#include "simulation/starving.h"

namespace ofn::simulation {

namespace {

Kernel* the_kernel = nullptr;

// So many bytes of each write arrive in pieces of a few bytes if the network breaks them up.
constexpr std::size_t kSmallPieces = 600;

}  // namespace

Kernel::Kernel(std::uint64_t seed) : random_(seed) {
  OFN_CHECK(the_kernel == nullptr);
  the_kernel = this;
}
Kernel::~Kernel() { the_kernel = nullptr; }
Kernel& Kernel::here() {
  OFN_CHECK(the_kernel != nullptr);
  return *the_kernel;
}
bool Kernel::exists() { return the_kernel != nullptr; }

Kernel::File& Kernel::make(Kind kind) {
  const NotStarving simulation;
  auto file = std::make_unique<File>();
  file->kind = kind;
  file->fd = kFirst + static_cast<int>(files_.size());
  files_.push_back(std::move(file));
  ++open_;
  return *files_.back();
}

Kernel::File* Kernel::find(int fd) const {
  const auto index = static_cast<std::size_t>(fd - kFirst);
  return fd >= kFirst && index < files_.size() ? files_[index].get() : nullptr;
}

// --- Time ----------------------------------------------------------------------------------------

SteadyTime Kernel::next_event() const {
  SteadyTime next = network_.empty() ? SteadyTime::max() : network_.top().due;
  for (const int fd : alarms_) {
    if (const File* const alarm = find(fd)) next = std::min(next, alarm->due);
  }
  return next;
}

void Kernel::advance(SteadyTime to) { now_ = std::max(now_, to); }

bool Kernel::deliver() {
  bool any = false;
  while (!network_.empty() && network_.top().due <= now_) {
    const Arrival next = network_.top();
    network_.pop();
    trace_.add(static_cast<std::uint64_t>(next.due.time_since_epoch().count()));
    // arrive() may send, and sending may move the elements of segments_. So it gets a segment that lies elsewhere.
    Segment segment = std::move(segments_[next.segment]);
    arrive(segment);
    segment.bytes.clear();
    segments_[next.segment] = std::move(segment);
    unused_.push_back(next.segment);
    any = true;
  }
  if (next_alarm_ > now_) return any;
  next_alarm_ = SteadyTime::max();
  for (const int fd : alarms_) {
    File* const alarm = find(fd);
    if (alarm == nullptr) continue;
    if (alarm->due > now_) {
      next_alarm_ = std::min(next_alarm_, alarm->due);
      continue;
    }
    alarm->due = SteadyTime::max();
    ++alarm->rung;
    changed(*alarm);
    any = true;
  }
  return any;
}

// --- epoll ---------------------------------------------------------------------------------------

unsigned Kernel::state(const File& file) const {
  if (file.kind == Kind::kBell || file.kind == Kind::kAlarm) return file.rung > 0 ? EPOLLIN : 0U;
  if (file.kind != Kind::kSocket) return 0;
  if (file.listens) return file.backlog.empty() ? 0U : EPOLLIN;
  unsigned state = 0;
  if (file.was_reset || file.error != 0)
    state |= EPOLLIN | EPOLLOUT | EPOLLERR | EPOLLHUP | EPOLLRDHUP;
  if (file.read < file.inbox.size() || file.ended) state |= EPOLLIN;
  if (file.ended) state |= EPOLLRDHUP;
  if (file.ended && file.shut) state |= EPOLLHUP;
  if (file.connected && (file.shut || room(file) > 0)) state |= EPOLLOUT;
  return state;
}

void Kernel::changed(File& file) {
  const NotStarving simulation;
  File* const epoll = find(file.epoll);
  if (epoll == nullptr || file.is_queued) return;
  if ((state(file) & (file.interest | EPOLLERR | EPOLLHUP)) == 0) return;
  file.is_queued = true;
  epoll->ready.push_back(file.fd);
}

int Kernel::epoll_create() { return make(Kind::kEpoll).fd; }

int Kernel::epoll_ctl(int epoll, int operation, int fd, const epoll_event* event) {
  File* const file = find(fd);
  if (file == nullptr) return -EBADF;
  if (operation == EPOLL_CTL_DEL) {
    File* const watcher = find(file->epoll);
    if (watcher != nullptr) std::erase(watcher->ready, fd);
    file->epoll = -1;
    file->is_queued = false;
    return 0;
  }
  file->epoll = epoll;
  file->interest = event->events;
  file->data = event->data.ptr;
  changed(*file);
  return 0;
}

int Kernel::epoll_wait(int epoll, epoll_event* events, int most) {
  File& watcher = *find(epoll);
  int count = 0;
  while (count < most && !watcher.ready.empty()) {
    File* const file = find(watcher.ready.front());
    watcher.ready.pop_front();
    if (file == nullptr) continue;
    file->is_queued = false;
    const unsigned seen = state(*file) & (file->interest | EPOLLERR | EPOLLHUP);
    file->rung = 0;
    if (seen == 0) continue;
    events[count].events = seen;
    events[count].data.ptr = file->data;
    ++count;
  }
  return count;
}

int Kernel::event_create() { return make(Kind::kBell).fd; }

int Kernel::timer_create() {
  const int fd = make(Kind::kAlarm).fd;
  alarms_.push_back(fd);
  return fd;
}

void Kernel::timer_set(int fd, Duration from_now) {
  find(fd)->due = now_ + from_now;
  next_alarm_ = std::min(next_alarm_, now_ + from_now);
}

void Kernel::ring(int fd) {
  File& bell = *find(fd);
  ++bell.rung;
  changed(bell);
}

// --- Sockets -------------------------------------------------------------------------------------

std::size_t Kernel::room(const File& file) const {
  const File* const peer = find(file.peer);
  const std::size_t waits =
      file.under_way + (peer == nullptr ? 0 : peer->inbox.size() - peer->read);
  return waits >= file.wire.room ? 0 : file.wire.room - waits;
}

int Kernel::socket() {
  ++sockets_;
  return make(Kind::kSocket).fd;
}

int Kernel::bind(int fd, std::uint16_t port) {
  find(fd)->port = port != 0 ? port : next_port_++;
  return 0;
}

int Kernel::listen(int fd) {
  find(fd)->listens = true;
  return 0;
}

void Kernel::refuse(std::uint16_t port, bool refuses) {
  std::erase(refusing_, port);
  if (refuses) refusing_.push_back(port);
}

void Kernel::post(File& from, int to, What what, std::string_view bytes) {
  const auto longest = static_cast<std::uint64_t>(from.wire.delay.count());
  const Duration delay(static_cast<Duration::rep>(1 + random_() % (longest + 1)));
  from.last_due = std::max(from.last_due, now_ + delay);
  send_at(from.last_due, from.fd, to, what, bytes);
}

void Kernel::send_at(SteadyTime due, int from, int to, What what, std::string_view bytes) {
  const NotStarving simulation;
  if (unused_.empty()) {
    unused_.push_back(segments_.size());
    segments_.emplace_back();
  }
  const std::size_t place = unused_.back();
  unused_.pop_back();
  Segment& segment = segments_[place];
  segment.from = from;
  segment.to = to;
  segment.what = what;
  segment.bytes.assign(bytes);
  network_.push({due, sent_++, place});
}

// The latest one: a process and its successor have one socket, and here each has its own.
Kernel::File* Kernel::listener_of(std::uint16_t port) const {
  for (auto file = files_.rbegin(); file != files_.rend(); ++file) {
    if (*file != nullptr && (*file)->listens && (*file)->port == port) return file->get();
  }
  return nullptr;
}

int Kernel::connect(int fd, std::uint16_t port) {
  File& file = *find(fd);
  file.port = next_port_++;
  file.service = port;
  file.wire = wire_of_ ? wire_of_(port) : Wire{};
  file.connecting = true;
  const File* const listener = listener_of(port);
  const bool refuses = listener == nullptr || std::ranges::find(refusing_, port) != refusing_.end();
  if (refuses) {
    post(file, fd, What::kRefused);
  } else {
    post(file, listener->fd, What::kOpen);
  }
  return -EINPROGRESS;
}

int Kernel::accept(int fd, std::uint16_t& peer_port) {
  File* const listener = find(fd);
  if (listener->backlog.empty()) return -EAGAIN;
  const int accepted = listener->backlog.front();
  listener->backlog.pop_front();
  const File* const peer = find(find(accepted)->peer);
  peer_port = peer == nullptr ? 1 : peer->port;
  return accepted;
}

void Kernel::reset(File& file) {
  if (file.was_reset) return;
  file.was_reset = true;
  file.error = ECONNRESET;
  changed(file);
}

void Kernel::arrive(const Segment& segment) {
  trace_.add(static_cast<std::uint64_t>(segment.to - kFirst) * 8 +
             static_cast<std::uint64_t>(segment.what));
  trace_.add(segment.bytes);
  File* const from = find(segment.from);
  if (segment.what == What::kRefused) {
    if (from == nullptr) return;
    from->connecting = false;
    from->error = ECONNREFUSED;
    return changed(*from);
  }
  File* to = find(segment.to);
  if (segment.what == What::kOpen) {
    if (from == nullptr) return;
    from->connecting = false;
    if (to == nullptr) to = listener_of(from->service);  // its successor's
    if (to == nullptr || !to->listens) {
      from->error = ECONNREFUSED;
      return changed(*from);
    }
    ++sockets_;
    File& accepted = make(Kind::kSocket);
    accepted.port = to->port;
    accepted.service = to->port;
    accepted.wire = from->wire;
    accepted.connected = from->connected = true;
    accepted.peer = from->fd;
    from->peer = accepted.fd;
    to->backlog.push_back(accepted.fd);
    changed(*from);
    return changed(*to);
  }
  if (from != nullptr) from->under_way -= std::min(from->under_way, segment.bytes.size());
  if (to == nullptr) {
    // The peer has closed its socket: its kernel answers bytes with a reset, which arrives behind everything that the peer sent before.
    if (from == nullptr || segment.what != What::kBytes) return;
    const auto closed = last_words_.find(segment.to);
    const SteadyTime before = closed == last_words_.end() ? now_ : closed->second;
    return send_at(std::max(before, now_ + from->wire.delay), segment.to, from->fd, What::kReset);
  }
  if (to->is_dead || to->was_reset) return;
  switch (segment.what) {
    case What::kBytes:
      to->inbox.append(segment.bytes);
      to->got += segment.bytes.size();
      break;
    case What::kEnd:
      to->ended = true;
      break;
    default:
      return reset(*to);
  }
  changed(*to);
}

std::ptrdiff_t Kernel::receive(int fd, std::span<char> place) {
  File* const file = find(fd);
  if (file == nullptr) return -EBADF;
  if (file->read < file->inbox.size()) {
    const std::size_t count = std::min(place.size(), file->inbox.size() - file->read);
    file->inbox.copy(place.data(), count, file->read);
    file->read += count;
    if (file->read == file->inbox.size()) {
      file->inbox.clear();
      file->read = 0;
    }
    // The sender has room again.
    if (File* const peer = find(file->peer)) changed(*peer);
    return static_cast<std::ptrdiff_t>(count);
  }
  if (file->error != 0) return -std::exchange(file->error, 0);
  if (file->was_reset || file->ended) return 0;
  return -EAGAIN;
}

std::ptrdiff_t Kernel::send(int fd, std::string_view bytes) {
  File* const file = find(fd);
  if (file == nullptr) return -EBADF;
  if (file->was_reset || file->shut || !file->connected) return -EPIPE;
  std::size_t count = std::min(bytes.size(), room(*file));
  if (count == 0) return -EAGAIN;
  if (count > 1 && random_() % 16 == 0)
    count = 1 + random_() % count;  // the kernel's buffer is full
  File* const peer = find(file->peer);
  file->moved += count;
  const std::size_t all = file->moved + (peer == nullptr ? 0 : peer->moved);
  const bool is_cut = all > file->wire.cut_after;
  std::string_view arrives = bytes.substr(0, count);
  if (is_cut) arrives.remove_suffix(std::min(arrives.size(), all - file->wire.cut_after));
  file->under_way += arrives.size();
  // A large body in pieces of a few bytes would cost more than all other runs, and shows no more.
  const std::size_t small = arrives.size() - std::min(arrives.size(), kSmallPieces);
  while (!arrives.empty()) {
    const bool is_small = file->wire.breaks_up && arrives.size() > small;
    const std::size_t most = is_small ? 1 + random_() % 40 : 1460 * (1 + random_() % 11);
    post(*file, file->peer, What::kBytes, arrives.substr(0, most));
    arrives.remove_prefix(std::min(most, arrives.size()));
  }
  if (is_cut) {
    file->wire.cut_after = ~std::size_t{0};
    if (peer != nullptr) peer->wire.cut_after = ~std::size_t{0};
    post(*file, file->peer, What::kReset);
    post(*file, fd, What::kReset);
  }
  return static_cast<std::ptrdiff_t>(count);
}

int Kernel::shut_down_writing(int fd) {
  File* const file = find(fd);
  if (file == nullptr || !file->connected || file->was_reset) return -ENOTCONN;
  if (std::exchange(file->shut, true)) return 0;
  post(*file, file->peer, What::kEnd);
  changed(*file);
  return 0;
}

int Kernel::take_error(int fd) { return std::exchange(find(fd)->error, 0); }

void Kernel::reset_on_close(int fd) { find(fd)->resets_on_close = true; }

std::uint16_t Kernel::port_of(int fd) const { return find(fd)->port; }

std::uint16_t Kernel::peer_port_of(int fd) const {
  const File* const peer = find(find(fd)->peer);
  return peer == nullptr ? 0 : peer->port;
}

std::size_t Kernel::arrived_of(int fd) const {
  const File* const peer = find(find(fd)->peer);
  return peer == nullptr ? 0 : peer->got;
}

std::size_t Kernel::sent_to(int fd) const {
  const File* const file = find(fd);
  const File* const peer = file == nullptr ? nullptr : find(file->peer);
  return peer == nullptr ? ~std::size_t{0} / 2 : peer->moved;
}

unsigned Kernel::state_of(int fd) const {
  const File* const file = find(fd);
  return file == nullptr ? 0U : state(*file);
}

void Kernel::close(int fd) {
  File* const file = find(fd);
  if (file == nullptr) return;
  if (File* const watcher = find(file->epoll)) std::erase(watcher->ready, fd);
  if (file->kind == Kind::kAlarm) std::erase(alarms_, fd);
  if (file->kind == Kind::kSocket) {
    --sockets_;
    const std::deque<int> backlog = std::exchange(file->backlog, {});
    const bool listened = std::exchange(file->listens, false);
    File* const successor = listened ? listener_of(file->port) : nullptr;
    for (const int waiting : backlog) {
      if (successor != nullptr) {
        successor->backlog.push_back(waiting);
        continue;
      }
      reset_on_close(waiting);
      close(waiting);
    }
    if (successor != nullptr) changed(*successor);
    const bool resets = file->resets_on_close || file->read < file->inbox.size();
    if (file->connected && !file->was_reset && (resets || !file->shut))
      post(*file, file->peer, resets ? What::kReset : What::kEnd);
    last_words_[fd] = file->last_due;
  }
  --open_;
  files_[static_cast<std::size_t>(fd - kFirst)].reset();
}

void Kernel::cut(std::uint16_t port) {
  for (const auto& file : files_) {
    if (file != nullptr && file->kind == Kind::kSocket && file->service == port && file->connected)
      reset(*file);
  }
}

void Kernel::deaden(std::uint16_t port) {
  for (const auto& file : files_) {
    if (file != nullptr && file->kind == Kind::kSocket && file->service == port && file->connected)
      file->is_dead = true;
  }
}

}  // namespace ofn::simulation
