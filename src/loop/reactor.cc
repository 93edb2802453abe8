#include "loop/reactor.h"

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <sys/eventfd.h>
#include <sys/timerfd.h>
#include <unistd.h>
#include <utility>

#include "base/check.h"
#include "loop/system_call.h"
#include "loop/watch.h"

namespace ofn {

namespace {

void ring(int bell) {
  const std::uint64_t once = 1;
  // The counter is never read and the watch is edge-triggered, so each write wakes the loop. The
  // counter cannot overflow: it has room for 2⁶⁴ writes.
  OFN_CHECK(write(bell, &once, sizeof once) == sizeof once);
}

}  // namespace

Loop::Reactor::Reactor()
    : epoll(epoll_create1(EPOLL_CLOEXEC)),
      bell(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)),
      alarm(timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK)) {
  OFN_CHECK(epoll >= 0 && bell >= 0 && alarm >= 0);
  for (const int* fd : {&bell, &alarm}) {
    epoll_event event{.events = EPOLLIN | EPOLLET, .data = {.ptr = const_cast<int*>(fd)}};
    OFN_CHECK(epoll_ctl(epoll, EPOLL_CTL_ADD, *fd, &event) == 0);
  }
}

Loop::Reactor::~Reactor() {
  for (const int fd : {alarm, bell, epoll}) close(fd);
}

void Loop::Reactor::post(Task task) {
  // The bell is rung under the lock, because the thread that runs the task may end the loop and the
  // bell with it.
  const std::scoped_lock lock(mutex);
  posted.push_back(std::move(task));
  if (std::exchange(must_ring, false)) ring(bell);
}

void Loop::Reactor::stop() {
  stopped = true;
  ring(bell);
}

bool Loop::Reactor::look(Wait wait) {
  tasks.clear();
  next_task = 0;
  next_event = 0;
  bool waits = false;
  {
    const std::scoped_lock lock(mutex);
    tasks.swap(posted);
    waits = wait == Wait::kYes && tasks.empty() && !stopped;
    must_ring = waits;
  }
  const int count = system_call::epoll_wait(epoll, events, waits ? -1 : 0);
  // A negative count means that a signal ended the wait.
  event_count = static_cast<std::size_t>(std::max(count, 0));
  if (waits) {
    const std::scoped_lock lock(mutex);
    must_ring = false;
    tasks.swap(posted);
  }
  return !exhausted();
}

Task Loop::Reactor::take_task() { return std::move(tasks[next_task++]); }

void Loop::Reactor::forget(const Watch& watch) {
  for (std::size_t i = next_event; i < event_count; ++i) {
    if (events[i].data.ptr == &watch) events[i].data.ptr = nullptr;
  }
}

void Loop::Reactor::set_alarm(Duration from_now) const {
  // A time of zero would disarm the timer.
  const auto wait = std::max<Duration>(from_now, std::chrono::nanoseconds(1));
  const auto seconds = std::chrono::floor<std::chrono::seconds>(wait);
  const itimerspec when{.it_interval = {},
                        .it_value = {.tv_sec = seconds.count(),
                                     .tv_nsec = std::chrono::nanoseconds(wait - seconds).count()}};
  OFN_CHECK(timerfd_settime(alarm, 0, &when, nullptr) == 0);
}

Watch::Watch(Loop& loop, int fd, std::function<void(Seen)> on_seen)
    : loop_(loop), fd_(fd), on_seen_(std::move(on_seen)) {
  control(EPOLL_CTL_ADD, 0);
}

Watch::~Watch() {
  control(EPOLL_CTL_DEL, 0);
  loop_.reactor_->forget(*this);
}

void Watch::want_writable() {
  if (std::exchange(wants_writable_, true)) return;
  control(EPOLL_CTL_MOD, EPOLLOUT);
}

void Watch::control(int operation, unsigned events) {
  epoll_event event{.events = EPOLLIN | EPOLLRDHUP | EPOLLPRI | EPOLLET | events,
                    .data = {.ptr = this}};
  OFN_CHECK(epoll_ctl(loop_.reactor_->epoll, operation, fd_, &event) == 0);
}

}  // namespace ofn
