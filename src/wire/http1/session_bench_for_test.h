// A whole HTTP/1.1 connection in memory, and one check of what came of some bytes.
#pragma once

#include <array>
#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "testing/manual_clock.h"
#include "wire/http1/http1_session.h"
#include "wire/memory_transport_for_test.h"

namespace ofn::wire::http1::session_bench {

using namespace std::chrono_literals;
using namespace std::string_literals;

// Answers at once, or keeps exchanges until the test answers them.
class TestHandler final : public Handler {
 public:
  void handle(ExchangePtr exchange) override {
    const Message& request = exchange->request();
    std::string line = std::string(request.method) + ' ' + std::string(request.target) + " @" +
                       std::string(request.authority) + " from " + std::string(request.peer);
    for (const Field& trailer : request.trailers) line += " +" + std::string(trailer.name);
    line += " [" + std::string(request.body) + ']';
    seen.push_back(line);
    if (keeps) {
      kept.push_back(std::move(exchange));
    } else {
      exchange->respond(Response(answer));
    }
  }

  bool takes_pieces(const Message& head) override { return pieces && head.target == "/"; }

  bool keeps = false;
  bool pieces = false;  // of requests to "/"
  std::string answer = "ok\n";
  std::vector<std::string> seen;
  std::vector<ExchangePtr> kept;
};

// What an upgrade leads to: keeps what it receives.
class FakeSession final : public Session {
 public:
  explicit FakeSession(std::string& received) : received_(received) {}
  void start(Transport&) override {}
  void receive(std::string_view bytes) override { received_ += bytes; }
  void input_ended() override {}
  void lost(const Error&) override {}
  bool wants_input() const override { return true; }
  std::size_t gather(std::span<std::string_view>) override { return 0; }
  void sent(std::size_t) override {}
  Ending ending() const override { return Ending::kOpen; }
  void drain() override {}
  bool idle() const override { return true; }

 private:
  std::string& received_;
};

// A whole connection without a socket, whose peer takes at most `window` bytes a turn.
struct Bench {
  explicit Bench(Limits limits_of_it = {}, MemoryAccount* account_of_it = nullptr)
      : limits(limits_of_it), account(account_of_it) {}

  Session& session() { return transport.session(); }
  void pump() {
    for (bool more = true; more;) {
      more = loop.poll();
      const std::string piece = transport.take(window);
      written += piece;
      more = more || !piece.empty() || (window != 0 && transport.woken());
    }
  }
  void send(std::string_view bytes) {
    transport.feed(bytes);
    pump();
  }
  void wait(Duration duration) {
    clock.advance(duration);
    pump();
  }
  void end_input() {
    transport.end_input();
    pump();
  }
  std::string take() { return std::exchange(written, {}); }

  Limits limits;
  MemoryAccount* account;
  ofn::testing::ManualClock clock;
  Loop loop{clock};
  TestHandler handler;
  HttpDate date;
  SessionContext context{handler, limits, date, {}, {}, account};
  MemoryTransport transport{loop, make_session(context)};
  std::size_t window = MemoryTransport::kWhole;
  std::string written;
};

inline std::string answer(std::string_view status, std::string_view body,
                          std::string_view more = "") {
  return "HTTP/1.1 " + std::string(status) +
         "\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Length: " +
         std::to_string(body.size()) + "\r\nDate: Mon, 01 Jan 2024 00:00:00 GMT\r\n" +
         std::string(more) + "\r\n" + std::string(body);
}
inline const std::string kOk = answer("200 OK", "ok\n");
inline const std::string kOkClose = answer("200 OK", "ok\n", "Connection: close\r\n");
inline const std::string kGet = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";

// What came of some bytes: what was written, seen by the handler, and how it ended.
struct Outcome {
  std::string written;
  std::vector<std::string> seen;
  Ending ending;
  friend bool operator==(const Outcome&, const Outcome&) = default;
};

inline Outcome feed(std::string_view bytes, std::vector<std::size_t> cuts, Limits limits) {
  Bench bench(limits);
  cuts.push_back(bytes.size());
  std::size_t begin = 0;
  for (const std::size_t end : cuts) {
    // In memory of its own, gone right after: nothing may keep a view of it.
    bench.send(std::string(bytes.substr(begin, end - begin)));
    begin = end;
  }
  return {bench.take(), bench.handler.seen, bench.session().ending()};
}

// The one check: whole, byte by byte, and in two at every byte, always the same.
inline Outcome check(std::string_view bytes, Limits limits = {}) {
  Outcome whole = feed(bytes, {}, limits);
  std::vector<std::size_t> every;
  for (std::size_t cut = 1; cut < bytes.size(); ++cut) {
    every.push_back(cut);
    EXPECT_EQ(feed(bytes, {cut}, limits), whole) << "cut at " << cut << ": " << bytes;
  }
  EXPECT_EQ(feed(bytes, every, limits), whole) << "byte by byte: " << bytes;
  return whole;
}

inline void expect(std::string_view bytes, std::string_view written, std::vector<std::string> seen,
                   Ending ending = Ending::kOpen) {
  const Outcome outcome = check(bytes);
  EXPECT_EQ(outcome.written, written);
  EXPECT_EQ(outcome.seen, seen);
  EXPECT_EQ(outcome.ending, ending);
}

// The answer is `status` with Connection: close, and nothing was served before or after.
inline void expect_refused(std::string_view bytes, int status, Limits limits = {}) {
  const Outcome outcome = check(bytes, limits);
  EXPECT_TRUE(outcome.written.starts_with("HTTP/1.1 " + std::to_string(status) + ' '))
      << bytes << '\n'
      << outcome.written;
  EXPECT_NE(outcome.written.find("\r\nConnection: close\r\n"), std::string::npos);
  EXPECT_EQ(outcome.written.find("HTTP/1.1", 1), std::string::npos);
  EXPECT_EQ(outcome.seen, std::vector<std::string>());
  EXPECT_EQ(outcome.ending, Ending::kLinger);
}

inline const std::string kSeen = "GET / @a from 127.0.0.1:51234 []";

}  // namespace ofn::wire::http1::session_bench
