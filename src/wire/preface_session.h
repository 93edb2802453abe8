// The first session of an accepted connection: reads just enough to tell HTTP/2 by prior knowledge
// from HTTP/1.1 (RFC 9113 §3.3: the client's preface is "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"), then
// hands over. While the server drains, a connection without a byte may stay for a moment longer: its first request is served.
#pragma once

#include <functional>
#include <memory>
#include <span>
#include <string>

#include "wire/limits.h"
#include "wire/session.h"

namespace ofn::wire {

class PrefaceSession final : public Session {
 public:
  using Make = std::function<std::unique_ptr<Session>()>;

  // `http1` and `http2` make the session that goes on; each gets all the bytes from the first.
  PrefaceSession(const Limits& limits, Make http1, Make http2);

  void start(Transport& transport) override;
  void receive(std::string_view bytes) override;
  void input_ended() override { give_up(); }
  void lost(const Error&) override {}
  bool wants_input() const override { return !decided_; }
  std::size_t gather(std::span<std::string_view>) override { return 0; }
  void sent(std::size_t) override {}
  Ending ending() const override { return ending_; }
  void drain() override;
  bool idle() const override { return seen_.empty(); }
  void leave() override {}
  bool pass_on(std::string& unread) override;

 private:
  void hand_over(const Make& make);
  void give_up();

  const Limits& limits_;
  Make http1_;
  Make http2_;
  Transport* transport_ = nullptr;
  std::unique_ptr<TimeLimit> timeout_;
  std::unique_ptr<Timer> first_request_;  // while it drains: the wait for it
  std::string seen_;
  Ending ending_ = Ending::kOpen;
  bool decided_ = false;
  bool draining_ = false;
};

}  // namespace ofn::wire
