// The client's HTTP/2 session, against frames written by hand: what a peer may do to a request.
// (The ordinary way is tested together with the server's session and with gRPC.)
#include "wire/http2/client_session.h"

#include <algorithm>
#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "testing/manual_clock.h"
#include "wire/http2/raw_frames_for_test.h"
#include "wire/memory_account.h"
#include "wire/memory_transport_for_test.h"

namespace ofn::wire::http2 {
namespace {

using namespace std::chrono_literals;

constexpr std::uint32_t kRefusedStreamCode = 7;

struct Seen {
  int calls = 0;
  int status = 0;
  std::string body;
  std::string fields;
  std::string trailers;
  std::string error;
  Code code = Code::kOk;
  std::optional<Reach> reach;
  std::optional<std::uint32_t> reset;
};

class ClientSessionTest : public ::testing::Test {
 protected:
  void SetUp() override { connect({}); }
  void TearDown() override { peer_.reset(); }
  void connect(const ClientOptions& options) {
    peer_.reset();
    changes_ = 0;
    auto session = std::make_unique<ClientSession>(options, [this] { ++changes_; });
    session_ = session.get();
    peer_ = std::make_unique<MemoryTransport>(loop_, std::move(session));
    peer_->feed(RawFrames().settings().bytes());
  }
  RequestTicket send(Seen& seen, std::string_view body = {}, ClientRequest request = {}) {
    request.authority = "h";
    if (request.path.empty()) request.path = "/";
    return session_->send(request, body, [&seen](const ClientOutcome& outcome) {
      ++seen.calls;
      if (!outcome) {
        seen.error = outcome.error().error.message();
        seen.code = outcome.error().error.code();
        seen.reach = outcome.error().reach;
        seen.reset = outcome.error().reset;
        return;
      }
      seen.status = outcome->status;
      seen.body = outcome->body;
      for (const Field& f : outcome->fields)
        seen.fields.append(f.name).append("=").append(f.value).append(";");
      for (const Field& f : outcome->trailers)
        seen.trailers.append(f.name).append("=").append(f.value).append(";");
    });
  }
  void hear(const RawFrames& frames, std::size_t piece = MemoryTransport::kWhole) {
    peer_->feed(frames.bytes(), piece);
    loop_.run_ready();
  }
  void wait(Duration time) {
    clock_.advance(time);
    ofn::testing::settle(loop_);
  }
  std::vector<SeenFrame> said() { return parse_frames(peer_->take()); }

