// Answers in pieces over HTTP/2.
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "wire/http2/server_session_for_test.h"

namespace ofn::wire::http2 {
namespace {

using namespace server_bench;

const std::vector<Field> kTrailers = {{"x-end", "well"}};

class ServerPiecesTest : public ServerSessionTest {
 protected:
  // Begins the answer to `request`.
  void begin(const ClientRequest& request, Response head = Response()) {
    connect();
    send(result_, request);
    run();
    ASSERT_EQ(handler_.kept.size(), 1U);
    handler_.kept[0]->begin(std::move(head), {}, [this] { ++rooms_; });
    run();
  }
  Exchange& exchange() { return *handler_.kept[0]; }
  Result result_;
  int rooms_ = 0;
};

TEST_F(ServerPiecesTest, ArriveInOrderAndEndWithTrailers) {
  begin(kGet);
  for (const std::string_view piece : {"abc", "", "defg", ""}) {
    exchange().write(piece);
    run();
    EXPECT_EQ(exchange().unsent(), 0U);
  }
  EXPECT_EQ(rooms_, 2);
  EXPECT_EQ(result_.calls, 0);
  exchange().finish(kTrailers);
  run();
  EXPECT_EQ(result_.calls, 1) << result_.error;
  EXPECT_EQ(result_.body, "abcdefg");
  EXPECT_EQ(result_.trailers["x-end"], "well");
  EXPECT_EQ(result_.fields.count("content-length"), 0U);
  EXPECT_EQ(result_.fields["content-type"], "text/plain; charset=utf-8");
}

TEST_F(ServerPiecesTest, MayBeNone) {
  begin(kGet, Response().content_type("a/b"));
  exchange().finish({});
  run();
  EXPECT_EQ(result_.status, 200) << result_.error;
  EXPECT_EQ(result_.body, "");
  EXPECT_EQ(result_.fields["content-type"], "a/b");
}

TEST_F(ServerPiecesTest, AreDroppedWhereThereIsNoRoomForThem) {
  for (const int status : {200, 204, 304}) {
    begin({.method = status == 200 ? "HEAD" : "GET", .authority = "host", .path = "/"},
          Response().status(status));
    exchange().write("abc");
    exchange().finish(kTrailers);
    run();
    EXPECT_EQ(result_.status, status) << result_.error;
    EXPECT_EQ(result_.body, "");
    TearDown();
  }
}

TEST_F(ServerPiecesTest, MoreThanThePeersWindowWaits) {
  begin(kGet);
  const std::string large(std::size_t{3} << 20, 'x');
  exchange().write(large);
  EXPECT_EQ(exchange().unsent(), large.size());
  run();
  EXPECT_EQ(exchange().unsent(), 0U);
  exchange().finish({});
  run();
  EXPECT_EQ(result_.body, large);
}

TEST_F(ServerPiecesTest, UnfinishedTheyResetTheStream) {
  begin(kGet);
  exchange().write("abc");
  run();
  handler_.kept.clear();
  run();
  EXPECT_EQ(result_.calls, 1);
  EXPECT_EQ(result_.reset, 2U);  // INTERNAL_ERROR
}

TEST_F(ServerPiecesTest, AbortedTheyResetTheStreamToo) {
  begin(kGet);
  exchange().abort();
  run();
  EXPECT_EQ(result_.reset, 2U);
  EXPECT_EQ(exchange().request().method, "GET");  // whose memory is still there
}

TEST_F(ServerPiecesTest, WaitForTheirFunctionAsLongAsItTakes) {
  begin(kGet);
  wait(24h);
  run();
  EXPECT_EQ(result_.calls, 0) << result_.error;
  exchange().write("late");
  exchange().finish({});
  run();
  EXPECT_EQ(result_.body, "late");
}

TEST_F(ServerPiecesTest, MayBeCutShortByWhoHasSome) {
  connect_raw();
  const auto call = [this](std::uint32_t id, bool writes) {
    talk(RawFrames().headers(
        id, {{":method", "GET"}, {":scheme", "http"}, {":path", "/"}, {":authority", "h"}}, kEnd));
    if (handler_.kept.empty()) return;
    exchange().begin(Response(), {}, {});
    if (writes) exchange().write("tick");
    loop_.run_ready();
    server_->take();
    talk(RawFrames().rst(id, 8));
    handler_.kept.clear();
  };
  std::uint32_t id = 1;
  for (int i = 0; i < 1000; ++i, id += 2) call(id, true);
  EXPECT_EQ(handler_.handled, 1000);
  for (int i = 0; i < 1000; ++i, id += 2) call(id, false);
  EXPECT_LT(handler_.handled, 1200);  // who takes nothing makes work without use
}

TEST_F(ServerPiecesTest, WaitForASlowReaderUntilItsTimeIsOver) {
  connect_raw();
  talk(RawFrames().headers(
      1, {{":method", "GET"}, {":scheme", "http"}, {":path", "/"}, {":authority", "h"}}, kEnd));
  ASSERT_EQ(handler_.kept.size(), 1U);
  int told = 0;
  exchange().on_abandoned([&] { ++told; });
  exchange().begin(Response(), {}, {});
  exchange().write(std::string(100'000, 'x'));  // the window is 65,535
  loop_.run_ready();
  parse_frames(server_->take());
  EXPECT_GT(exchange().unsent(), 0U);
  wait(limits_.write_timeout);
  const auto said = parse_frames(server_->take());
  ASSERT_EQ(said.size(), 1U);
  EXPECT_EQ(said[0].type, kRstStream);
  EXPECT_EQ(told, 1);
  EXPECT_TRUE(exchange().abandoned());
}

TEST_F(ServerPiecesTest, GoOnWhenThePeerSendsNoMore) {
  connect_raw();
  talk(RawFrames().headers(
      1, {{":method", "GET"}, {":scheme", "http"}, {":path", "/"}, {":authority", "h"}}, kEnd));
  ASSERT_EQ(handler_.kept.size(), 1U);
  int told = 0;
  exchange().on_abandoned([&] {
    ++told;
    exchange().on_abandoned([&] { ++told; });
  });
  exchange().begin(Response(), {}, {});
  server_->end_input();
  EXPECT_EQ(told, 1);
  EXPECT_FALSE(exchange().abandoned());
  exchange().write("tick");
  loop_.run_ready();
  EXPECT_EQ(parse_frames(server_->take()).back().payload, "tick");
  server_->lose();
  EXPECT_EQ(told, 2);
}

}  // namespace
}  // namespace ofn::wire::http2
