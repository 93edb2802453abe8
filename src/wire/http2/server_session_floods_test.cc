// Sessions under attack: floods, and honest work that looks like one.
#include <cstdint>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "wire/http2/server_session_for_test.h"

namespace ofn::wire::http2 {
namespace {

using namespace server_bench;

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
  // A peer that reads nothing is stopped as early as one that reads: the answers to it must not pile up.
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

}  // namespace
}  // namespace ofn::wire::http2