  ofn::testing::ManualClock clock_;
  Loop loop_{clock_};
  std::unique_ptr<MemoryTransport> peer_;
  ClientSession* session_ = nullptr;
  int changes_ = 0;
};

TEST_F(ClientSessionTest, AnswersWithInterimHeadsAndTrailers) {
  const auto answer = RawFrames()
                          .headers(1, {{":status", "100"}}, kMore)
                          .headers(1, {{":status", "103"}, {"link", "x"}}, kMore)
                          .headers(1, {{":status", "201"}, {"a", "b"}}, kMore)
                          .data(1, "bo", kMore)
                          .data(1, "dy", kMore)
                          .headers(1, {{"t", "u"}}, kEnd);
  for (const std::size_t piece : {std::size_t{1}, std::size_t{5}, MemoryTransport::kWhole}) {
    connect({});
    Seen seen;
    send(seen, "request");
    said();
    hear(answer, piece);
    EXPECT_EQ(seen.calls, 1);
    EXPECT_EQ(seen.status, 201);
    EXPECT_EQ(seen.fields, "a=b;");
    EXPECT_EQ(seen.body, "body");
    EXPECT_EQ(seen.trailers, "t=u;");
  }
}

TEST_F(ClientSessionTest, WhatEndsARequest) {
  struct Case {
    std::string name;
    RawFrames frames;
    Code code;
    Reach reach;
    std::optional<std::uint32_t> reset;
    bool accepts;
  };
  const std::vector<Case> cases = {
      {"refused", RawFrames().rst(1, kRefusedStreamCode), Code::kUnavailable, Reach::kNever,
       kRefusedStreamCode, true},
      {"cancelled", RawFrames().rst(1, 8), Code::kUnavailable, Reach::kMaybe, 8, true},
      {"no error, no answer", RawFrames().rst(1, 0), Code::kUnavailable, Reach::kMaybe, 0, true},
      {"farewell without it", RawFrames().goaway(0, 0), Code::kUnavailable, Reach::kNever,
       kRefusedStreamCode, false},
      {"malformed head", RawFrames().headers(1, {{"no", "status"}}, kEnd), Code::kUnavailable,
       Reach::kMaybe, 1, true},
      {"two statuses", RawFrames().headers(1, {{":status", "200"}, {":status", "200"}}, kEnd),
       Code::kUnavailable, Reach::kMaybe, 1, true},
      {"length",
       RawFrames()
           .headers(1, {{":status", "200"}, {"content-length", "2"}}, kMore)
           .data(1, "x", kEnd),
       Code::kUnavailable, Reach::kMaybe, 1, true},
      {"not HTTP/2", RawFrames().raw("HTTP/1.1 400 Bad Request\r\n\r\n"), Code::kUnavailable,
       Reach::kMaybe, std::nullopt, false},
  };
  for (const Case& c : cases) {
    connect({});
    Seen seen;
    send(seen, "request");
    said();
    hear(c.frames);
    said();
    loop_.run_ready();
    EXPECT_EQ(seen.calls, 1) << c.name;
    EXPECT_EQ(seen.code, c.code) << c.name;
    EXPECT_EQ(seen.reach, c.reach) << c.name;
    EXPECT_EQ(seen.reset, c.reset) << c.name;
    EXPECT_EQ(session_->accepts(), c.accepts) << c.name;
    EXPECT_EQ(changes_, c.accepts ? 0 : 1) << c.name;
    peer_.reset();
  }
}

// Every byte that the socket took or did not take decides.
TEST_F(ClientSessionTest, ReachDependsOnWhatWasWritten) {
  const std::size_t before = 24 + 9 + 18 + 9 + 4 + 9;  // preface, SETTINGS, WINDOW_UPDATE, ack
  std::optional<std::size_t> head_end;
  for (std::size_t written = 0;; ++written) {
    connect({});
    Seen seen;
    send(seen, "body");
    const std::size_t took = peer_->take(written).size();
    if (took < written) {
      peer_.reset();
      break;
    }
    peer_->lose();
    loop_.run_ready();
    ASSERT_EQ(seen.calls, 1);
    if (seen.reach == Reach::kMaybe && !head_end) head_end = written;
    EXPECT_EQ(seen.reach, head_end ? Reach::kMaybe : Reach::kNever) << written;
    peer_.reset();
  }
  ASSERT_TRUE(head_end);
  EXPECT_GT(*head_end, before);
}

TEST_F(ClientSessionTest, LostConnectionsFailEverything) {
  Seen sent;
  Seen unsent;
  send(sent);
  said();
  send(unsent);
  peer_->lose("gone");
  loop_.run_ready();
  EXPECT_EQ(sent.error, "gone");
  EXPECT_EQ(sent.reach, Reach::kMaybe);
  EXPECT_EQ(unsent.reach, Reach::kNever);
  Seen late;
  send(late);
  EXPECT_EQ(late.calls, 0);
  loop_.run_ready();
  EXPECT_EQ(late.reach, Reach::kNever);
  EXPECT_EQ(changes_, 1);
}

TEST_F(ClientSessionTest, TheDestructorFailsWhatIsLeft) {
  Seen seen;
  send(seen);
  said();
  peer_.reset();
  EXPECT_EQ(seen.calls, 1);
  EXPECT_EQ(seen.reach, Reach::kMaybe);
}

TEST_F(ClientSessionTest, RequestsBeyondThePeersLimitWait) {
  hear(RawFrames().frame(kSettings, 0, 0, std::string("\0\3\0\0\0\1", 6)));  // one at a time
  said();
  std::vector<Seen> seen(3);
  send(seen[0]);
  const RequestTicket second = send(seen[1]);
  send(seen[2]);
  auto frames = said();
  ASSERT_EQ(frames.size(), 1U);
  EXPECT_EQ(session_->cancel(second), Reach::kNever);
  hear(RawFrames().headers(1, {{":status", "200"}}, kEnd));
  frames = said();
  ASSERT_EQ(frames.size(), 1U);
  EXPECT_EQ(frames[0].stream, 5U);
  hear(RawFrames().goaway(1, 0));
  EXPECT_EQ(seen[0].status, 200);
  EXPECT_EQ(seen[1].calls, 0);
  EXPECT_EQ(seen[2].reach, Reach::kNever);
}

// Their answers may take long, and they would never be sent behind them.
TEST_F(ClientSessionTest, WhatWaitsForThePeersLimitFailsWithItsFarewell) {
  hear(RawFrames().frame(kSettings, 0, 0, std::string("\0\3\0\0\0\1", 6)));  // one at a time
  said();
  std::vector<Seen> seen(3);
  send(seen[0]);
  send(seen[1], "body");
  const RequestTicket third = send(seen[2]);
  said();
  hear(RawFrames().goaway(0x7fffffff, 0));  // the intention: what is on its way still counts
  EXPECT_EQ(seen[0].calls, 0);
  EXPECT_EQ(seen[1].calls, 1);
  EXPECT_EQ(seen[1].code, Code::kUnavailable);
  EXPECT_EQ(seen[1].reach, Reach::kNever);
  EXPECT_EQ(seen[2].calls, 1);
  EXPECT_EQ(session_->cancel(third), Reach::kMaybe);
  EXPECT_TRUE(said().empty());
  EXPECT_EQ(session_->in_flight(), 1U);
  hear(RawFrames().headers(1, {{":status", "200"}}, kEnd));
  EXPECT_EQ(seen[0].status, 200);
  const auto frames = said();
  ASSERT_EQ(frames.size(), 1U);  // no request
  EXPECT_EQ(frames[0].type, kGoaway);
}

TEST_F(ClientSessionTest, AnIdlePeerIsNotAsked) {
  for (const bool answered : {true, false}) {
    connect({});
    Seen seen;
    const RequestTicket ticket = send(seen);
    said();
    if (answered) {
      hear(RawFrames().headers(1, {{":status", "200"}}, kEnd));
      EXPECT_EQ(seen.status, 200);
    } else {
      session_->cancel(ticket);
      EXPECT_EQ(said().back().type, kRstStream);
    }
    wait(60min);
    ASSERT_TRUE(said().empty());
    Seen next;
    const RequestTicket due = send(next);
    said();
    wait(20s - 1ms);
    EXPECT_TRUE(said().empty());
    wait(1ms);
    const auto frames = said();
    ASSERT_EQ(frames.size(), 1U);
    EXPECT_EQ(frames[0].type, kPing);
    session_->cancel(due);
  }
}

TEST_F(ClientSessionTest, AnEarlyAnswerStopsTheRequest) {
  const std::string large(1 << 20, 'x');
  Seen seen;
  send(seen, large);
  said();  // as far as the window goes
  hear(RawFrames().headers(1, {{":status", "413"}}, kEnd));
  EXPECT_EQ(seen.status, 413);
  const auto frames = said();
  ASSERT_FALSE(frames.empty());
  EXPECT_EQ(frames.back().type, kRstStream);
  EXPECT_TRUE(session_->accepts());
}

TEST_F(ClientSessionTest, AnswersAreBounded) {
  connect({.max_body = 10, .max_head = 100});
  Seen body;
  send(body);
  said();
  hear(RawFrames().headers(1, {{":status", "200"}}, kMore).data(1, std::string(11, 'x'), kEnd));
  EXPECT_EQ(body.code, Code::kResourceExhausted);
  Seen head;
  send(head);
  said();
  hear(RawFrames().headers(3, {{":status", "200"}, {"a", std::string(200, 'x')}}, kEnd));
  EXPECT_EQ(head.code, Code::kResourceExhausted);
  Seen fits;
  send(fits);
  said();
  hear(RawFrames().headers(5, {{":status", "200"}}, kMore).data(5, std::string(10, 'x'), kEnd));
  EXPECT_EQ(fits.body.size(), 10U);
}

TEST_F(ClientSessionTest, CancelBeforeDuringAndAfter) {
  const std::string large(1 << 20, 'x');
  Seen seen;
  EXPECT_EQ(session_->cancel(send(seen, large)), Reach::kNever);
  EXPECT_TRUE(said().size() <= 4);  // no request among them
  const RequestTicket during = send(seen, large);
  said();
  EXPECT_EQ(session_->cancel(during), Reach::kMaybe);
  EXPECT_EQ(said().back().type, kRstStream);
  hear(RawFrames().headers(3, {{":status", "200"}}, kEnd));  // crossed the reset
  EXPECT_EQ(seen.calls, 0);
  const RequestTicket after = send(seen);
  said();
  peer_->feed(RawFrames().headers(5, {{":status", "200"}}, kEnd).bytes());
  EXPECT_EQ(session_->cancel(after), Reach::kMaybe);  // answered, but not yet delivered
  loop_.run_ready();
  EXPECT_EQ(seen.calls, 0);
  EXPECT_EQ(session_->in_flight(), 0U);
}

// Bytes that were made leave before the reset does, and the peer may act on them.
TEST_F(ClientSessionTest, WhatIsOnItsWayOutMayArrive) {
  Seen seen;
  const RequestTicket id = send(seen, "body");
  peer_->take(10);  // the socket takes no more for now
  EXPECT_EQ(session_->cancel(id), Reach::kMaybe);
  const std::string rest = peer_->take();
  // What of the first batch is left begins inside the preface.
  const auto frames = parse_frames(std::string_view(rest).substr(24 - 10));
  EXPECT_TRUE(std::ranges::any_of(frames, [](const SeenFrame& frame) {
    return frame.type == kData && frame.payload == "body";
  }));
}

TEST_F(ClientSessionTest, CallbacksMaySendAndCancel) {
  Seen first;
  Seen second;
  Seen third;
  RequestTicket to_cancel{};
  session_->send({.authority = "h", .path = "/"}, {}, [&](const ClientOutcome&) {
    ++first.calls;
    session_->cancel(to_cancel);
    send(third);
  });
  to_cancel = send(second);
  said();
  hear(RawFrames().headers(1, {{":status", "200"}}, kEnd).headers(3, {{":status", "200"}}, kEnd));
  EXPECT_EQ(first.calls, 1);
  EXPECT_EQ(second.calls, 0);
  said();
  hear(RawFrames().headers(5, {{":status", "204"}}, kEnd));
  EXPECT_EQ(third.status, 204);
}

TEST_F(ClientSessionTest, LeavesWhenDrainedAndDone) {
  Seen seen;
  send(seen);
  said();
  session_->drain();
  EXPECT_FALSE(session_->accepts());
  said();
  EXPECT_EQ(session_->ending(), Ending::kOpen);
  hear(RawFrames().headers(1, {{":status", "200"}}, kEnd));
  EXPECT_EQ(seen.status, 200);
  EXPECT_EQ(said().back().type, kGoaway);
  EXPECT_EQ(session_->ending(), Ending::kLinger);
}

TEST_F(ClientSessionTest, FloodsEndTheConnection) {
  struct Case {
    std::string name;
    RawFrames first;
    RawFrames again;
  };
  const std::string padding = std::string(1, '\x7f') + std::string(127, '\0');
  const RawFrames head = RawFrames().headers(1, {{":status", "200"}}, kMore);
  const std::vector<Case> cases = {
      {"ping", {}, RawFrames().frame(kPing, 0, 0, "12345678")},
      {"settings", {}, RawFrames().settings()},
      {"priority", {}, RawFrames().frame(2, 0, 3, std::string("\0\0\0\0\1", 5))},
      {"window update", {}, RawFrames().window_update(0, 1)},
      {"unknown frames", {}, RawFrames().frame(0xbb, 0, 0, "")},
      {"empty data", head, RawFrames().data(1, "", kMore)},
      {"padding", head, RawFrames().frame(kData, 8, 1, padding)},
      {"interim heads", {}, RawFrames().headers(1, {{":status", "103"}}, kMore)},
      {"continuation", RawFrames().begin_headers(1, {}, kMore), RawFrames().frame(9, 0, 1, "")},
      {"resets of what is closed", RawFrames().rst(1, 8), RawFrames().rst(1, 8)},
  };
  for (const Case& c : cases) {
    connect({});
    Seen seen;
    send(seen, "request");
    said();
    hear(c.first);
    int heard = 0;
    for (; heard < 100'000 && session_->ending() == Ending::kOpen; ++heard) {
      hear(c.again);
      said();
    }
    loop_.run_ready();
    EXPECT_LE(heard, 2000) << c.name;
    EXPECT_EQ(seen.calls, 1) << c.name;
    EXPECT_EQ(seen.code, Code::kUnavailable) << c.name;
    EXPECT_FALSE(session_->accepts()) << c.name;
  }
}

// What is kept of answers, and what happens when there is no memory for one.
TEST_F(ClientSessionTest, AnswersAreTakenFromTheAccount) {
  MemoryAccount account(1'000'000);
  connect({.account = &account});
  Seen seen;
  send(seen, "request");
  said();
  RawFrames half;
  half.headers(1, {{":status", "200"}}, kMore);
  for (int i = 0; i < 5; ++i) half.data(1, std::string(10'000, 'x'), kMore);
  hear(half);
  EXPECT_GE(account.used(), 50'000U) << "the capacity, while the answer is on its way";
  hear(RawFrames().data(1, "end", kEnd));
  EXPECT_EQ(seen.body.size(), 50'003U) << seen.error;
  EXPECT_EQ(account.used(), 0U);
  peer_.reset();
}

TEST_F(ClientSessionTest, WithoutMemoryTheAnswerFailsAndTheConnectionLives) {
  struct Case {
    const char* name;
    RawFrames answer;
  };
  const std::vector<Case> cases = {
      {"body", RawFrames()
                   .headers(1, {{":status", "200"}}, kMore)
                   .data(1, std::string(12'000, 'x'), kMore)},
      {"fields",
       RawFrames().headers(1, {{":status", "200"}, {"a", std::string(12'000, 'x')}}, kMore)},
      {"trailers", RawFrames()
                       .headers(1, {{":status", "200"}}, kMore)
                       .headers(1, {{"a", std::string(12'000, 'x')}}, kEnd)},
  };
  for (const Case& c : cases) {
    MemoryAccount account(100'000);
    connect({.account = &account});
    Seen seen;
    {
      MemoryShare others(&account);
      others.add(95'000);
      send(seen, "request");
      said();
      hear(c.answer);
      EXPECT_EQ(seen.calls, 1) << c.name;
      EXPECT_EQ(seen.code, Code::kUnavailable) << c.name;
      EXPECT_EQ(seen.reach, Reach::kMaybe) << c.name;
      EXPECT_NE(seen.error.find("not enough memory"), std::string::npos) << c.name << seen.error;
      said();
    }
    Seen later;
    send(later, "request");
    said();
    hear(RawFrames()
             .headers(3, {{":status", "200"}}, kMore)
             .data(3, std::string(12'000, 'y'), kEnd));
    EXPECT_EQ(later.status, 200) << c.name << later.error;
    EXPECT_EQ(later.body.size(), 12'000U) << c.name;
    EXPECT_TRUE(session_->accepts()) << c.name;
    peer_.reset();
    EXPECT_EQ(account.used(), 0U) << c.name;
  }
}

TEST_F(ClientSessionTest, HonestAnswersAreNoFlood) {
  for (std::uint32_t i = 0; i < 3000; ++i) {
    const std::uint32_t stream = 2 * i + 1;
    Seen seen;
    send(seen, "request");
    said();
    hear(RawFrames()
             .window_update(0, 7)
             .frame(kPing, 0, 0, "12345678")
             .headers(stream, {{":status", "200"}}, kMore)
             .data(stream, "12345", kMore)
             .headers(stream, {{"grpc-status", "0"}}, kEnd));
    ASSERT_EQ(seen.status, 200) << i << seen.error;
  }
}

}  // namespace
}  // namespace ofn::wire::http2
