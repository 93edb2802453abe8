#include "simulation/world.h"

#include <algorithm>
#include <array>
#include <memory>
#include <optional>
#include <type_traits>
#include <utility>

#include "loop/loop.h"
#include "simulation/callers.h"
#include "simulation/fibers.h"
#include "simulation/instance.h"
#include "simulation/kernel.h"
#include "simulation/sidecar.h"

namespace ofn::simulation {

namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr std::uint64_t kMostSteps = 400'000;
constexpr seconds kLongestRun(900);

class World {
 public:
  World(const Script& script, const std::vector<bool>& kept,
        std::set<std::string, std::less<>>& states)
      : script_(script),
        kept_(kept),
        kernel_(script.setting.seed * 2),
        random_(script.setting.seed * 2 + 0x9e3779b9),
        ledger_(script, kernel_, states),
        began_(kernel_.now()),
        reload_at_(script.setting.reload_at == Duration::max()
                       ? SteadyTime::max()
                       : began_ + script.setting.reload_at) {
    kernel_.set_wire(
        [this](std::uint16_t port) { return port == kPort ? next_wire_ : usual_wire(); });
  }

  RunResult run() {
    begin_instance();
    next_wire_ = usual_wire();
    sidecar_.emplace(script_, kernel_, peers_, ledger_,
                     [this](Manner manner, Hears& hears) { return connect(manner, hears); });
    std::uint64_t steps = 0;
    // What the instance has sent last is still under way when it has stopped.
    SteadyTime end = SteadyTime::max();
    while (kernel_.now() < end) {
      if (end == SteadyTime::max() && is_over()) end = kernel_.now() + seconds(5);
      if (++steps > kMostSteps || kernel_.now() > began_ + kLongestRun) {
        ledger_.break_rule("a run comes to rest",
                           "it has not after " + std::to_string(steps) + " steps");
        break;
      }
      if (!turn()) break;
      if (!ledger_.violations().empty()) break;
    }
    RunResult result{.violations = {}, .hash = 0, .steps = steps, .calls = script_.ops.size()};
    const bool is_clean = ledger_.violations().empty();
    if (is_clean) {
      ledger_.at_rest();
      for (const auto& instance : instances_) instance->check_at_rest();
      if (fibers_.left() != 0) ledger_.break_rule("nothing is left", "functions still run");
    }
    result.hash = kernel_.trace().hash();
    if (ledger_.violations().empty()) tear_down();
    result.violations = ledger_.violations();
    // What a broken run leaves behind may be broken itself: nothing destroys it.
    if (!result.violations.empty()) is_abandoned_ = true;
    return result;
  }
  bool is_abandoned() const { return is_abandoned_; }

 private:
  Wire usual_wire() const {
    return {.delay = script_.setting.delay, .breaks_up = script_.setting.breaks_up};
  }

  SteadyTime next_op() const {
    return next_ < script_.ops.size() ? began_ + script_.ops[next_].at : SteadyTime::max();
  }

  void begin_instance() {
    Instance& made =
        *instances_.emplace_back(std::make_unique<Instance>(script_, kernel_, fibers_, ledger_));
    for (std::size_t i = 0; i < made.loops(); ++i) loops_.push_back(&made.loop(i));
  }

  bool is_over() const {
    return std::ranges::all_of(instances_, &Instance::has_stopped,
                               [](const auto& each) -> const Instance& { return *each; }) &&
           fibers_.left() == 0 && sidecar_->is_idle();
  }

