// What streams take of the memory that all bodies share, and what they are told when there is none.
#include <algorithm>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "wire/http2/server_session_for_test.h"
#include "wire/memory_account.h"

namespace ofn::wire::http2 {
namespace {

using namespace server_bench;

const std::vector<Field> kRawGet = {
    {":method", "GET"}, {":scheme", "http"}, {":path", "/"}, {":authority", "h"}};

class Http2Memory : public ServerSessionTest {
 protected:
  void connect_counted() {
    connect();
    server_ = std::make_unique<MemoryTransport>(
        loop_, make_server_session(handler_, limits_, {}, &bodies_));
  }

  // A peer that is raw frames.
  void connect_raw_counted(MemoryAccount& account) {
    server_ = std::make_unique<MemoryTransport>(
        loop_, make_server_session(handler_, limits_, {}, &account));
    server_->feed(RawFrames().preface().settings().bytes());
  }

  MemoryAccount bodies_{100'000};
  const std::string kilo_ = std::string(1'000, 'x');  // a body: borrowed until it is sent
};

TEST_F(Http2Memory, ABodyIsCountedUntilItsExchangeIsGivenBack) {
  connect_counted();
  Result result;
  send(result, kPost, kilo_);
  run();
  EXPECT_EQ(bodies_.used(), 1'000U);
  handler_.kept.at(0)->respond(Response("ok"));
  run();
  EXPECT_EQ(result.status, 200);
  EXPECT_EQ(bodies_.used(), 1'000U) << "the function may still read it";
  handler_.kept.clear();
  EXPECT_EQ(bodies_.used(), 0U);
}

TEST_F(Http2Memory, AnExchangeThatOutlivesItsSessionGivesItBack) {
  connect_counted();
  Result result;
  send(result, kPost, kilo_);
  run();
  server_.reset();
  EXPECT_EQ(bodies_.used(), 1'000U);
  handler_.kept.clear();
  EXPECT_EQ(bodies_.used(), 0U);
  client_.reset();  // before the result that it would tell
}

TEST_F(Http2Memory, WithoutMemoryTheStreamIs503AndTheConnectionLives) {
  connect_counted();
  handler_.answer = echo;
  {
    MemoryShare others(&bodies_);
    others.add(99'500);
    Result announced;
    Result small;
    send(announced, kPost, kilo_);
    send(small, kPost, std::string_view(kilo_).substr(0, 100));
    run();
    EXPECT_EQ(announced.status, 503) << announced.error;
    EXPECT_EQ(announced.fields["retry-after"], "1");
    EXPECT_EQ(small.status, 200) << small.error;
    EXPECT_EQ(bodies_.used(), 99'500U);
  }
  Result later;
  send(later, kPost, kilo_);
  run();
  EXPECT_EQ(later.status, 200) << later.error;
}

TEST_F(Http2Memory, ABodyOfUnknownLengthIsCountedAsItArrives) {
  connect_raw_counted(bodies_);
  const std::vector<Field> post = {
      {":method", "POST"}, {":scheme", "http"}, {":path", "/"}, {":authority", "h"}};
  talk(RawFrames().headers(1, post, kMore).data(1, std::string(1'000, 'x'), kMore));
  EXPECT_EQ(bodies_.used(), 1'000U);
  MemoryShare others(&bodies_);
  others.add(99'000);
  const auto seen = talk(RawFrames().data(1, "x", kMore));
  EXPECT_TRUE(std::ranges::any_of(
      seen, [](const SeenFrame& frame) { return frame.type == kHeaders && frame.stream == 1; }));
  EXPECT_EQ(bodies_.used(), 99'000U);
  EXPECT_EQ(handler_.handled, 0);
}

TEST_F(Http2Memory, ALargeAnswerIsCountedUntilItsStreamIsClosed) {
  connect_counted();
  handler_.answer = [](Exchange& exchange) {
    exchange.respond(Response(std::string(200'000, 'x')));
  };
  Result result;
  send(result, kGet);
  server_->feed(client_->take());
  loop_.run_ready();
  EXPECT_GE(bodies_.used(), 200'000U);
  EXPECT_TRUE(bodies_.exhausted());
  run();
  EXPECT_EQ(result.body.size(), 200'000U) << result.error;
  EXPECT_EQ(bodies_.used(), 0U);
}

// 14 one-byte references to an entry of 4,000 bytes, which the first such head brings: each is a head of 56 kB.
RawFrames amplified(std::uint32_t stream) {
  std::string block = RawFrames::block(
      {{":method", "POST"}, {":scheme", "http"}, {":path", "/"}, {":authority", "h"}});
  if (stream == 1) {
    const std::string value(4'000, 'v');
    std::string entry = RawFrames::block({{"e", value}});
    entry.front() = '\x40';  // with indexing (RFC 7541 §6.2.1)
    block += entry;
  }
  block.append(14, '\xbe');
  constexpr int kEndHeaders = 4;
  return RawFrames().frame(kHeaders, kEndHeaders, stream, block);
}

TEST_F(Http2Memory, HeadsAreCountedAndAConnectionHasItsShare) {
  MemoryAccount account(4'000'000);
  server_ = std::make_unique<MemoryTransport>(loop_,
                                              make_server_session(handler_, limits_, {}, &account));
  server_->feed(RawFrames().preface().settings().bytes());
  talk(amplified(1));
  EXPECT_GE(account.used(), 56'000U);
  std::size_t refused = 0;
  MemoryShare others(&account);
  others.add(2'000'000);  // from now on memory is short
  for (std::uint32_t stream = 3; stream < 200; stream += 2) {
    for (const SeenFrame& frame : talk(amplified(stream))) {
      if (frame.type == kHeaders) ++refused;
    }
  }
  EXPECT_GT(refused, 0U);
  EXPECT_LE(account.used(), 2'000'000U + account.connection_share() + 100'000U);
  EXPECT_GT(server_->session().held_by_peer(), 0U);
  server_->session().shed();
  EXPECT_EQ(server_->session().held_by_peer(), 0U);
  EXPECT_EQ(account.used(), 2'000'000U);
  EXPECT_EQ(server_->session().ending(), Ending::kAbort);
}

TEST_F(Http2Memory, AnswersThatNoWindowWillOpenForAreNotKept) {
  connect_raw_counted(bodies_);
  talk(RawFrames().headers(1, kRawGet, kEnd).headers(3, kRawGet, kEnd));
  handler_.kept[0]->respond(Response(std::string(80'000, 'x')));  // more than the default window
  server_->take();
  server_->end_input();
  server_->take();
  EXPECT_EQ(server_->session().ending(), Ending::kOpen) << "a function has not answered yet";
  handler_.kept[1]->respond(Response("too late: the connection's window is closed, too"));
  server_->take();
  EXPECT_EQ(server_->session().ending(), Ending::kAbort);
}

TEST_F(Http2Memory, WhileAnswersTakeTooMuchAFewSmallRequestsMayWait) {
  connect_raw_counted(bodies_);
  MemoryShare answers(&bodies_);
  answers.add(100'001);
  talk(RawFrames().headers(1, kRawGet, kEnd));
  EXPECT_EQ(handler_.handled, 1);
  std::vector<Field> large = kRawGet;
  const std::string value(10'000, 'v');
  large.push_back({"e", value});
  talk(RawFrames().headers(3, large, kEnd));
  EXPECT_EQ(handler_.handled, 1) << "its head is not small";
  for (std::uint32_t stream = 5; stream < 45; stream += 2)
    talk(RawFrames().headers(stream, kRawGet, kEnd));
  EXPECT_GE(handler_.handled, 7);
  EXPECT_LE(handler_.handled, 8) << "the next calls of other peers need places, too";
}

TEST_F(Http2Memory, AnAnswerThatWasShedIsNotSentAndItsFunctionMayGoOn) {
  connect_raw_counted(bodies_);
  talk(RawFrames().headers(1, kRawGet, kEnd).headers(3, kRawGet, kEnd));
  ASSERT_EQ(handler_.kept.size(), 2U);
  handler_.kept[0]->begin(Response(), {}, [] {});
  handler_.kept[0]->write(std::string(90'000, 'x'));
  EXPECT_GT(server_->session().held_by_peer(), 80'000U);
  server_->session().shed();
  handler_.kept[0]->write("the end");
  handler_.kept[0]->finish({});
  handler_.kept[1]->respond(Response(std::string(90'000, 'x')));
  EXPECT_EQ(server_->take(), "");
  EXPECT_EQ(bodies_.used(), 0U);
}

}  // namespace
}  // namespace ofn::wire::http2
