#include "loop/loop.h"

#include <atomic>
#include <new>
#include <thread>
#include <utility>

#include "base/check.h"
#include "loop/asio.h"
#include "loop/watchdog.h"

namespace ofn {

struct Loop::Reactor {
  // All I/O of a loop is its own thread's; only posting comes from others, and takes the scheduler's lock.
  asio::io_context io{BOOST_ASIO_CONCURRENCY_HINT_UNSAFE_IO};
  asio::executor_work_guard<LoopExecutor> work{io.get_executor()};
  LoopTimer wake{io.get_executor()};
  SteadyTime wake_at = SteadyTime::max();
  std::atomic<std::thread::id> thread;
};

Ready::~Ready() {
  if (queue_ != nullptr) unqueue();
}

void Ready::unqueue() {
  (previous_ == nullptr ? queue_->first : previous_->next_) = next_;
  (next_ == nullptr ? queue_->last : next_->previous_) = previous_;
  queue_ = nullptr;
}

Timer::Timer(Loop& loop, std::function<void()> on_fire)
    : loop_(loop), on_fire_(std::move(on_fire)) {}

Timer::~Timer() {
  if (index_ != kNowhere) loop_.remove(*this);
}

void Timer::arm(SteadyTime due) {
  due_ = due;
  if (index_ != kNowhere && queued_ <= due) return;  // it wakes early, and is queued again then
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
      scratch_(std::make_unique<char[]>(kScratchSize)),
      courtesy_(clock.now()) {}

Loop::~Loop() {
  // Timers and ready items are members of others, which are gone by now: a loop outlives what it
  // serves.
  OFN_CHECK(heap_.empty());
  OFN_CHECK(ready_.first == nullptr);
  OFN_CHECK(last_.first == nullptr);
  reactor_.reset();  // gives back what was still pending
  for (void* block : free_blocks_) ::operator delete(block);
}

void* Loop::take_block(std::size_t size) {
  if (size > kBlockSize) return ::operator new(size);
  if (free_blocks_.empty()) return ::operator new(kBlockSize);
  void* const block = free_blocks_.back();
  free_blocks_.pop_back();
  return block;
}

void Loop::give_block(void* block, std::size_t size) {
  if (size > kBlockSize) return ::operator delete(block);
  free_blocks_.push_back(block);
}

asio::io_context& Loop::io() { return reactor_->io; }

void Loop::post(Task task) {
  // What it owned goes on the loop, before what it made ready runs.
  asio::post(reactor_->io, [task = std::move(task)]() mutable { task(); });
}

void Loop::enqueue(Ready& item, Ready::Queue& queue) {
  if (item.queue_ != nullptr) return;
  item.queue_ = &queue;
  item.previous_ = queue.last;
  item.next_ = nullptr;
  (queue.last == nullptr ? queue.first : queue.last->next_) = &item;
  queue.last = &item;
}

void Loop::ready_last(Ready& item) {
  const bool first = last_.first == nullptr;
  enqueue(item, last_);
  if (!first || last_.first == nullptr) return;
  // Asio queues it behind the handlers of what its last look at the reactor has found.
  asio::post(reactor_->io, [this] {
    while (last_.first != nullptr) {
      Ready& next = *last_.first;
      next.unqueue();
      ready(next);
    }
  });
}

bool Loop::run_ready() {
  const bool* const lost = lost_;
  while (ready_.first != nullptr) {
    Ready& item = *ready_.first;
    item.unqueue();
    item.run_ready();  // may destroy the item
    if (*lost) return false;
  }
  now_ = SteadyTime::min();  // the handler is over
  return true;
}

bool Loop::host(Guest& guest) {
  bool* const lost = lost_;
  if (watchdog_ == nullptr || lost == &not_lost_) {
    guest.run_guest();
    return true;
  }
  guest_ = &guest;
  const std::uint64_t inside = visits_.load(std::memory_order_relaxed) + 1;
  visits_.store(inside);
  watchdog_->expect_look();
  guest.run_guest();
  std::uint64_t expected = inside;
  if (visits_.compare_exchange_strong(expected, inside + 1)) {
    guest_ = nullptr;
    return true;
  }
  *lost = true;
  return false;
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
  reactor_->thread = std::this_thread::get_id();
  bool lost = false;
  lost_ = &lost;
  if (Guest* guest = std::exchange(guest_, nullptr)) {
    now_ = SteadyTime::min();  // the one of the handler that the guest has left behind
    guest->overstayed();
  }
  // One handler at a time, and what it made ready after it has returned: a thread that loses the loop in a guest's turn
  // has nothing of Asio's on its stack, and nothing on the queue that Asio keeps for each running thread.
  std::size_t handled = 1;
  while (run_ready()) {
    if (handled == 0) {
      lost_ = &not_lost_;
      reactor_->thread = std::thread::id();
      return true;
    }
    handled = run_handler();
  }
  return false;
}

std::size_t Loop::run_handler() {
  courtesy_.handled(clock_);
  if (courtesy_.due()) {
    if (reactor_->io.poll_one() != 0) return 1;
    const SteadyTime before = clock_.now();
    std::this_thread::yield();
    courtesy_.gave_way(clock_.now() - before);
  }
  waits_.store(true, std::memory_order_relaxed);
  const std::size_t handled = reactor_->io.run_one();
  waits_.store(false, std::memory_order_relaxed);
  return handled;
}

void Loop::run_until(const std::function<bool()>& done) {
  const auto before = reactor_->thread.exchange(std::this_thread::get_id());
  run_ready();
  while (!done()) {
    reactor_->io.run_one();
    run_ready();
  }
  reactor_->thread = before;
}

void Loop::stop() { reactor_->io.stop(); }

bool Loop::poll() {
  const auto before = reactor_->thread.exchange(std::this_thread::get_id());
  bool ran = ready_.first != nullptr;
  run_ready();
  while (reactor_->io.poll_one() != 0) {
    ran = true;
    run_ready();
  }
  fire_due();
  run_ready();
  reactor_->thread = before;
  return ran;
}

bool Loop::in_loop() const {
  return reactor_->thread.load(std::memory_order_relaxed) == std::this_thread::get_id();
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
  while (!heap_.empty() && heap_.front()->queued_ <= clock_.now()) {
    Timer& timer = *heap_.front();
    remove(timer);
    if (!timer.armed()) continue;
    if (timer.due_ > clock_.now()) {
      enqueue(timer);
      continue;
    }
    timer.disarm();
    timer.on_fire_();  // may destroy the timer
  }
}

void Loop::wake_for_timers() {
  if (heap_.empty() || heap_.front()->queued_ >= reactor_->wake_at) return;
  reactor_->wake_at = heap_.front()->queued_;
  reactor_->wake.expires_after(Deadline(reactor_->wake_at).left(clock_.now()));
  reactor_->wake.async_wait(recycled(*this, [this](const boost::system::error_code& error) {
    if (error == asio::error::operation_aborted) return;  // armed again for an earlier moment
    reactor_->wake_at = SteadyTime::max();
    fire_due();
    wake_for_timers();
  }));
}

}  // namespace ofn
