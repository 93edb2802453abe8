// The ledger of a run: what is known of each call, by its key, and the oracles. An oracle is a rule that no run may break.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "dapr/app_codec.h"
#include "invocation/observer.h"
#include "simulation/answers.h"
#include "simulation/kernel.h"
#include "simulation/script.h"

namespace ofn::simulation {

struct Violation {
  std::string oracle;
  std::string what;
};

// The ledger's account of one call: what has happened to it so far.
struct Known {
  SteadyTime sent = SteadyTime::max();  // when the caller began to send it
  bool has_arrived = false;             // whole, when the instance began to close its connections
  bool is_good = false;  // the caller kept to the rules, and its connection had no fault
  unsigned began = 0;    // the observer was told of its start
  unsigned ended = 0;    // and of its end
  unsigned runs = 0;
  unsigned returned = 0;  // with success
  SteadyTime returned_at = SteadyTime::max();
  unsigned failed = 0;
  std::array<unsigned, 2> received{};   // by the sidecar, of each output
  std::array<unsigned, 2> confirmed{};  // by the sidecar
  std::array<unsigned, 2> refused{};    // by the sidecar
  unsigned answers = 0;
  int status = 0;
  int fd = -1;            // of its caller over HTTP/1.1
  bool writes = false;    // the function answers in pieces
  std::size_t wrote = 0;  // bytes of them
  bool is_lost = false;   // its connection ended before the answer
  bool is_acknowledged = false;
};

// Hears what comes of the requests of a connection.
class Hears {
 public:
  virtual void answered(unsigned key, int status, std::string_view body) = 0;
  // The connection has ended before the answer. `part`: what has arrived of it; null: nothing.
  virtual void lost(unsigned key, const Answer* part) = 0;

 protected:
  ~Hears() = default;
};

class Ledger final : public Hears {
 public:
  Ledger(const Script& script, const Kernel& kernel, std::set<std::string, std::less<>>& states)
      : script_(script), kernel_(kernel), states_(states), calls_(script.ops.size() * kAttempts) {}

  Known& of(unsigned key) { return calls_.at(key); }
  const Op& op(unsigned key) const { return script_.ops[op_of(key)]; }

  // The caller's side.
  void sends(unsigned key, bool is_good);
  void answered(unsigned key, int status, std::string_view body) override;
  void lost(unsigned key, const Answer* part) override;
  // An answer before it was its connection's last one.
  void behind_the_last(unsigned key);
  // The delivering sidecar's side.
  void acknowledged(unsigned key, dapr::TopicStatus status);
  void not_acknowledged(unsigned key);
  // The connection of a delivery over HTTP has ended before the answer.
  void delivery_lost(unsigned key);
  // The instance.
  void began(unsigned key);
  void ended(unsigned key, const CallRecord& record);
  void runs(unsigned key);
  void returns(unsigned key, bool is_success);
  // The function begins an answer in pieces; it has written a piece, and may write more; it has read a piece of its request.
  void writes(unsigned key) { of(key).writes = true; }
  void wrote(unsigned key, std::size_t bytes);
  void read(unsigned key, std::size_t at, std::string_view piece);
  void read_all(unsigned key, std::size_t bytes);
  // The receiving sidecar's side.
  void received(unsigned key, std::size_t output, std::string_view data);
  void confirms(unsigned key, std::size_t output);
  void refuses(unsigned key, std::size_t output);
  // Nothing more can happen.
  void at_rest();

  void break_rule(std::string oracle, std::string what);
  void reached(std::string state) { states_.insert(std::move(state)); }
  void stopping(SteadyTime at) { stopping_ = at; }
  // Each instance keeps the order of what it gets.
  void reloads() { has_reloaded_ = true; }
  void jumped(Duration by) { jumps_ += by; }
  void sheds() { sheds_ = true; }
  // A connection has found no memory for what came, and may end.
  void starves();
  // From now on an answer of the sidecar may be lost.
  void sidecar_lost() { sidecar_was_lost_ = true; }
  const std::vector<Violation>& violations() const { return violations_; }

 private:
  void ends_well(unsigned key, std::string_view how);
  // A good caller has no answer. Was there a reason?
  void check_lost(unsigned key);
  // Have all outputs confirmed it?
  bool is_confirmed(const Known& call) const;
  std::string name(unsigned key) const;

  const Script& script_;
  const Kernel& kernel_;
  std::set<std::string, std::less<>>& states_;
  std::vector<Known> calls_;
  std::vector<unsigned> in_order_;  // the calls of the ordered input, as they came
  std::vector<Violation> violations_;
  SteadyTime stopping_ = SteadyTime::max();
  Duration jumps_{};
  bool sheds_ = false;
  bool sidecar_was_lost_ = false;
  bool has_reloaded_ = false;
  unsigned ordered_running_ = 0;
};

}  // namespace ofn::simulation
