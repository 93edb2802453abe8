// Sessions over time and at their limits: what drains, what times out, what is refused.
#include <chrono>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "testing/fake_time_limits.h"
#include "wire/http2/server_session_for_test.h"

namespace ofn::wire::http2 {
namespace {

using namespace server_bench;
using namespace std::chrono_literals;

TEST_F(ServerSessionTest, DrainIsATwoStepFarewell) {
  connect();
  Result before;
  Result racing;
  send(before, kGet);
  run();
  server_->session().drain();
  server_->session().drain();
  send(racing, kGet);  // on its way when the first GOAWAY is
  run();
  ASSERT_EQ(handler_.kept.size(), 2U);
  EXPECT_FALSE(client_session_->accepts());
  EXPECT_EQ(server_->session().ending(), Ending::kOpen);
  for (ExchangePtr& exchange : handler_.kept) exchange->respond(Response("done"));
  handler_.kept.clear();
  run();
  EXPECT_EQ(before.body, "done");
  EXPECT_EQ(racing.body, "done");
  EXPECT_EQ(server_->session().ending(), Ending::kLinger);
}

// The client will read in the second GOAWAY that nobody has seen the late request, and may send it again.
TEST_F(ServerSessionTest, ARequestAboveTheLastStreamOfTheFarewellReachesNobody) {
  const std::vector<Field> get = {
      {":method", "GET"}, {":scheme", "http"}, {":path", "/"}, {":authority", "h"}};
  connect_raw();
  server_->session().drain();
  std::string farewell_ping;
  for (const SeenFrame& seen : parse_frames(server_->take())) {
    if (seen.type == kPing) farewell_ping = seen.payload;
  }
  // In one read: a request that counts, the acknowledgement, and a request behind it.
  const auto seen = talk(
      RawFrames().headers(1, get, kEnd).frame(kPing, 1, 0, farewell_ping).headers(3, get, kEnd));
  EXPECT_EQ(handler_.handled, 1);
  std::uint32_t last = 0;
  std::uint32_t refused = 0;
  for (const SeenFrame& each : seen) {
    if (each.type == kGoaway) last = static_cast<std::uint32_t>(each.payload[3]);
    if (each.type == kRstStream) {
      refused = each.stream;
      EXPECT_EQ(each.payload, std::string("\0\0\0\7", 4));  // REFUSED_STREAM
    }
  }
  EXPECT_EQ(last, 1U);
  EXPECT_EQ(refused, 3U);
}

TEST_F(ServerSessionTest, DrainDoesNotWaitForASilentPeer) {
  connect_raw();
  server_->session().drain();
  auto seen = parse_frames(server_->take());
  ASSERT_EQ(seen.size(), 2U);
  EXPECT_EQ(seen[0].type, kPing);  // urgent frames first
  EXPECT_EQ(seen[1].type, kGoaway);
  EXPECT_EQ(server_->session().ending(), Ending::kOpen);
  wait(1s);
  seen = parse_frames(server_->take());
  ASSERT_EQ(seen.size(), 1U);
  EXPECT_EQ(seen[0].type, kGoaway);
  EXPECT_EQ(server_->session().ending(), Ending::kLinger);
}

// In a debugger an idle connection stays, but a drain does not wait for a client that is silent.
TEST_F(ServerSessionTest, WhileTimeLimitsAreOffOnlyADrainEndsAConnection) {
  const ofn::testing::FakeTimeLimits limits;
  loop_.set_time_limits(&limits);
  connect_raw();
  wait(1h);
  EXPECT_EQ(server_->take(), "");
  server_->session().drain();
  server_->take();
  wait(1s);
  EXPECT_EQ(parse_frames(server_->take()).size(), 1U);
  EXPECT_EQ(server_->session().ending(), Ending::kLinger);
}

TEST_F(ServerSessionTest, TimeLimits) {
  const std::vector<Field> post = {
      {":method", "POST"}, {":scheme", "http"}, {":path", "/"}, {":authority", "h"}};
  struct Case {
    std::string name;
    RawFrames frames;
    Duration just_before;
    std::vector<int> said;  // frame types
    Ending ending;
  };
  const std::vector<Case> cases = {
      {"idle", RawFrames(), 75s - 1ms, {kGoaway}, Ending::kLinger},
      {"headers never ended",
       RawFrames().begin_headers(1, post, kEnd),
       10s - 1ms,
       {kGoaway},
       Ending::kLinger},
      {"frame never ended",
       RawFrames().raw(std::string("\0\0\x08\x06\0\0\0\0\0abc", 12)),
       10s - 1ms,
       {kGoaway},
       Ending::kLinger},
      {"body stalls",
       RawFrames().headers(1, post, kMore).data(1, "x", kMore),
       10s - 1ms,
       {kHeaders, kData},
       Ending::kOpen},
  };
  for (const Case& c : cases) {
    connect_raw();
    talk(c.frames);
    wait(c.just_before);
    EXPECT_TRUE(server_->take().empty()) << c.name;
    wait(1ms);
    std::vector<int> said;
    for (const SeenFrame& frame : parse_frames(server_->take())) said.push_back(frame.type);
    EXPECT_EQ(said, c.said) << c.name;
    EXPECT_EQ(server_->session().ending(), c.ending) << c.name;
    TearDown();
  }
}

TEST_F(ServerSessionTest, ARequestWithItsAnswerIsResetALittleLater) {
  limits_.body_bytes = 10;
  connect_raw();
  auto seen = talk(RawFrames().headers(1,
                                       {{":method", "POST"},
                                        {":scheme", "http"},
                                        {":path", "/"},
                                        {":authority", "h"},
                                        {"content-length", "11"}},
                                       kMore));
  ASSERT_EQ(seen.size(), 2U);
  EXPECT_EQ(seen[1].type, kData);
  EXPECT_EQ(seen[1].flags & 1, 1);
  wait(1s);
  seen = parse_frames(server_->take());
  ASSERT_EQ(seen.size(), 1U);
  EXPECT_EQ(seen[0].type, kRstStream);
  EXPECT_EQ(seen[0].payload, std::string(4, '\0'));  // NO_ERROR
  // What crosses the reset is no error.
  EXPECT_TRUE(talk(RawFrames().data(1, "x", kMore).headers(1, {{"x", "y"}}, kEnd)).empty());
}

TEST_F(ServerSessionTest, ASkippedStreamNumberCannotBeUsedLater) {
  const std::vector<Field> get = {
      {":method", "GET"}, {":scheme", "http"}, {":path", "/"}, {":authority", "h"}};
  // A stream that was only given a priority is still to be opened.
  const RawFrames priority = RawFrames().frame(2, 0, 3, std::string("\0\0\0\0\x0f", 5));
  for (const RawFrames& before : {RawFrames(), priority}) {
    connect_raw();
    handler_.handled = 0;
    const auto seen =
        talk(RawFrames(before).headers(5, get, kEnd).headers(3, get, kEnd).headers(7, get, kEnd));
    ASSERT_FALSE(seen.empty());
    EXPECT_EQ(seen.back().type, kGoaway);
    EXPECT_EQ(seen.back().payload.substr(4), std::string("\0\0\0\1", 4));  // PROTOCOL_ERROR
    EXPECT_EQ(handler_.handled, 1);
    TearDown();
  }
}

TEST_F(ServerSessionTest, SilentFromTheStartIsClosed) {
  server_ = std::make_unique<MemoryTransport>(loop_, make_server_session(handler_, limits_));
  server_->take();
  wait(10s);
  EXPECT_EQ(parse_frames(server_->take()).at(0).type, kGoaway);
  EXPECT_EQ(server_->session().ending(), Ending::kLinger);
}

TEST_F(ServerSessionTest, AClosedWindowIsResetAfterTheWriteTimeout) {
  connect_raw();
  handler_.answer = [](Exchange& exchange) {
    exchange.respond(Response(std::string(100000, 'x')));
  };
  talk(RawFrames().headers(
      1, {{":method", "GET"}, {":scheme", "http"}, {":path", "/"}, {":authority", "h"}}, kEnd));
  wait(29s);
  EXPECT_TRUE(server_->take().empty());
  wait(1s);
  const auto seen = parse_frames(server_->take());
  ASSERT_EQ(seen.size(), 1U);
  EXPECT_EQ(seen[0].type, kRstStream);
  EXPECT_EQ(server_->session().ending(), Ending::kOpen);
}

TEST_F(ServerSessionTest, FinishesWhatIsInFlightWhenThePeerStopsSending) {
  connect_raw();
  const std::vector<Field> get = {
      {":method", "GET"}, {":scheme", "http"}, {":path", "/"}, {":authority", "h"}};
  talk(RawFrames().headers(1, get, kEnd).headers(3, get, kMore));
  server_->end_input();
  EXPECT_EQ(server_->session().ending(), Ending::kOpen);
  server_->take();
  handler_.kept.at(0)->respond(Response("late"));
  handler_.kept.clear();
  const auto seen = parse_frames(server_->take());
  ASSERT_EQ(seen.size(), 2U);
  EXPECT_EQ(seen[1].payload, "late");
  EXPECT_EQ(server_->session().ending(), Ending::kLinger);
}

TEST_F(ServerSessionTest, NotHttp2) {
  connect();
  MemoryTransport other(loop_, make_server_session(handler_, limits_));
  other.feed("GET / HTTP/1.1\r\nHost: h\r\n\r\n");
  const auto seen = parse_frames(other.take());
  EXPECT_EQ(seen.back().type, kGoaway);
  EXPECT_EQ(other.session().ending(), Ending::kLinger);
}

TEST_F(ServerSessionTest, MoreThanTheAllowedStreamsAreRefused) {
  connect_raw();
  const std::vector<Field> get = {
      {":method", "GET"}, {":scheme", "http"}, {":path", "/"}, {":authority", "h"}};
  RawFrames frames;
  for (std::uint32_t i = 0; i < 101; ++i) frames.headers(2 * i + 1, get, kEnd);
  const auto seen = talk(frames);
  EXPECT_EQ(handler_.kept.size(), 100U);
  ASSERT_EQ(seen.size(), 1U);
  EXPECT_EQ(seen[0].type, kRstStream);
  EXPECT_EQ(seen[0].stream, 201U);
  EXPECT_EQ(seen[0].payload, std::string("\0\0\0\7", 4));  // REFUSED_STREAM
}

TEST_F(ServerSessionTest, AHeadFarTooLargeEndsTheConnection) {
  const std::vector<Field> get = {
      {":method", "GET"}, {":scheme", "http"}, {":path", "/"}, {":authority", "h"}};
  struct Case {
    std::size_t fields;  // of 38 bytes as HPACK's list counts them, one on the wire
    int answer;
  };
  // Above 64 KiB it is answered 431, above four times as much it is an attack.
  for (const Case& c : {Case{1'000, kHeaders}, Case{2'000, kHeaders}, Case{6'000, kHeaders},
                        Case{7'500, kGoaway}, Case{15'000, kGoaway}}) {
    for (const bool trailers : {false, true}) {
      SCOPED_TRACE(std::to_string(c.fields) + (trailers ? " trailers" : ""));
      connect_raw();
      RawFrames frames;
      if (trailers) frames.headers(1, get, kMore);
      const std::string head = trailers ? std::string() : RawFrames::block(get);
      frames.frame(kHeaders, 5, 1, head + std::string(c.fields, '\xa0'));
      const auto seen = talk(frames);
      ASSERT_FALSE(seen.empty());
      EXPECT_EQ(seen.front().type, c.answer);
      EXPECT_EQ(handler_.handled, 0);
      TearDown();
    }
  }
}

TEST_F(ServerSessionTest, UpgradeMakesTheRequestStreamOne) {
  const std::vector<Field> fields = {{"Host", "h"},       {"Connection", "Upgrade, HTTP2-Settings"},
                                     {"Upgrade", "h2c"},  {"HTTP2-Settings", "AAMAAABkAAQAAP__"},
                                     {"X-Name", "value"}, {"Content-Length", "4"}};
  const Message request{.method = "POST",
                        .target = "/up",
                        .scheme = "http",
                        .authority = "h",
                        .fields = fields,
                        .trailers = {},
                        .body = "body",
                        .peer = "x",
                        .version = Version::kHttp11};
  EXPECT_FALSE(make_upgraded_session(handler_, limits_, "!", request));
  EXPECT_FALSE(make_upgraded_session(handler_, limits_, "AAMA", request));
  EXPECT_FALSE(make_upgraded_session(handler_, limits_, "AAT_____", request));  // a window
  EXPECT_FALSE(make_upgraded_session(handler_, limits_, "AAIAAAAC", request));  // push
  EXPECT_FALSE(make_upgraded_session(handler_, limits_, "AAUAAAAB", request));  // a frame's size
  EXPECT_FALSE(make_upgraded_session(handler_, limits_, "AAMAAABkAAQAAP//", request));
  auto session = make_upgraded_session(handler_, limits_, "AAMAAABkAAQAAP__", request);
  ASSERT_TRUE(session);
  handler_.answer = echo;
  server_ = std::make_unique<MemoryTransport>(loop_, *std::move(session));
  server_->feed(RawFrames().preface().settings().bytes());
  const auto seen = parse_frames(server_->take());
  ASSERT_GE(seen.size(), 4U);
  EXPECT_EQ(seen[0].type, kSettings);
  EXPECT_EQ(seen.back().type, kData);
  EXPECT_EQ(seen.back().stream, 1U);
  EXPECT_EQ(seen.back().payload, "POST /up h\nhost=h\nx-name=value\ncontent-length=4\nbody");
}

}  // namespace
}  // namespace ofn::wire::http2
