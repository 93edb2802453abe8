// Answers in pieces over HTTP/1.1.
#include <functional>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "wire/http1/http1_session.h"
#include "wire/http1/session_bench_for_test.h"

namespace ofn::wire::http1 {
namespace {

using namespace session_bench;

const std::vector<Field> kTrailers = {{"X-End", "well"}};

std::string head_of(std::string_view framing, std::string_view status = "200 OK") {
  return "HTTP/1.1 " + std::string(status) +
         "\r\nX-Mine: 1\r\nX-Extra: e\r\nContent-Type: text/plain; charset=utf-8\r\n" +
         std::string(framing) + "\r\n";
}

// A peer that sends `request` and gets "abc", "" and "defg", each when it was written.
struct Piecewise {
  explicit Piecewise(std::string_view request, Response head = Response(),
                     const std::function<void(Session&)>& before_the_answer = {}) {
    bench.handler.keeps = true;
    bench.send(request);
    if (before_the_answer) before_the_answer(bench.session());
    exchange = std::move(bench.handler.kept.front());
    const std::vector<Field> extra = {{"X-Extra", "e"}};
    exchange->begin(std::move(head).header("X-Mine", "1"), extra, [this] { ++rooms; });
    write("");
    write("abc");
    write("");
    write("defg");
  }
  void write(std::string_view bytes) {
    exchange->write(bytes);
    bench.pump();
    pieces.push_back(bench.take());
  }
  void finish() {
    exchange->finish(kTrailers);
    exchange.reset();
    bench.pump();
    pieces.push_back(bench.take());
  }
  Bench bench;
  ExchangePtr exchange;
  int rooms = 0;
  std::vector<std::string> pieces;
};

const std::string kDate = "Date: Mon, 01 Jan 2024 00:00:00 GMT\r\n";

TEST(Http1Pieces, AreChunks) {
  Piecewise test(kGet + kGet);
  test.finish();
  EXPECT_EQ(test.pieces, (std::vector<std::string>{
                             head_of("Transfer-Encoding: chunked\r\n" + kDate), "3\r\nabc\r\n", "",
                             "4\r\ndefg\r\n", "0\r\nX-End: well\r\n\r\n"}));
  // The next request had to wait, and is served on the same connection.
  EXPECT_EQ(test.bench.handler.seen, (std::vector<std::string>{kSeen, kSeen}));
  EXPECT_EQ(test.bench.session().ending(), Ending::kOpen);
  EXPECT_EQ(test.rooms, 3);
}

TEST(Http1Pieces, EndWithTheConnectionOverHttp10) {
  Piecewise test("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
  test.finish();
  EXPECT_EQ(test.pieces, (std::vector<std::string>{head_of(kDate + "Connection: close\r\n"), "abc",
                                                   "", "defg", ""}));
  EXPECT_EQ(test.bench.session().ending(), Ending::kLinger);
}

TEST(Http1Pieces, AreDroppedWhereThereIsNoRoomForThem) {
  Piecewise head("HEAD / HTTP/1.1\r\nHost: a\r\n\r\n");
  head.finish();
  EXPECT_EQ(head.pieces, (std::vector<std::string>{
                             head_of("Transfer-Encoding: chunked\r\n" + kDate), "", "", "", ""}));
  EXPECT_EQ(head.bench.session().ending(), Ending::kOpen);

  Piecewise nothing(kGet, Response().status(204));
  nothing.finish();
  EXPECT_EQ(nothing.pieces[0],
            "HTTP/1.1 204 No Content\r\nX-Mine: 1\r\nX-Extra: e\r\n" + kDate + "\r\n");
  for (std::size_t i = 1; i < nothing.pieces.size(); ++i) EXPECT_EQ(nothing.pieces[i], "");
  EXPECT_EQ(nothing.bench.session().ending(), Ending::kOpen);
}

TEST(Http1Pieces, CloseWhereAsked) {
  Piecewise test("GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
  test.finish();
  EXPECT_EQ(test.pieces.front(),
            head_of("Transfer-Encoding: chunked\r\n" + kDate + "Connection: close\r\n"));
  EXPECT_EQ(test.bench.session().ending(), Ending::kLinger);
}

TEST(Http1Pieces, ADrainWaitsForTheirEnd) {
  Piecewise test(kGet);
  test.bench.session().drain();
  test.bench.pump();
  EXPECT_EQ(test.bench.session().ending(), Ending::kOpen);
  test.finish();
  EXPECT_EQ(test.pieces.back(), "0\r\nX-End: well\r\n\r\n");
  EXPECT_EQ(test.bench.session().ending(), Ending::kLinger);
}

// The client must know before it sends another request. So only an answer that begins afterwards is the last one.
TEST(Http1Pieces, ARetiredConnectionSaysInTheHeadThatItCloses) {
  Piecewise begun(kGet);
  begun.bench.session().retire();
  begun.finish();
  EXPECT_EQ(begun.bench.session().ending(), Ending::kOpen);

  Piecewise begins(kGet, Response(), [](Session& session) { session.retire(); });
  begins.finish();
  EXPECT_EQ(begins.pieces.front(),
            head_of("Transfer-Encoding: chunked\r\n" + kDate + "Connection: close\r\n"));
  EXPECT_EQ(begins.bench.session().ending(), Ending::kLinger);
}

TEST(Http1Pieces, UnfinishedTheyResetTheConnection) {
  Piecewise test(kGet);
  test.exchange.reset();
  test.bench.pump();
  EXPECT_EQ(test.bench.take(), "");
  EXPECT_EQ(test.bench.session().ending(), Ending::kAbort);
}

TEST(Http1Pieces, AbortedTheyResetTheConnectionToo) {
  Piecewise test(kGet);
  test.exchange->abort();
  test.bench.pump();
  EXPECT_EQ(test.bench.session().ending(), Ending::kAbort);
  EXPECT_EQ(test.exchange->request().method, "GET");  // whose memory is still there
}

TEST(Http1Pieces, TellWhatWaitsForThePeer) {
  Piecewise test(kGet);
  test.rooms = 0;
  test.bench.window = 5;
  test.exchange->write("0123456789");
  EXPECT_EQ(test.exchange->unsent(), 15U);  // with its frame: "a\r\n…\r\n"
  test.bench.pump();
  EXPECT_EQ(test.exchange->unsent(), 0U);
  EXPECT_EQ(test.rooms, 3);
}

TEST(Http1Pieces, APeerThatLeavesIsTold) {
  Piecewise test(kGet);
  int told = 0;
  test.exchange->on_abandoned([&] { ++told; });
  test.bench.transport.lose();
  EXPECT_EQ(told, 1);
  EXPECT_TRUE(test.exchange->abandoned());
  test.exchange->write("more");  // to nobody
  EXPECT_EQ(test.exchange->unsent(), 0U);
  test.exchange->finish({});
}

}  // namespace
}  // namespace ofn::wire::http1
