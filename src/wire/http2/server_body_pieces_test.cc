// Bodies that the handler takes in pieces over HTTP/2.
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "wire/http2/server_session_for_test.h"
#include "wire/memory_account.h"

namespace ofn::wire::http2 {
namespace {

using namespace server_bench;

constexpr int kWindowUpdate = 8;

class ServerBodyPiecesTest : public ServerSessionTest {
 protected:
  void SetUp() override {
    handler_.pieces = true;
    connect_raw();
  }
  static RawFrames head(std::uint32_t stream, const std::vector<Field>& more = {}) {
    std::vector<Field> fields = {
        {":method", "POST"}, {":scheme", "http"}, {":path", "/"}, {":authority", "h"}};
    fields.insert(fields.end(), more.begin(), more.end());
    return RawFrames().headers(stream, fields, kMore);
  }
  static RawFrames part(std::uint32_t stream, std::size_t size, Then then = kMore) {
    constexpr std::size_t kFrame = 16'000;
    RawFrames frames;
    for (; size > kFrame; size -= kFrame) frames.data(stream, std::string(kFrame, 'x'), kMore);
    return frames.data(stream, std::string(size, 'x'), then);
  }
  Exchange& exchange(std::size_t index = 0) { return *handler_.kept.at(index); }
  BodyProgress take(std::size_t index = 0) {
    std::string piece;
    const BodyProgress progress = exchange(index).take_piece(piece);
    EXPECT_LE(piece.size(), kPieceBytes);
    body_ += piece;
    return progress;
  }
  std::vector<SeenFrame> said() {
    loop_.run_ready();
    return parse_frames(server_->take());
  }
  static std::string text(const std::vector<SeenFrame>& frames) {
    std::string text;
    for (const SeenFrame& frame : frames)
      text += std::to_string(frame.type) + ":" + std::to_string(frame.stream) +
              ((frame.flags & 1) != 0 ? "! " : " ");
    return text;
  }
  // Returns by how much these frames open the window of that stream; 0 is the connection's.
  static std::size_t opened(const std::vector<SeenFrame>& frames, std::uint32_t stream) {
    std::size_t sum = 0;
    for (const SeenFrame& frame : frames) {
      if (frame.type != kWindowUpdate || frame.stream != stream) continue;
      std::size_t size = 0;
      for (const char c : frame.payload) size = size * 256 + static_cast<unsigned char>(c);
      sum += size;
    }
    return sum;
  }
  std::string body_;
};

TEST_F(ServerBodyPiecesTest, TheHandlerHasTheRequestBeforeItsBody) {
  talk(head(1, {{"content-length", "5"}}));
  ASSERT_EQ(handler_.handled, 1);
  EXPECT_TRUE(exchange().request().in_pieces);
  EXPECT_EQ(exchange().request().content_length, 5U);
  int told = 0;
  exchange().on_piece([&] { ++told; });
  EXPECT_EQ(take(), BodyProgress::kMore);
  talk(RawFrames().data(1, "abc", kMore));
  EXPECT_EQ(take(), BodyProgress::kMore);
  talk(RawFrames().data(1, "de", kEnd));
  EXPECT_GE(told, 2);
  EXPECT_EQ(take(), BodyProgress::kComplete);
  EXPECT_EQ(body_, "abcde");
  exchange().respond(Response("ok"), {}, {});
  handler_.kept.clear();
  EXPECT_EQ(text(said()), "1:1 0:1! ");
  EXPECT_EQ(handler_.handled, 1);
}

TEST_F(ServerBodyPiecesTest, HoweverTheBytesCome) {
  RawFrames frames = head(1);
  frames.data(1, "ab", kMore).data(1, "", kMore).data(1, "cd", kMore);
  frames.headers(1, {{"x-end", "well"}}, kEnd);
  for (std::size_t piece = 1; piece < frames.bytes().size(); ++piece) {
    TearDown();
    handler_.handled = 0;
    body_.clear();
    connect_raw();
    talk(frames, piece);
    ASSERT_EQ(handler_.handled, 1);
    EXPECT_EQ(take(), BodyProgress::kComplete);
    EXPECT_EQ(body_, "abcd");
    ASSERT_EQ(exchange().body_trailers().size(), 1U);
    EXPECT_EQ(exchange().body_trailers()[0].value, "well");
  }
}

TEST_F(ServerBodyPiecesTest, TheWindowOpensForWhatTheHandlerHasTaken) {
  talk(head(1));
  EXPECT_EQ(opened(talk(part(1, 65'535)), 1), 0U);
  EXPECT_EQ(take(), BodyProgress::kMore);
  EXPECT_EQ(opened(said(), 1), 65'535U);
  EXPECT_EQ(opened(talk(part(1, 65'535)), 1), 0U);
  EXPECT_EQ(take(), BodyProgress::kMore);
  EXPECT_EQ(body_.size(), 131'070U);
}

// Its handler takes nothing: the other streams go on, however much that is.
TEST_F(ServerBodyPiecesTest, AStalledStreamStopsNoOther) {
  talk(head(1));
  talk(part(1, 65'535));
  talk(head(3));
  std::size_t window = 0;
  for (int i = 0; i < 64; ++i) {
    const std::vector<SeenFrame> seen = talk(part(3, 65'535));
    window += opened(seen, 0);
    EXPECT_EQ(take(1), BodyProgress::kMore);
    const std::vector<SeenFrame> then = said();
    EXPECT_EQ(opened(then, 3), 65'535U);
    window += opened(then, 0);
  }
  EXPECT_EQ(body_.size(), 64U * 65'535);
  EXPECT_GE(window, 56U * 65'535);  // it is told when half of it is used up
  EXPECT_EQ(take(0), BodyProgress::kMore);
  EXPECT_EQ(body_.size(), 65U * 65'535);
}

TEST_F(ServerBodyPiecesTest, AnyLengthIsAccepted) {
  limits_.body_bytes = 10;
  talk(head(1, {{"content-length", "9000000000000000000"}}));
  talk(part(1, 1'000));
  EXPECT_EQ(take(), BodyProgress::kMore);
  EXPECT_EQ(body_.size(), 1'000U);
}

TEST_F(ServerBodyPiecesTest, ContinueIsSaidWhenTheHandlerWantsTheBody) {
  talk(head(1, {{"expect", "100-continue"}}));
  EXPECT_EQ(take(), BodyProgress::kMore);
  wait(60s);
  EXPECT_EQ(text(said()), "");
  exchange().want_piece();
  exchange().want_piece();
  EXPECT_EQ(text(said()), "1:1 ");
  talk(RawFrames().data(1, "a", kEnd));
  EXPECT_EQ(take(), BodyProgress::kComplete);

  talk(head(3, {{"expect", "100-continue"}}));  // the answer begins first
  exchange(1).begin(Response(), {}, {});
  exchange(1).want_piece();
  EXPECT_EQ(text(said()), "1:3 1:3 ");

  talk(head(5, {{"expect", "100-continue"}}));  // it does not want it
  exchange(2).respond(Response("no"), {}, {});
  EXPECT_EQ(text(said()), "1:5 0:5! ");
}

TEST_F(ServerBodyPiecesTest, WhatComesBehindTheAnswerIsNobodys) {
  talk(head(1));
  int told = 0;
  exchange().on_piece([&] { ++told; });
  exchange().respond(Response("ok"), {}, {});
  handler_.kept.clear();
  talk(part(1, 10'000, kEnd));
  EXPECT_EQ(told, 0);
}

// RFC 9113 §8.1: the answer, and then that the rest is not wanted.
TEST_F(ServerBodyPiecesTest, AnEarlyAnswerIsFollowedByAReset) {
  talk(head(1));
  talk(part(1, 1'000));
  int told = 0;
  exchange().on_piece([&] { ++told; });
  exchange().respond(Response("ok"), {}, {});
  handler_.kept.clear();
  EXPECT_EQ(text(said()), "1:1 0:1! ");
  talk(part(1, 10'000));  // on its way already
  EXPECT_EQ(told, 0);
  wait(1s);
  const std::vector<SeenFrame> seen = said();
  ASSERT_EQ(text(seen), "3:1 ");
  EXPECT_EQ(seen[0].payload, std::string(4, '\0'));  // NO_ERROR
  talk(RawFrames().headers(
      3, {{":method", "GET"}, {":scheme", "http"}, {":path", "/"}, {":authority", "h"}}, kEnd));
  EXPECT_EQ(handler_.handled, 2);
}

TEST_F(ServerBodyPiecesTest, ReadsAndWritesAtTheSameTime) {
  talk(head(1));
  exchange().begin(Response(), {}, {});
  EXPECT_EQ(text(said()), "1:1 ");
  for (int i = 0; i < 3; ++i) {
    wait(9s);  // the time limit of a body applies, and no other
    talk(RawFrames().data(1, "a", kMore));
    EXPECT_EQ(take(), BodyProgress::kMore);
    exchange().write("A");
    EXPECT_EQ(text(said()), "0:1 ");
  }
  talk(RawFrames().data(1, "", kEnd));
  EXPECT_EQ(take(), BodyProgress::kComplete);
  exchange().finish({});
  EXPECT_EQ(text(said()), "0:1! ");
}

TEST_F(ServerBodyPiecesTest, TheClientLeavesAtEachStep) {
  for (const bool resets : {true, false}) {
    for (int step = 0; step < 3; ++step) {
      SCOPED_TRACE(step);
      TearDown();
      connect_raw();
      body_.clear();
      talk(head(1));
      if (step > 0) talk(RawFrames().data(1, "ab", kMore));
      if (step > 1) talk(RawFrames().data(1, "cd", kEnd));
      int told = 0;
      int left = 0;
      exchange().on_piece([&] { ++told; });
      exchange().on_abandoned([&] { ++left; });
      if (resets) {
        talk(RawFrames().rst(1, 8));
      } else {
        server_->lose();
      }
      EXPECT_EQ(left, 1);
      EXPECT_EQ(told, step > 1 ? 0 : 1);
      EXPECT_EQ(take(), step > 1 ? BodyProgress::kComplete : BodyProgress::kLeft);
      EXPECT_EQ(body_, step > 1 ? "abcd" : "");
    }
  }
}

// Neither is ever complete.
TEST_F(ServerBodyPiecesTest, ABodyOfAnotherLengthFails) {
  for (const std::string_view bytes : {"abcd", "abcdef"}) {
    TearDown();
    connect_raw();
    talk(head(1, {{"content-length", "5"}}).data(1, bytes, kEnd));
    EXPECT_EQ(take(), BodyProgress::kLeft);
  }
}

TEST_F(ServerBodyPiecesTest, ATrailerThatFramesTheMessageFailsTheBody) {
  talk(head(1).data(1, "ab", kMore).headers(1, {{"content-length", "2"}}, kEnd));
  EXPECT_NE(take(), BodyProgress::kComplete);
}

TEST_F(ServerBodyPiecesTest, ASlowClientIsNotOneThatWaits) {
  talk(head(1));
  talk(RawFrames().data(1, "a", kMore));
  wait(60s);  // the handler is slow
  EXPECT_EQ(take(), BodyProgress::kMore);
  wait(9s);
  EXPECT_EQ(take(), BodyProgress::kMore);
  int told = 0;
  exchange().on_piece([&] { ++told; });
  wait(1s);
  EXPECT_EQ(told, 1);
  EXPECT_EQ(take(), BodyProgress::kSlow);
  talk(RawFrames().data(1, "b", kEnd));  // too late
  EXPECT_EQ(take(), BodyProgress::kSlow);
  exchange().respond(Response("ok"), {}, {});
  EXPECT_EQ(text(said()), "1:1 0:1! ");
}

TEST_F(ServerBodyPiecesTest, WithoutMemoryTheBodyFails) {
  MemoryAccount account(std::size_t{300} * 1024);
  server_ = std::make_unique<MemoryTransport>(loop_,
                                              make_server_session(handler_, limits_, {}, &account));
  server_->feed(RawFrames().preface().settings().bytes());
  talk(head(1));
  talk(head(3));
  ASSERT_EQ(handler_.handled, 2);
  MemoryShare others(&account);
  others.add(account.bytes() - account.used());
  talk(part(1, 100));
  EXPECT_EQ(take(), BodyProgress::kNoMemory);
  EXPECT_EQ(take(1), BodyProgress::kMore);  // has used none
  talk(head(5));
  EXPECT_EQ(handler_.handled, 2) << "503";
}

TEST_F(ServerBodyPiecesTest, AreHeldByTheClientOnlyWhileItIsToSend) {
  MemoryAccount account(std::size_t{64} * 1024 * 1024);
  server_ = std::make_unique<MemoryTransport>(loop_,
                                              make_server_session(handler_, limits_, {}, &account));
  server_->feed(RawFrames().preface().settings().bytes());
  talk(head(1));
  talk(part(1, 50'000));
  EXPECT_EQ(server_->session().held_by_peer(), 0U);
  EXPECT_EQ(take(), BodyProgress::kMore);
  EXPECT_GE(server_->session().held_by_peer(), 50'000U);
  server_->session().shed();
  EXPECT_EQ(account.used(), 0U);
  EXPECT_EQ(server_->session().ending(), Ending::kAbort);
  EXPECT_EQ(take(), BodyProgress::kMore);
  server_->lose();
  EXPECT_EQ(take(), BodyProgress::kLeft);
  handler_.kept.clear();
}

}  // namespace
}  // namespace ofn::wire::http2