  // Lets everybody do something, in an order of the scheduler's. If nobody has anything to do, time passes. Returns false if nothing can
  // happen any more.
  bool turn() {
    bool any = false;
    while (next_ < script_.ops.size() && next_op() <= kernel_.now()) {
      const std::size_t op = next_++;
      if (kept_[op]) act(op);
      any = true;
    }
    if (drain_at_ <= kernel_.now()) {
      drain_at_ = SteadyTime::max();
      for (auto* all : {&callers_, &old_}) {
        for (const auto& caller : *all) {
          if (caller != nullptr) caller->note_arrived();
        }
      }
      sidecar_->note_arrived();
      instances_.back()->drain();
      any = true;
    }
    // Whoever stops a program waits for its predecessor, which still passes connections on to it.
    if (is_stopping_ && (instances_.size() == 1 || instances_.front()->has_stopped())) {
      is_stopping_ = false;
      ledger_.stopping(kernel_.now());
      sidecar_->stop();
      instances_.back()->retire();
      drain_at_ = kernel_.now() + script_.setting.drain_delay;
      any = true;
    }
    if (reload_at_ <= kernel_.now()) {
      reload_at_ = SteadyTime::max();
      ledger_.reloads();
      begin_instance();
      instances_.front()->pass_on(*instances_.back());
      any = true;
    }
    if (threads_back_ <= kernel_.now()) {
      threads_back_ = SteadyTime::max();
      fibers_.grant_threads(true);
      any = true;
    }
    any = kernel_.deliver() || any;
    if (any) idle_.fill(false);
    actors_.clear();
    for (std::size_t i = 0; i < loops_.size(); ++i) actors_.push_back(i);
    for (const std::size_t actor : {kPeers, kFibers, kCallers}) actors_.push_back(actor);
    for (std::size_t i = actors_.size() - 1; i > 0; --i)
      std::swap(actors_[i], actors_[random_() % (i + 1)]);
    bool all_idle = true;
    for (const std::size_t actor : actors_) {
      if (idle_[actor]) continue;
      if (random_() % script_.setting.skips == 0) {
        all_idle = false;
        continue;
      }
      if (step(actor)) {
        // Whatever it did may be something to do for each.
        idle_.fill(false);
        all_idle = false;
        is_last_look_ = false;
      } else {
        idle_[actor] = true;
      }
      for (const auto& instance : instances_) instance->check();
    }
    if (!all_idle) return true;
    idle_.fill(false);
    SteadyTime next = std::min({kernel_.next_event(), fibers_.next_wake(), next_op(), drain_at_,
                                threads_back_, reload_at_});
    for (const auto& caller : callers_)
      next = std::min(next, caller == nullptr ? SteadyTime::max() : caller->next());
    for (const auto& caller : old_) next = std::min(next, caller->next());
    next = std::min(next, sidecar_->next());
    // A loop's timers may have done something without its knowledge: everybody looks once more before the end.
    if (next == SteadyTime::max()) return !std::exchange(is_last_look_, true);
    // The system wakes threads a little late.
    kernel_.advance(next + Duration(static_cast<Duration::rep>(random_() % 100'000)));
    return true;
  }

  bool step(std::size_t actor) {
    kernel_.trace().add(actor);
    if (actor == kPeers) return peers_.poll();
    if (actor == kFibers) return fibers_.step(random_);
    if (actor != kCallers) return loops_[actor]->poll();
    bool any = false;
    for (const auto& caller : callers_) any = (caller != nullptr && caller->step()) || any;
    for (const auto& caller : old_) any = caller->step() || any;
    return sidecar_->step() || any;
  }

  void act(std::size_t at) {
    const Op& op = script_.ops[at];
    if (op.act >= Act::kCutSidecar && op.act <= Act::kRestartSidecar) ledger_.sidecar_lost();
    switch (op.act) {
      case Act::kRequest:
        return request(at, callers_, op);
      case Act::kRequest2:
        return request(at, callers2_, op);
      case Act::kDeliver:
        return sidecar_->deliver(at);
      case Act::kCutSidecar:
        return kernel_.cut(kSidecarPort);
      case Act::kRefuseSidecar:
        return sidecar_->refuse(milliseconds(op.amount));
      case Act::kDeadSidecar:
        return kernel_.deaden(kSidecarPort);
      case Act::kRestartSidecar:
        return sidecar_->restart(milliseconds(op.amount));
      case Act::kJump:
        ledger_.jumped(milliseconds(op.amount));
        return kernel_.advance(kernel_.now() + milliseconds(op.amount));
      case Act::kNoThreads:
        fibers_.grant_threads(false);
        threads_back_ = kernel_.now() + milliseconds(op.amount);
        return;
      case Act::kStop:
        is_stopping_ = true;
        reload_at_ = SteadyTime::max();
        return;
    }
  }

  // Sends it on the connection with that number, or on a new one.
  template <class AnyCaller>
  void request(std::size_t at, std::vector<std::unique_ptr<AnyCaller>>& callers, const Op& op) {
    if (callers.size() <= op.who) callers.resize(op.who + 1);
    std::unique_ptr<AnyCaller>& caller = callers[op.who];
    const unsigned key = key_of(at, 0);
    if (caller != nullptr && caller->manner() == op.manner && caller->request(key)) return;
    if (caller != nullptr) gone(caller);
    if constexpr (std::is_same_v<AnyCaller, Caller>) {
      caller = connect(op.manner, ledger_);
    } else {
      next_wire_ = wire_of(op.manner, script_.setting, random_);
      caller = std::make_unique<Caller2>(kernel_, ledger_, peers_, op.manner);
      next_wire_ = usual_wire();
    }
    caller->request(key);
  }
  std::unique_ptr<Caller> connect(Manner manner, Hears& hears) {
    next_wire_ = wire_of(manner, script_.setting, random_);
    auto caller = std::make_unique<Caller>(kernel_, ledger_, hears, manner, random_);
    next_wire_ = usual_wire();
    return caller;
  }
  // The old connections go on until their answers are there.
  void gone(std::unique_ptr<Caller>& caller) { old_.push_back(std::move(caller)); }
  void gone(std::unique_ptr<Caller2>& caller) { old2_.push_back(std::move(caller)); }

  void tear_down() {
    for (auto* all : {&callers_, &old_}) {
      for (const auto& caller : *all) {
        if (caller != nullptr) caller->leave();
      }
    }
    for (auto* all : {&callers2_, &old2_}) {
      for (const auto& caller : *all) {
        if (caller != nullptr) caller->leave();
      }
    }
    sidecar_->close();
    for (int i = 0; i < 3; ++i) {
      kernel_.advance(kernel_.now() + seconds(100));
      kernel_.deliver();
      while (peers_.poll() || poll_loops()) kernel_.deliver();
    }
    sidecar_.reset();
    callers_.clear();
    old_.clear();
    callers2_.clear();
    old2_.clear();
    // A loop outlives what others have posted to it.
    instances_.clear();
    // The loop of the sidecar and the callers is left.
    if (kernel_.sockets() != 0)
      ledger_.break_rule("nothing is left",
                         std::to_string(kernel_.sockets()) + " sockets are open");
  }
  bool poll_loops() {
    bool any = false;
    for (Loop* const loop : loops_) any = loop->poll() || any;
    return any;
  }

  static constexpr std::size_t kPeers = 4;  // before it: the loops
  static constexpr std::size_t kFibers = 5;
  static constexpr std::size_t kCallers = 6;

  const Script& script_;
  const std::vector<bool>& kept_;
  Kernel kernel_;
  Random random_;
  Ledger ledger_;
  const SteadyTime began_;
  Fibers fibers_{kernel_};
  Loop peers_{kernel_};
  Wire next_wire_;
  std::vector<std::unique_ptr<Instance>> instances_;  // the last one serves
  std::vector<Loop*> loops_;                          // theirs
  std::optional<ModelSidecar> sidecar_;
  std::vector<std::unique_ptr<Caller>> callers_;
  std::vector<std::unique_ptr<Caller>> old_;
  std::vector<std::unique_ptr<Caller2>> callers2_;
  std::vector<std::unique_ptr<Caller2>> old2_;
  std::vector<std::size_t> actors_;
  std::array<bool, kCallers + 1>
      idle_{};  // actors that have had nothing to do since the last act of anybody
  bool is_last_look_ = false;
  bool is_stopping_ = false;  // somebody wants it to
  std::size_t next_ = 0;
  SteadyTime drain_at_ = SteadyTime::max();
  SteadyTime threads_back_ = SteadyTime::max();
  SteadyTime reload_at_ = SteadyTime::max();
  bool is_abandoned_ = false;
};

}  // namespace

RunResult run(const Script& script, const std::vector<bool>& kept,
              std::set<std::string, std::less<>>& states) {
  auto world = std::make_unique<World>(script, kept, states);
  RunResult result = world->run();
  if (world->is_abandoned()) (void)world.release();
  return result;
}

}  // namespace ofn::simulation
