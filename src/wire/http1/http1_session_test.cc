#include "wire/http1/http1_session.h"

#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "wire/http1/session_bench_for_test.h"

namespace ofn::wire::http1 {
namespace {

using namespace session_bench;
using namespace std::chrono_literals;
using namespace std::string_literals;

TEST(Http1Session, ServesOneAfterTheOther) {
  expect(kGet, kOk, {kSeen});
  expect(kGet + kGet + kGet, kOk + kOk + kOk, {kSeen, kSeen, kSeen});
  expect("\r\n" + kGet + "\r\n" + kGet, kOk + kOk, {kSeen, kSeen});
  expect("GET /x HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello" + kGet, kOk + kOk,
         {"GET /x @a from 127.0.0.1:51234 [hello]", kSeen});
  expect("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n", kOk,
         {"POST / @a from 127.0.0.1:51234 []"});
  expect(
      "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
      "3;x=y\r\nabc\r\n2\r\nde\r\n0\r\nT: u\r\n\r\n" +
          kGet,
      kOk + kOk, {"POST / @a from 127.0.0.1:51234 +T [abcde]"s, kSeen});
  expect("GET http://b?x HTTP/1.1\r\nHost: a\r\n\r\n", kOk, {"GET /?x @b from 127.0.0.1:51234 []"});
}

TEST(Http1Session, ClosesWhenAsked) {
  const std::string keep = answer("200 OK", "ok\n", "Connection: keep-alive\r\n");
  expect("GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n" + kGet, kOkClose, {kSeen},
         Ending::kLinger);
  expect("GET / HTTP/1.0\r\n\r\n" + kGet, kOkClose, {"GET / @ from 127.0.0.1:51234 []"},
         Ending::kLinger);
  expect("GET / HTTP/1.0\r\nHost: a\r\nConnection: keep-alive\r\n\r\n" + kGet, keep + kOk,
         {kSeen, kSeen});
}

TEST(Http1Session, AnswersHeadWithoutBody) {
  const std::string head = kOk.substr(0, kOk.size() - 3);
  expect("HEAD / HTTP/1.1\r\nHost: a\r\n\r\n" + kGet, head + kOk,
         {"HEAD / @a from 127.0.0.1:51234 []", kSeen});
  const Outcome refused = check("HEAD / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n");
  EXPECT_TRUE(refused.written.starts_with("HTTP/1.1 400 "));
  EXPECT_TRUE(refused.written.ends_with("\r\n\r\n"));
}

TEST(Http1Session, RefusesAndCloses) {
  const std::string post = "POST / HTTP/1.1\r\nHost: a\r\n";
  expect_refused("GET  / HTTP/1.1\r\n\r\n", 400);
  expect_refused("\x16\x03\x01", 400);
  expect_refused("GET / HTTP/1.1\r\n\r\n", 400);
  expect_refused("GET / HTTP/9.9\r\nHost: a\r\n\r\n", 505);
  expect_refused("CONNECT a:1 HTTP/1.1\r\nHost: a\r\n\r\n", 501);
  expect_refused(post + "Expect: what\r\n\r\n", 417);
  expect_refused(post + "Content-Length: 10485761\r\n\r\nabc", 413);
  expect_refused(post + "Content-Length: 9999999999999999999\r\n\r\nabc", 413);
  expect_refused(post + "Content-Length: 10485761\r\nExpect: 100-continue\r\n\r\n", 413);
  expect_refused(post + "Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n", 501);
  expect_refused(post + "Content-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" + kGet,
                 400);
  expect_refused(post + "Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n" + kGet, 400);
  expect_refused(post + "Transfer-Encoding: chunked\r\n\r\n5g\r\n" + kGet, 400);
  expect_refused(post + "Transfer-Encoding: chunked\r\n\r\n1\r\nxy\r\n0\r\n\r\n" + kGet, 400);
  Limits small;
  small.body_bytes = 4;
  expect_refused(post + "Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde", 413, small);
  small = {};
  small.trailer_bytes = 8;
  expect_refused(post + "Transfer-Encoding: chunked\r\n\r\n0\r\nA: bcdefgh\r\n\r\n", 431, small);
  small = {};
  small.head_bytes = 30;
  expect_refused(post + "A: b\r\n\r\n", 431, small);
  small = {};
  small.target_bytes = 8;
  expect_refused("GET /12345678 HTTP/1.1\r\nHost: a\r\n\r\n", 414, small);
}

TEST(Http1Session, RefusesBehindAGoodRequest) {
  const Outcome outcome = check(kGet + "BAD\r\n" + kGet);
  EXPECT_TRUE(outcome.written.starts_with(kOk + "HTTP/1.1 400 ")) << outcome.written;
  EXPECT_EQ(outcome.seen.size(), 1u);
  EXPECT_EQ(outcome.ending, Ending::kLinger);
}

TEST(Http1Session, ALargeBodyIsReadToItsPlaceHoweverItIsCut) {
  std::string body(200'000, ' ');
  for (std::size_t i = 0; i < body.size(); ++i) body[i] = static_cast<char>('a' + i % 23);
  const std::string head = "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: ";
  for (const std::size_t piece : {1000UZ, 16'384UZ, 70'001UZ, 500'000UZ}) {
    Bench bench;
    bench.transport.feed(head + std::to_string(body.size()) + "\r\n\r\n" + body + kGet, piece);
    bench.pump();
    EXPECT_EQ(bench.take(), kOk + kOk) << piece;
    EXPECT_EQ(bench.handler.seen,
              (std::vector<std::string>{"POST / @a from 127.0.0.1:51234 [" + body + "]", kSeen}))
        << piece;
  }
}

TEST(Http1Session, AsksForTheBodyOnlyWhereItIsAwaited) {
  const std::string head =
      "POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n";
  Bench bench;
  bench.send(head);
  EXPECT_EQ(bench.take(), "HTTP/1.1 100 Continue\r\n\r\n");
  bench.send("hi");
  EXPECT_EQ(bench.take(), kOk);
  bench.send(head + "hi");
  EXPECT_EQ(bench.take(), kOk);
  bench.send("POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\n\r\n");
  EXPECT_EQ(bench.take(), kOk);
}

TEST(Http1Session, AnswersInOrderWhenAnsweredLater) {
  Bench bench;
  bench.handler.keeps = true;
  bench.send("GET /1 HTTP/1.1\r\nHost: a\r\n\r\nGET /2 HTTP/1.1\r\nHost: a\r\n\r\n");
  ASSERT_EQ(bench.handler.kept.size(), 1u);
  EXPECT_FALSE(bench.session().idle());
  bench.wait(24h);
  EXPECT_EQ(bench.take(), "");
  bench.handler.kept[0]->respond(Response("one"));
  bench.pump();
  EXPECT_TRUE(bench.take().ends_with("\r\n\r\none"));
  // The first exchange is still held: its request stays readable beside the second one.
  ASSERT_EQ(bench.handler.kept.size(), 2u);
  EXPECT_EQ(bench.handler.kept[0]->request().target, "/1");
  EXPECT_EQ(bench.handler.kept[1]->request().target, "/2");
  bench.handler.kept[1]->respond(Response("two"));
  bench.pump();
  EXPECT_TRUE(bench.take().ends_with("\r\n\r\ntwo"));
  bench.handler.kept.clear();
  bench.send(kGet);
  EXPECT_EQ(bench.handler.kept.size(), 1u);
}

TEST(Http1Session, ReusesItsExchange) {
  Bench bench;
  bench.handler.keeps = true;
  const Exchange* first = nullptr;
  for (int i = 0; i < 5; ++i) {
    bench.send(kGet);
    ASSERT_EQ(bench.handler.kept.size(), 1u);
    if (first == nullptr) first = bench.handler.kept[0].get();
    EXPECT_EQ(bench.handler.kept[0].get(), first);
    bench.handler.kept[0]->respond(Response("x"));
    bench.handler.kept.clear();
    bench.pump();
  }
}

TEST(Http1Session, ReadsAheadUpToABound) {
  Bench bench;
  bench.handler.keeps = true;
  bench.send(kGet);
  EXPECT_TRUE(bench.session().wants_input());
  std::string many;
  while (many.size() < std::size_t{20} * 1024) many += kGet;
  bench.send(many);
  EXPECT_FALSE(bench.session().wants_input());
  bench.handler.keeps = false;
  bench.handler.kept[0]->respond(Response("first"));
  bench.pump();
  EXPECT_TRUE(bench.session().wants_input());
  EXPECT_EQ(bench.handler.seen.size(), 1 + many.size() / kGet.size());
}

TEST(Http1Session, WaitsForAPeerThatDoesNotRead) {
  Bench bench;
  bench.handler.answer = std::string(100'000, 'x');
  bench.window = 0;
  bench.send(kGet + kGet + kGet);
  EXPECT_EQ(bench.handler.seen.size(), 1u);
  bench.window = 1000;
  bench.pump();
  const std::string one = answer("200 OK", bench.handler.answer);
  EXPECT_TRUE(bench.take() == one + one + one);
  EXPECT_EQ(bench.handler.seen.size(), 3u);

  bench.handler.answer = std::string(10'000, 'y');
  bench.window = 0;
  for (int i = 0; i < 20; ++i) bench.send(kGet);
  EXPECT_LT(bench.handler.seen.size(), 12u);
  bench.window = 777;
  bench.pump();
  EXPECT_EQ(bench.handler.seen.size(), 23u);
  EXPECT_TRUE(bench.session().idle());
}

TEST(Http1Session, KeepsGatheredBytesInPlace) {
  Bench bench;
  bench.handler.keeps = true;
  bench.window = 0;
  bench.send(kGet + kGet);
  bench.handler.kept[0]->respond(Response("one"));
  std::array<std::string_view, 4> views;
  ASSERT_EQ(bench.session().gather(views), 1u);
  const std::string before(views[0]);
  bench.loop.poll();
  ASSERT_EQ(bench.handler.kept.size(), 2u);
  bench.handler.kept[1]->respond(Response(std::string(20'000, 'z')));
  EXPECT_EQ(views[0], before);
  bench.window = 5000;
  bench.pump();
  EXPECT_TRUE(bench.take() == answer("200 OK", "one") + answer("200 OK", std::string(20'000, 'z')));
}

}  // namespace
}  // namespace ofn::wire::http1
