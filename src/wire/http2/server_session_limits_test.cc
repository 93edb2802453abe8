// Sessions over time and under attack: what drains, what times out, what floods are answered with.
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
using ::testing::HasSubstr;

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

TEST_F(ServerSessionTest, FloodsEndTheConnection) {
  const std::vector<Field> get = {
      {":method", "GET"}, {":scheme", "http"}, {":path", "/"}, {":authority", "h"}};
  struct Case {
    std::string name;
    std::function<void(RawFrames&, std::uint32_t stream)> add;
  };
  const std::vector<Case> cases = {
      {"rapid reset", [&](RawFrames& f, auto id) { f.headers(id, get, kEnd).rst(id, 8); }},
      {"reset of open requests",
       [&](RawFrames& f, auto id) { f.headers(id, get, kMore).rst(id, 8); }},
      {"malformed", [&](RawFrames& f, auto id) { f.headers(id, {{":method", "GET"}}, kEnd); }},
      {"window overflow",
       [&](RawFrames& f, auto id) { f.headers(id, get, kMore).window_update(id, 0x7fffffff); }},
      {"empty window update",
       [&](RawFrames& f, auto id) { f.headers(id, get, kMore).window_update(id, 0); }},
      {"length mismatch",
       [&](RawFrames& f, auto id) {
         auto head = get;
         head.push_back({"content-length", "1"});
         f.headers(id, head, kMore).data(id, "abc", kEnd);
       }},
      {"data on half-closed",
       [&](RawFrames& f, auto id) { f.headers(id, get, kEnd).data(id, "x", kEnd); }},
      {"ping", [](RawFrames& f, auto) { f.frame(6, 0, 0, "12345678"); }},
      {"settings", [](RawFrames& f, auto) { f.settings(); }},
      {"priority", [](RawFrames& f, auto id) { f.frame(2, 0, id, std::string("\0\0\0\0\1", 5)); }},
      {"window update", [](RawFrames& f, auto) { f.window_update(0, 1); }},
      {"unknown frames", [](RawFrames& f, auto) { f.frame(0xbb, 0, 0, ""); }},
      {"unknown frames on streams", [](RawFrames& f, auto id) { f.frame(0xbb, 0, id, "x"); }},
      {"rst of closed",
       [&](RawFrames& f, auto id) {
         if (id == 1) f.headers(1, get, kEnd);
         f.rst(1, 8);
       }},
      {"empty data",
       [&](RawFrames& f, auto id) {
         if (id == 1) f.headers(1, get, kMore);
         f.data(1, "", kMore);
       }},
      {"padding",
       [&](RawFrames& f, auto id) {
         if (id == 1) f.headers(1, get, kMore);
         f.frame(kData, 8, 1, std::string(1, '\x7f') + std::string(127, '\0'));
       }},
      {"continuation",
       [&](RawFrames& f, auto id) {
         if (id == 1) f.begin_headers(1, get, kEnd);
         f.frame(9, 0, 1, "");
       }},
      {"heads of too many fields",
       [&](RawFrames& f, auto id) {
         // 200 times the table's entry 32, a byte each.
         f.frame(kHeaders, 5, id, RawFrames::block(get) + std::string(200, '\xa0'));
       }},
      {"heads of a stream that we have reset",
       [&](RawFrames& f, auto id) {
         if (id == 1) f.headers(1, get, kMore).window_update(1, 0x7fffffff);
         f.headers(1, get, kEnd);
       }},
      {"streams beyond the limit", [&](RawFrames& f, auto id) { f.headers(id, get, kMore); }},
  };
  // Who reads nothing may make no more of it: what would be said to them must not pile up.
  for (const Case& c : cases) {
    for (const auto& [answering, reading] :
         {std::pair(false, true), std::pair(true, true), std::pair(true, false)}) {
      SCOPED_TRACE(c.name + (answering ? ", answering" : "") + (reading ? "" : ", reads nothing"));
      connect_raw();
      handler_.handled = 0;
      handler_.answer = answering ? std::function<void(Exchange&)>(echo) : nullptr;
      std::uint32_t id = 1;
      std::size_t said = 0;
      int sent = 0;
      for (; sent < 5000 && server_->session().ending() == Ending::kOpen; sent += 100) {
        RawFrames frames;
        for (int i = 0; i < 100; ++i, id += 2) c.add(frames, id);
        server_->feed(frames.bytes());
        if (reading) said += server_->take().size();
        if (!answering) handler_.kept.clear();
        loop_.run_ready();
      }
      said += server_->take().size();
      EXPECT_NE(server_->session().ending(), Ending::kOpen);
      EXPECT_LT(said, 100'000U);
      EXPECT_LE(handler_.handled, 200);
      TearDown();
    }
  }
}

TEST_F(ServerSessionTest, HowManySpoiltRequestsAConnectionBears) {
  const std::vector<Field> get = {
      {":method", "GET"}, {":scheme", "http"}, {":path", "/"}, {":authority", "h"}};
  std::vector<Field> other_host = get;
  other_host.push_back({"host", "other"});
  std::vector<Field> bad_target = get;
  bad_target[2].value = "/%zz";
  struct Case {
    std::string name;
    int borne;     // each read alone
    int together;  // in one read, where resets have not gone out yet
    std::function<void(RawFrames&, std::uint32_t stream)> add;
  };
  const std::vector<Case> cases = {
      {"cancelled", 100, 100, [&](RawFrames& f, auto id) { f.headers(id, get, kMore).rst(id, 8); }},
      // A proxy passes on what its callers send: a head that is no request costs what a useless frame costs.
      {"malformed for nghttp2", 999, 99,
       [&](RawFrames& f, auto id) { f.headers(id, {{":method", "GET"}}, kEnd); }},
      {"malformed for us", 999, 99,
       [&](RawFrames& f, auto id) { f.headers(id, other_host, kEnd); }},
      {"a malformed target", 999, 99,
       [&](RawFrames& f, auto id) { f.headers(id, bad_target, kEnd); }},
      {"window overflow", 33, 33,
       [&](RawFrames& f, auto id) { f.headers(id, get, kMore).window_update(id, 0x7fffffff); }},
  };
  handler_.answer = echo;
  for (const Case& c : cases) {
    SCOPED_TRACE(c.name);
    connect_raw();
    std::uint32_t id = 1;
    int borne = -1;
    for (; server_->session().ending() == Ending::kOpen; id += 2, ++borne) {
      RawFrames frames;
      c.add(frames, id);
      talk(frames);
    }
    EXPECT_EQ(borne, c.borne);

    // A read that brings one too many is not looked at behind it.
    for (const auto& [spoilt, handled] : {std::pair(c.together, 1), std::pair(c.together + 1, 0)}) {
      TearDown();
      connect_raw();
      handler_.handled = 0;
      RawFrames frames;
      for (id = 1; id < 2U * static_cast<unsigned>(spoilt); id += 2) c.add(frames, id);
      talk(frames.headers(id, get, kEnd));
      // Malformed heads share an account with other frames: how many of them one read may bring is not exact.
      if (handled == 1 || c.borne == c.together) {
        EXPECT_EQ(handler_.handled, handled);
      }
    }
    TearDown();
  }
}

// The same as floods, but each frame arrives when all before it has been answered.
TEST_F(ServerSessionTest, AbuseThatWaitsForEachAnswerEndsTheConnection) {
  const std::vector<Field> get = {
      {":method", "GET"}, {":scheme", "http"}, {":path", "/"}, {":authority", "h"}};
  struct Case {
    std::string name;
    std::size_t answer;
    std::function<void(std::uint32_t stream)> do_once;
  };
  const std::vector<Case> cases = {
      {"reset behind the answer", 1,
       [&](auto id) {
         talk(RawFrames().headers(id, get, kEnd));
         talk(RawFrames().rst(id, 8));
       }},
      {"an answer taken byte by byte", 100'000,
       [&](auto id) {
         if (id == 1) {
           // SETTINGS_INITIAL_WINDOW_SIZE 0
           talk(RawFrames().frame(kSettings, 0, 0, std::string("\0\4\0\0\0\0", 6)));
           talk(RawFrames().headers(id, get, kEnd));
         }
         talk(RawFrames().window_update(1, 1));
       }},
  };
  for (const Case& c : cases) {
    SCOPED_TRACE(c.name);
    connect_raw();
    handler_.handled = 0;
    handler_.answer = [&](Exchange& exchange) {
      exchange.respond(Response(std::string(c.answer, 'x')));
    };
    std::uint32_t id = 1;
    for (; id < 10'000 && server_->session().ending() == Ending::kOpen; id += 2) c.do_once(id);
    EXPECT_NE(server_->session().ending(), Ending::kOpen);
    EXPECT_LE(handler_.handled, 200);
    TearDown();
  }
}

TEST_F(ServerSessionTest, HonestWorkIsNoFlood) {
  connect();
  handler_.answer = echo;
  for (int i = 0; i < 20000; ++i) {
    Result result;
    const RequestTicket id = send(result, kPost, "body");
    if (i % 4 == 0) {
      run();
      client_session_->cancel(id);
    }
    run();
    ASSERT_EQ(result.status, 200) << i << result.error;
  }
}

TEST_F(ServerSessionTest, ASmallWindowIsNoFlood) {
  connect_raw();
  handler_.answer = [](Exchange& exchange) {
    exchange.respond(Response(std::string(200'000, 'x')));
  };
  // SETTINGS_INITIAL_WINDOW_SIZE 100
  talk(RawFrames().frame(kSettings, 0, 0, std::string("\0\4\0\0\0\x64", 6)));
  talk(RawFrames().headers(
      1, {{":method", "GET"}, {":scheme", "http"}, {":path", "/"}, {":authority", "h"}}, kEnd));
  for (int i = 0; i < 1999; ++i) {
    const auto seen = talk(RawFrames().window_update(0, 100).window_update(1, 100));
    ASSERT_EQ(seen.size(), 1U) << i;
    ASSERT_EQ(seen[0].payload.size(), 100U) << i;
  }
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
