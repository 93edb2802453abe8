// Bodies that the handler takes in pieces over HTTP/1.1.
#include <functional>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "wire/http1/session_bench_for_test.h"
#include "wire/memory_account.h"

namespace ofn::wire::http1 {
namespace {

using namespace session_bench;

constexpr std::string_view kContinue = "HTTP/1.1 100 Continue\r\n\r\n";
const std::string kPost = "POST / HTTP/1.1\r\nHost: a\r\n";
const std::string kChunked = kPost + "Transfer-Encoding: chunked\r\n\r\n";

std::string with_length(std::size_t size, std::string_view more = "") {
  return kPost + "Content-Length: " + std::to_string(size) + "\r\n" + std::string(more) + "\r\n";
}

// A connection whose handler takes bodies in pieces.
struct Upload {
  explicit Upload(std::string_view first = "", MemoryAccount* account = nullptr)
      : bench({}, account) {
    bench.handler.keeps = bench.handler.pieces = true;
    bench.send(first);
  }
  Exchange& exchange(std::size_t index = 0) { return *bench.handler.kept.at(index); }
  // Takes whatever is there.
  BodyProgress take(std::size_t index = 0) {
    piece.clear();
    const BodyProgress progress = exchange(index).take_piece(piece);
    EXPECT_LE(piece.size(), kPieceBytes);
    body += piece;
    bench.pump();
    return progress;
  }
  void answer(std::size_t index = 0) {
    exchange(index).respond(Response("ok\n"), {}, {});
    bench.handler.kept[index].reset();
    bench.pump();
  }
  Bench bench;
  std::string body;
  std::string piece;  // gives its memory back with the next one
};

TEST(Http1BodyPieces, TheHandlerHasTheRequestBeforeItsBody) {
  Upload test(with_length(5));
  ASSERT_EQ(test.bench.handler.seen.size(), 1U);
  EXPECT_TRUE(test.exchange().request().in_pieces);
  EXPECT_EQ(test.exchange().request().content_length, 5U);
  EXPECT_EQ(test.exchange().request().body, "");
  int told = 0;
  test.exchange().on_piece([&] { ++told; });
  EXPECT_EQ(test.take(), BodyProgress::kMore);
  test.bench.send("abc");
  EXPECT_EQ(told, 1);
  EXPECT_EQ(test.take(), BodyProgress::kMore);
  test.bench.send("de" + kGet);
  EXPECT_EQ(told, 2);
  EXPECT_EQ(test.take(), BodyProgress::kComplete);
  EXPECT_EQ(test.take(), BodyProgress::kComplete);
  EXPECT_EQ(test.body, "abcde");
  test.bench.handler.keeps = false;
  test.answer();
  EXPECT_EQ(test.bench.take(), kOk + kOk);  // the next request was served
  EXPECT_EQ(test.bench.session().ending(), Ending::kOpen);
}

TEST(Http1BodyPieces, OnlyTheHandlersOwnAreInPieces) {
  Upload test("POST /whole HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nab");
  EXPECT_TRUE(test.bench.handler.seen.empty());
  test.bench.send("c");
  EXPECT_FALSE(test.exchange().request().in_pieces);
  EXPECT_EQ(test.exchange().request().body, "abc");
  Upload none(kGet);  // no body: there is nothing to wait for
  EXPECT_FALSE(none.exchange().request().in_pieces);
  EXPECT_EQ(none.take(), BodyProgress::kComplete);
}

// Whole, byte by byte, and in two at every byte, always the same.
TEST(Http1BodyPieces, HoweverTheBytesCome) {
  struct Case {
    std::string bytes;
    std::string body;
    BodyProgress end;
    std::string trailer = "";
  };
  const std::vector<Case> cases = {
      {with_length(4) + "abcd", "abcd", BodyProgress::kComplete},
      {kChunked + "3\r\nabc\r\n1;x=y\r\nd\r\n0\r\n\r\n", "abcd", BodyProgress::kComplete},
      {kChunked + "4\r\nabcd\r\n0\r\nA: b\r\n\r\n", "abcd", BodyProgress::kComplete, "A=b"},
      {kChunked + "0\r\n\r\n", "", BodyProgress::kComplete},
      {kChunked + "3\r\nabcX", "", BodyProgress::kMalformed},
      {kChunked + "g\r\n", "", BodyProgress::kMalformed},
      {kChunked + "1\r\na\r\n0\r\nContent-Length: 5\r\n\r\n", "", BodyProgress::kMalformed},
      {kChunked + "3\r\nab", "ab", BodyProgress::kMore},
  };
  for (const Case& each : cases) {
    SCOPED_TRACE(each.bytes);
    const auto check = [&](std::vector<std::size_t> cuts) {
      Upload test;
      std::size_t begin = 0;
      cuts.push_back(each.bytes.size());
      for (const std::size_t end : cuts) {
        test.bench.send(std::string(each.bytes.substr(begin, end - begin)));
        begin = end;
      }
      const BodyProgress progress = test.take();
      EXPECT_EQ(progress, each.end);
      EXPECT_EQ(test.body, each.body);
      std::string trailer;
      for (const Field& field : test.exchange().body_trailers())
        trailer += std::string(field.name) + "=" + std::string(field.value);
      if (progress == BodyProgress::kComplete) {
        EXPECT_EQ(trailer, each.trailer);
      }
      test.answer();
      EXPECT_EQ(test.bench.session().ending(),
                each.end == BodyProgress::kComplete ? Ending::kOpen : Ending::kLinger);
    };
    check({});
    std::vector<std::size_t> every;
    for (std::size_t cut = 1; cut < each.bytes.size(); ++cut) {
      every.push_back(cut);
      check({cut});
    }
    check(every);
  }
}

// 1 GiB of memory would be needed otherwise.
TEST(Http1BodyPieces, TheClientIsReadOnlyWhileThereIsRoom) {
  for (const bool chunked : {false, true}) {
    MemoryAccount account(std::size_t{64} * 1024 * 1024);
    const std::string piece(100'000, 'x');
    Upload test(chunked ? kChunked + "40000000\r\n" : with_length(std::size_t{1} << 30), &account);
    std::size_t given = 0;
    for (int i = 0; i < 20; ++i) {
      while (test.bench.session().wants_input()) {
        test.bench.transport.feed(std::string_view(piece).substr(0, 50'000));
        given += 50'000;
        ASSERT_LT(given, 10'000'000U);
      }
      EXPECT_LE(account.used(), 4 * kPieceBytes);
      EXPECT_EQ(test.take(), BodyProgress::kMore);
      EXPECT_GT(test.body.size(), 0U);
      test.body.clear();
    }
    EXPECT_GT(given, 1'000'000U);
  }
}

TEST(Http1BodyPieces, AnyLengthIsAccepted) {
  Upload test(with_length(9'000'000'000'000'000'000U) + "abc");
  EXPECT_EQ(test.take(), BodyProgress::kMore);
  EXPECT_EQ(test.body, "abc");
}

TEST(Http1BodyPieces, ContinueIsSaidWhenTheHandlerWantsTheBody) {
  const std::string head = with_length(3, "Expect: 100-continue\r\n");
  Upload test(head);
  EXPECT_EQ(test.take(), BodyProgress::kMore);
  EXPECT_EQ(test.bench.take(), "");
  test.bench.wait(60s);  // whose turn is it?
  EXPECT_EQ(test.take(), BodyProgress::kMore);
  test.exchange().want_piece();
  test.exchange().want_piece();
  test.bench.pump();
  EXPECT_EQ(test.bench.take(), kContinue);
  test.bench.send("abc");
  EXPECT_EQ(test.take(), BodyProgress::kComplete);
  test.answer();
  EXPECT_TRUE(test.bench.take().starts_with("HTTP/1.1 200 OK\r\n"));
  EXPECT_EQ(test.bench.session().ending(), Ending::kOpen);

  Upload unread(head);  // the client must not take what it then sends for the next request
  unread.answer();
  EXPECT_EQ(unread.bench.take(), kOkClose);
  EXPECT_EQ(unread.bench.session().ending(), Ending::kLinger);

  Upload sends(head + "a");  // it did not wait
  sends.exchange().want_piece();
  sends.bench.pump();
  EXPECT_EQ(sends.bench.take(), "");

  Upload pieces(head);  // the answer begins first
  pieces.exchange().begin(Response(), {}, {});
  pieces.exchange().want_piece();
  pieces.bench.pump();
  EXPECT_TRUE(pieces.bench.take().starts_with(std::string(kContinue) + "HTTP/1.1 200 OK\r\n"));
}

TEST(Http1BodyPieces, AnEarlyAnswerEndsTheConnection) {
  Upload test(with_length(5) + "abc");
  test.answer();
  EXPECT_EQ(test.bench.take(), kOkClose);
  EXPECT_EQ(test.bench.session().ending(), Ending::kLinger);

  // Unless the rest was here already.
  Upload here(with_length(5) + "abcde");
  here.answer();
  EXPECT_EQ(here.bench.take(), kOk);
  EXPECT_EQ(here.bench.session().ending(), Ending::kOpen);
}

TEST(Http1BodyPieces, ReadsAndWritesAtTheSameTime) {
  Upload test(kChunked + "1\r\na\r\n");
  test.exchange().begin(Response(), {}, {});
  test.exchange().write("A");
  test.bench.pump();
  const std::string head = test.bench.take();
  EXPECT_TRUE(head.ends_with("\r\n\r\n1\r\nA\r\n")) << head;
  EXPECT_EQ(head.find("Connection"), std::string::npos) << head;
  test.bench.send("1\r\nb\r\n0\r\n\r\n" + kGet);
  EXPECT_EQ(test.take(), BodyProgress::kComplete);
  EXPECT_EQ(test.body, "ab");
  test.exchange().finish({});
  test.bench.handler.keeps = false;
  test.bench.handler.kept[0].reset();
  test.bench.pump();
  EXPECT_EQ(test.bench.take(), "0\r\n\r\n" + kOk);

  // The end of the answer ends the connection if the body goes on.
  Upload early(kChunked + "1\r\na\r\n");
  early.exchange().begin(Response(), {}, {});
  early.exchange().finish({});
  early.bench.pump();
  EXPECT_TRUE(early.bench.take().ends_with("\r\n\r\n0\r\n\r\n"));
  EXPECT_EQ(early.bench.session().ending(), Ending::kLinger);
}

TEST(Http1BodyPieces, TheClientLeavesAtEachStep) {
  const std::string bytes = with_length(4, "Expect: 100-continue\r\n") + "abcd";
  const std::size_t body = bytes.size() - 4;
  for (const bool resets : {true, false}) {
    for (std::size_t cut = body; cut <= bytes.size(); ++cut) {
      SCOPED_TRACE(cut);
      Upload test;
      test.bench.send(bytes.substr(0, cut));
      int told = 0;
      int warned = 0;
      test.exchange().on_piece([&] { ++told; });
      test.exchange().on_abandoned([&] { ++warned; });
      if (resets) {
        test.bench.transport.lose();
      } else {
        test.bench.end_input();
      }
      EXPECT_EQ(warned, 1);
      EXPECT_EQ(test.exchange().abandoned(), resets);
      EXPECT_GE(told, resets ? 0 : 1);
      // A body that is complete can still be read.
      EXPECT_EQ(test.take(), cut == bytes.size() ? BodyProgress::kComplete : BodyProgress::kLeft);
      EXPECT_EQ(test.body, cut == bytes.size() ? "abcd" : "");
      test.answer();
      EXPECT_EQ(test.bench.take().empty(), resets);
    }
  }
}

TEST(Http1BodyPieces, AClientThatClosedItsDirectionHasSentWhatWaits) {
  Upload test(with_length(200'000));
  const std::string piece(100'000, 'x');
  test.bench.transport.feed(piece);
  test.bench.transport.end_input();  // the session has not parsed all of that
  test.bench.pump();
  EXPECT_EQ(test.take(), BodyProgress::kMore);
  EXPECT_EQ(test.take(), BodyProgress::kLeft);
}

TEST(Http1BodyPieces, ASlowClientIsNotOneThatWaits) {
  Upload test(with_length(100));
  test.bench.send("a");
  test.bench.wait(60s);  // the handler is slow
  EXPECT_EQ(test.take(), BodyProgress::kMore);
  test.bench.wait(9s);
  EXPECT_EQ(test.take(), BodyProgress::kMore);
  test.bench.send("b");
  EXPECT_EQ(test.take(), BodyProgress::kMore);
  int told = 0;
  test.exchange().on_piece([&] { ++told; });
  test.bench.wait(9s);
  EXPECT_EQ(told, 0);
  test.bench.wait(1s);
  EXPECT_EQ(told, 1);
  EXPECT_EQ(test.take(), BodyProgress::kSlow);
  test.bench.send("cde");  // too late
  EXPECT_EQ(test.take(), BodyProgress::kSlow);
  test.answer();
  EXPECT_TRUE(test.bench.take().ends_with("\r\nConnection: close\r\n\r\nok\n"));
}

TEST(Http1BodyPieces, WithoutMemoryTheBodyFails) {
  MemoryAccount account(std::size_t{300} * 1024);
  Upload test(with_length(1'000'000), &account);
  ASSERT_FALSE(test.bench.handler.seen.empty());
  MemoryShare others(&account);
  others.add(account.bytes() - account.used());
  test.bench.send(std::string(100, 'x'));
  EXPECT_EQ(test.take(), BodyProgress::kNoMemory);
  test.answer();
  EXPECT_EQ(test.bench.take(), kOkClose);

  Upload refused(with_length(1'000'000), &account);  // before the handler has it
  EXPECT_TRUE(refused.bench.take().starts_with("HTTP/1.1 503 "));
  EXPECT_TRUE(refused.bench.handler.seen.empty());
}

TEST(Http1BodyPieces, APieceOfLittleMemoryWaitsForTheHandler) {
  MemoryAccount account(std::size_t{200} * 1024);
  Upload test(with_length(1'000'000) + std::string(10'000, 'a'), &account);
  MemoryShare others(&account);
  others.add(account.bytes() - account.used());
  test.bench.transport.feed(std::string(10'000, 'b'));
  EXPECT_FALSE(test.bench.session().wants_input());
  std::string piece;
  EXPECT_EQ(test.exchange().take_piece(piece), BodyProgress::kMore);
  EXPECT_EQ(piece.size(), 10'000U);
  others.release();
  test.bench.pump();
  EXPECT_EQ(test.take(), BodyProgress::kMore);
  EXPECT_EQ(test.body, std::string(10'000, 'b'));
}

TEST(Http1BodyPieces, AreHeldByTheClientOnlyWhileItIsToSend) {
  MemoryAccount account(std::size_t{64} * 1024 * 1024);
  Upload test(with_length(1'000'000) + std::string(50'000, 'a'), &account);
  EXPECT_EQ(test.bench.session().held_by_peer(), 0U);
  EXPECT_EQ(test.take(), BodyProgress::kMore);
  EXPECT_GE(test.bench.session().held_by_peer(), 50'000U);
  bool left = false;
  test.exchange().on_abandoned([&] { left = true; });
  test.bench.session().shed();
  EXPECT_TRUE(left);
  EXPECT_EQ(account.used(), 0U);
  EXPECT_EQ(test.take(), BodyProgress::kLeft);
  EXPECT_EQ(test.bench.session().ending(), Ending::kAbort);
}

TEST(Http1BodyPieces, ReleasedUnansweredTheyAbortTheConnection) {
  Upload test(with_length(5) + "ab");
  test.bench.handler.kept[0].reset();
  test.bench.pump();
  EXPECT_EQ(test.bench.session().ending(), Ending::kAbort);
}

TEST(Http1BodyPieces, ADrainWaitsForThem) {
  Upload test(with_length(5) + "ab");
  test.bench.session().drain();
  test.bench.pump();
  EXPECT_EQ(test.bench.session().ending(), Ending::kOpen);
  test.bench.send("cde");
  EXPECT_EQ(test.take(), BodyProgress::kComplete);
  test.answer();
  EXPECT_EQ(test.bench.take(), kOkClose);
}

}  // namespace
}  // namespace ofn::wire::http1
