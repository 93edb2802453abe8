#include "loop/loop.h"

#include <algorithm>
#include <thread>
#include <utility>

#include "base/check.h"
#include "loop/reactor.h"
#include "loop/watch.h"
#include "loop/watchdog.h"

namespace ofn {

Ready::~Ready() {
  if (queue_ != nullptr) unqueue();
}

void Ready::unqueue() {
  (previous_ == nullptr ? queue_->first : previous_->next_) = next_;
  (next_ == nullptr ? queue_->last : next_->previous_) = previous_;
  queue_ = nullptr;
}

Timer::Timer(Loop& loop, std::function<void()> on_fire)
    : Timer(loop, std::move(on_fire), Kind::kPlain) {}

Timer::Timer(Loop& loop, std::function<void()> on_fire, Kind kind)
    : loop_(loop), on_fire_(std::move(on_fire)), kind_(kind) {}

Timer::~Timer() {
  if (index_ != kNowhere) loop_.remove(*this);
}

void Timer::arm(SteadyTime due) {
  due_ = due;
  if (index_ != kNowhere && queued_ <= due) return;  // it wakes early and is then queued again
  if (index_ == kNowhere) {
    loop_.enqueue(*this);
  } else {
    queued_ = due;
    loop_.sift_up(index_);
  }
  loop_.wake_for_timers();
}

Loop::Loop(const Clock& clock)
    : clock_(clock),
      reactor_(std::make_unique<Reactor>()),
      scratch_(std::make_unique_for_overwrite<char[]>(kScratchSize)),
      yield_policy_(clock.now()) {}

Loop::~Loop() {
  // The owners of timers and ready items have been destroyed by now, because a loop outlives all of
  // them.
  OFN_CHECK(heap_.empty());
  OFN_CHECK(ready_.first == nullptr);
  OFN_CHECK(end_of_turn_->first == nullptr && due_->first == nullptr);
}

void Loop::post(Task task) { reactor_->post(std::move(task)); }

void Loop::enqueue(Ready& item, Ready::Queue& queue) {
  item.queue_ = &queue;
  item.previous_ = queue.last;
  item.next_ = nullptr;
  (queue.last == nullptr ? queue.first : queue.last->next_) = &item;
  queue.last = &item;
}

bool Loop::end_of_turn_is_due() const {
  if (end_of_turn_->first == nullptr) return false;
  return reactor_->exhausted() ? !end_of_turn_ran_ : latest_ - end_of_turn_since_ > kEndOfTurnWaits;
}

bool Loop::run_ready() {
  const bool* const lost = lost_;
  while (Ready* const item = due_->first != nullptr ? due_->first : ready_.first) {
    item->unqueue();
    item->run_ready();  // may destroy the item
    if (*lost) return false;
    others_ran_ = true;
  }
  now_ = SteadyTime::min();  // the handler has ended
  return true;
}

bool Loop::run_preemptible(PreemptibleCall& call) {
  if (!can_be_released()) {
    call.run_call();
    return true;
  }
  bool* const lost = lost_;
  call_ = &call;
  const std::uint64_t inside = visits_.load(std::memory_order_relaxed) + 1;
  visits_.store(inside);
  watchdog_->expect_look();
  call.run_call();
  std::uint64_t expected = inside;
  if (visits_.compare_exchange_strong(expected, inside + 1)) {
    call_ = nullptr;
    return true;
  }
  *lost = true;
  return false;
}

void Loop::release() {
  // `visits_` must be read before in_loop() is checked: another call increments it only after
  // another thread has the loop.
  std::uint64_t inside = visits_;
  if (!in_loop()) return;
  OFN_CHECK(watchdog_ != nullptr);
  // The call has ended (even), or the watchdog has incremented it first.
  if (inside % 2 == 0 || !visits_.compare_exchange_strong(inside, inside + 1)) return;
  thread_ = std::thread::id();
  watchdog_->pass_on(*this);
}

SystemTime Loop::system_now() {
  const SteadyTime at = now();
  if (at >= system_due_) {
    system_read_ = clock_.system_now();
    system_read_at_ = at;
    system_due_ = at + std::chrono::seconds(1);
  }
  return system_read_ + std::chrono::duration_cast<SystemTime::duration>(at - system_read_at_);
}

bool Loop::run() {
  thread_ = std::this_thread::get_id();
  bool lost = false;
  lost_ = &lost;
  if (PreemptibleCall* call = std::exchange(call_, nullptr)) {
    now_ = SteadyTime::min();  // the time of the handler in which the call began
    call->on_loop_taken_over();
  }
  // Runs one handler, and after its return all items that it made ready. So a thread that loses the
  // loop in a call's turn has no frame of the reactor on its stack.
  bool handled = true;
  while (run_ready()) {
    if (!handled) {
      lost_ = &not_lost_;
      thread_ = std::thread::id();
      return true;
    }
    yield_policy_.handled(clock_);
    handled = run_handler(Wait::kYes);
  }
  return false;
}

bool Loop::run_handler(Wait wait) {
  Reactor& reactor = *reactor_;
  while (!reactor.stopped.load(std::memory_order_relaxed)) {
    if (end_of_turn_is_due()) {
      end_of_turn_ran_ = reactor.exhausted();
      std::swap(end_of_turn_, due_);
      return true;
    }
    if (reactor.next_task < reactor.tasks.size()) {
      // The task, and all that it owns, is destroyed on the loop before the items that it made
      // ready run.
      Task task = reactor.take_task();
      task();
      return true;
    }
    if (!reactor.exhausted()) {
      if (handle_event()) return true;
    } else {
      end_of_turn_ran_ = false;
      if (end_of_turn_->first != nullptr) {
        reactor.look(Wait::kNo);
      } else if (wait == Wait::kYes) {
        this->wait();
      } else if (!reactor.look(Wait::kNo)) {
        return false;
      }
    }
  }
  return false;
}

bool Loop::handle_event() {
  const epoll_event& event = reactor_->events[reactor_->next_event++];
  void* const whose = event.data.ptr;
  if (whose == nullptr || whose == &reactor_->bell) return false;
  if (whose == &reactor_->alarm) {
    alarm_at_ = SteadyTime::max();
    const bool is_early = !heap_.empty() && heap_.front()->queued_ > refresh();
    fire_due();
    wake_for_timers(is_early ? kAfterEarlyAlarm : Duration{});
    return true;
  }
  const auto seen = [&](unsigned events) { return (event.events & events) != 0; };
  static_cast<Watch*>(whose)->on_seen_(
      {.readable = seen(EPOLLIN | EPOLLRDHUP | EPOLLPRI | EPOLLHUP | EPOLLERR),
       .read_to_the_end = seen(EPOLLRDHUP | EPOLLPRI | EPOLLHUP | EPOLLERR),
       .writable = seen(EPOLLOUT | EPOLLHUP | EPOLLERR)});  // may destroy the watch
  return true;
}

void Loop::wait() {
  if (yield_policy_.due()) {
    if (reactor_->look(Wait::kNo)) return;
    const SteadyTime before = clock_.now();
    std::this_thread::yield();
    yield_policy_.gave_way(clock_.now() - before);
  }
  waits_.store(true, std::memory_order_relaxed);
  reactor_->look(Wait::kYes);
  waits_.store(false, std::memory_order_relaxed);
}

void Loop::run_until(const std::function<bool()>& done) {
  const auto before = thread_.exchange(std::this_thread::get_id());
  run_ready();
  while (!done()) {
    run_handler(Wait::kYes);
    run_ready();
  }
  thread_ = before;
}

void Loop::stop() { reactor_->stop(); }

bool Loop::poll() {
  const auto before = thread_.exchange(std::this_thread::get_id());
  bool ran = ready_.first != nullptr;
  run_ready();
  while (run_handler(Wait::kNo)) {
    ran = true;
    run_ready();
  }
  fire_due();
  run_ready();
  thread_ = before;
  return ran;
}

bool Loop::in_loop() const {
  return thread_.load(std::memory_order_relaxed) == std::this_thread::get_id();
}

void Loop::place(Timer& timer, std::size_t index) {
  heap_[index] = &timer;
  timer.index_ = index;
}

void Loop::sift_up(std::size_t index) {
  Timer& timer = *heap_[index];
  while (index > 0) {
    const std::size_t parent = (index - 1) / 2;
    if (heap_[parent]->queued_ <= timer.queued_) break;
    place(*heap_[parent], index);
    index = parent;
  }
  place(timer, index);
}

void Loop::sift_down(std::size_t index) {
  Timer& timer = *heap_[index];
  for (;;) {
    std::size_t child = 2 * index + 1;
    if (child >= heap_.size()) break;
    if (child + 1 < heap_.size() && heap_[child + 1]->queued_ < heap_[child]->queued_) ++child;
    if (timer.queued_ <= heap_[child]->queued_) break;
    place(*heap_[child], index);
    index = child;
  }
  place(timer, index);
}

void Loop::enqueue(Timer& timer) {
  timer.queued_ = timer.due_;
  heap_.push_back(&timer);
  sift_up(heap_.size() - 1);
}

void Loop::remove(Timer& timer) {
  const std::size_t index = std::exchange(timer.index_, Timer::kNowhere);
  Timer* last = heap_.back();
  heap_.pop_back();
  if (last == &timer) return;
  place(*last, index);
  sift_up(index);
  sift_down(last->index_);
}

void Loop::fire_due() {
  // Reads the clock again for each timer, because the handler of a timer must not see a time before
  // the timer's due time.
  while (!heap_.empty() && heap_.front()->queued_ <= refresh()) {
    Timer& timer = *heap_.front();
    remove(timer);
    if (!timer.armed()) continue;
    if (timer.due_ > now_) {
      enqueue(timer);
      continue;
    }
    if (timer.kind_ == Timer::Kind::kLimit && limits_are_off()) {
      timer.due_ = now_ + TimeLimit::kLooksAgain;
      enqueue(timer);
      continue;
    }
    timer.disarm();
    timer.on_fire_();  // may destroy the timer
  }
}

void Loop::wake_for_timers(Duration at_least) {
  if (heap_.empty() || heap_.front()->queued_ >= alarm_at_) return;
  alarm_at_ = heap_.front()->queued_;
  reactor_->set_alarm(std::max(Deadline(alarm_at_).left(clock_.now()), at_least));
}

}  // namespace ofn
