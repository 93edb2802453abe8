// The models of callers. One over HTTP/1.1 writes and reads bytes of its own making; one over HTTP/2 uses the framework's client.
#pragma once

#include <cstddef>
#include <deque>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "loop/loop.h"
#include "simulation/answers.h"
#include "simulation/kernel.h"
#include "simulation/ledger.h"
#include "simulation/script.h"
#include "wire/connector.h"
#include "wire/http2/client_session.h"
#include "wire/limits.h"

namespace ofn::simulation {

// One connection, on which requests follow each other without waiting for answers.
class Caller {
 public:
  // What comes of the requests goes to `hears`.
  Caller(Kernel& kernel, Ledger& ledger, Hears& hears, Manner manner, Random& random);
  Caller(const Caller&) = delete;
  Caller& operator=(const Caller&) = delete;
  ~Caller();

  // Each returns false if the connection takes no more requests.
  bool request(unsigned key);
  bool send(unsigned key, std::string_view text);
  // Writes and reads what is possible. Returns true if there was anything to do.
  bool step();
  SteadyTime next() const {
    return is_over_ || wakes_ <= kernel_.now() ? SteadyTime::max() : wakes_;
  }
  // The instance begins to close its connections, and answers what has arrived.
  void note_arrived();
  // The caller has nothing more to say.
  void leave();
  // Returns true if the next request can be sent when this one has been answered.
  bool is_reusable() const { return !is_over_ && !last_answer_ && !has_half_closed_; }
  bool is_over() const { return is_over_; }
  bool has_all() const { return expected_.empty(); }
  Manner manner() const { return manner_; }

 private:
  bool write();
  bool read();
  void take_answers();
  void end();

  Kernel& kernel_;
  Ledger& ledger_;
  Hears& hears_;
  Manner manner_;
  Random& random_;
  int fd_ = -1;
  std::string out_;
  AnswerReader in_;
  struct Expected {
    unsigned key;
    std::size_t end;  // of the request, in all bytes of this connection
  };
  std::deque<Expected> expected_;
  std::size_t queued_ = 0;  // bytes, in all
  std::size_t written_ = 0;
  SteadyTime wakes_ = SteadyTime::max();
  bool is_over_ = false;
  bool has_half_closed_ = false;
  bool last_answer_ = false;
};

// One connection over HTTP/2.
class Caller2 {
 public:
  Caller2(Kernel& kernel, Ledger& ledger, Loop& loop, Manner manner);
  Caller2(const Caller2&) = delete;
  Caller2& operator=(const Caller2&) = delete;
  ~Caller2();

  bool request(unsigned key);
  void leave();
  bool is_over() const { return is_over_; }
  Manner manner() const { return manner_; }

 private:
  struct Waiting {
    unsigned key;
    std::string path;
    std::string body;
  };
  void send(Waiting& waiting);
  void fail_all();

  Kernel& kernel_;
  Ledger& ledger_;
  Loop& loop_;
  Manner manner_;
  const wire::Limits limits_;
  std::unique_ptr<wire::Dialing> dialing_;
  std::unique_ptr<wire::Connection> connection_;
  wire::http2::ClientSession* session_ = nullptr;
  std::deque<Waiting> calls_;
  std::unique_ptr<Timer> leaves_;
  bool is_over_ = false;
};

// How the network treats the connection of such a caller.
Wire wire_of(Manner manner, const Setting& setting, Random& random);

}  // namespace ofn::simulation
