#include "simulation/starving.h"

#include <cstdlib>
#include <new>
#include <utility>

namespace ofn::simulation {

namespace {

constexpr std::uint64_t kNone = ~std::uint64_t{0};

std::uint64_t left_until_failure = kNone;
int own = 0;  // parts of the simulation on the stack

// Smaller allocations come from the reserve (os/memory_reserve.h) and do not fail.
constexpr std::size_t kSmallest = 4096;

bool fails_now(std::size_t size) {
  if (left_until_failure == kNone || size < kSmallest || own > 0 || left_until_failure-- > 0)
    return false;
  left_until_failure = kNone;
  return true;
}

// In one call of so many an allocation fails: one of the first kLatest.
constexpr std::uint64_t kSeldom = 5;
constexpr std::uint64_t kLatest = 4;

class StarvedSession final : public wire::Session, private wire::Transport {
 public:
  StarvedSession(std::unique_ptr<wire::Session> session, Random& random,
                 std::function<void()> on_failure)
      : session_(std::move(session)), random_(random), on_failure_(std::move(on_failure)) {}

  void start(wire::Transport& transport) override {
    transport_ = &transport;
    session_->start(*this);
  }
  void receive(std::string_view bytes) override {
    const Starving starving(nth());
    session_->receive(bytes);
  }
  bool receive_from(wire::Source& source) override {
    const Starving starving(nth());
    return session_->receive_from(source);
  }
  bool out_of_memory() override {
    on_failure_();
    return session_->out_of_memory();
  }
  void input_ended() override { session_->input_ended(); }
  void lost(const Error& error) override { session_->lost(error); }
  bool wants_input() const override { return session_->wants_input(); }
  std::size_t gather(std::span<std::string_view> buffers) override {
    return session_->gather(buffers);
  }
  bool may_gather() const override { return session_->may_gather(); }
  void sent(std::size_t count) override { session_->sent(count); }
  wire::Ending ending() const override { return session_->ending(); }
  void retire() override { session_->retire(); }
  void drain() override { session_->drain(); }
  bool idle() const override { return session_->idle(); }
  void leave() override { session_->leave(); }
  bool has_left() const override { return session_->has_left(); }
  bool pass_on(std::string& unread) override { return session_->pass_on(unread); }
  std::size_t held_by_peer() const override { return session_->held_by_peer(); }
  void shed() override { session_->shed(); }

 private:
  void wake() override { transport_->wake(); }
  void replace(std::unique_ptr<wire::Session> next, std::string_view rest) override {
    std::unique_ptr<wire::Session> wrapped;
    {
      const NotStarving simulation;
      wrapped = starved(std::move(next), random_, on_failure_);
    }
    transport_->replace(std::move(wrapped), rest);
  }
  bool make_room(std::size_t bytes) override { return transport_->make_room(bytes); }
  Loop& loop() override { return transport_->loop(); }
  std::string_view peer() const override { return transport_->peer(); }

  std::uint64_t nth() { return random_() % kSeldom == 0 ? random_() % kLatest : kNone; }

  std::unique_ptr<wire::Session> session_;
  Random& random_;
  std::function<void()> on_failure_;
  wire::Transport* transport_ = nullptr;
};

}  // namespace

Starving::Starving(std::uint64_t nth) { left_until_failure = nth; }
Starving::~Starving() { left_until_failure = kNone; }

NotStarving::NotStarving() { ++own; }
NotStarving::~NotStarving() { --own; }

std::unique_ptr<wire::Session> starved(std::unique_ptr<wire::Session> session, Random& random,
                                       std::function<void()> on_failure) {
  return std::make_unique<StarvedSession>(std::move(session), random, std::move(on_failure));
}

}  // namespace ofn::simulation

// The other forms call these two.
void* operator new(std::size_t size) {
  if (ofn::simulation::fails_now(size)) throw std::bad_alloc();
  if (void* const place = std::malloc(size == 0 ? 1 : size)) return place;
  throw std::bad_alloc();
}
void operator delete(void* place) noexcept { std::free(place); }
void operator delete(void* place, std::size_t /*size*/) noexcept { std::free(place); }
