// Functions that read the body in pieces, over exchanges in memory.
#include <string>

#include <gtest/gtest.h>

#include <ofn/reader.h>

#include "serving/http/http_service_for_test.h"

namespace ofn {
namespace {

using wire::BodyProgress;
using wire::FakeAnswer;
using wire::FakeExchange;
using wire::Message;

// Answers with the body.
Function join() {
  return {.name = "join",
          .signature = Signature::kHttp,
          .invoke =
              [](const abi::Call& call, abi::Outcome& outcome) {
                Reader reader(*call.incoming);
                std::string all;
                while (const auto piece = reader.read()) all += *piece;
                outcome.response = Response(std::move(all));
              },
          .reads_pieces = true,
          .routes = {{"POST /join", "a.cc:1"}}};
}

class HttpPiecesTest : public HttpServiceTest {
 protected:
  void SetUp() override {
    HttpServiceTest::SetUp();
    functions_ = {hello(), join()};
    functions_[0].routes = {{"/hello", "a.cc:2"}};
    make(1, 1);
  }
  FakeExchange* post(FakeAnswer& answer) {
    auto* exchange =
        new FakeExchange(loop_, answer, {.method = "POST", .target = "/join", .in_pieces = true});
    on_loop_->handle(wire::ExchangePtr(exchange));
    return exchange;
  }
  bool takes(std::string_view method, std::string_view target, std::vector<Field> fields = {}) {
    Message head;
    head.method = method;
    head.target = target;
    head.fields = fields;
    return on_loop_->takes_pieces(head);
  }
};

TEST_F(HttpPiecesTest, OnlyTheirOwnRequestsComeWithoutTheirBody) {
  EXPECT_TRUE(takes("POST", "/join"));
  EXPECT_TRUE(takes("POST", "/join?x=/hello"));
  EXPECT_FALSE(takes("PUT", "/join"));
  EXPECT_FALSE(takes("POST", "/hello"));
  EXPECT_FALSE(takes("POST", "/nowhere"));
  EXPECT_FALSE(takes("POST", "/join", {{"User-Agent", "kube-probe/1.30"}}));
}

TEST_F(HttpPiecesTest, TheFunctionReadsWhileTheBodyArrives) {
  FakeAnswer answer;
  FakeExchange* exchange = post(answer);
  until([&] { return exchange->wanted() == 1; });
  exchange->bring("ab", BodyProgress::kMore);
  until([&] { return exchange->wanted() == 2; });
  exchange->bring("c", BodyProgress::kComplete);
  until([&] { return answer.released; });
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(answer.body, "abc");
}

TEST_F(HttpPiecesTest, WhyTheBodyIsIncompleteDecidesTheAnswer) {
  struct Case {
    BodyProgress progress;
    int status;
  };
  for (const Case& each :
       {Case{BodyProgress::kLeft, 400}, Case{BodyProgress::kSlow, 408},
        Case{BodyProgress::kMalformed, 400}, Case{BodyProgress::kNoMemory, 503}}) {
    FakeAnswer answer;
    FakeExchange* exchange = post(answer);
    until([&] { return exchange->wanted() == 1; });
    exchange->bring("", each.progress);
    until([&] { return answer.released; });
    EXPECT_EQ(answer.status, each.status);
  }
}

// It has a place at the gate, which its client's end gives back.
TEST_F(HttpPiecesTest, AClientThatLeavesEndsTheRead) {
  FakeAnswer answer;
  FakeExchange* exchange = post(answer);
  until([&] { return exchange->wanted() == 1; });
  EXPECT_EQ(gate_->in_use(), 1U);
  FakeAnswer waits;
  FakeExchange* second = post(waits);
  second->bring("here", BodyProgress::kComplete);
  exchange->abandon();
  until([&] { return answer.released && waits.released; });
  EXPECT_EQ(waits.body, "here");
  EXPECT_EQ(gate_->in_use(), 0U);
}

TEST_F(HttpPiecesTest, ABodyThatIsHereIsReadWithoutAWait) {
  FakeAnswer answer;
  on_loop_->handle(wire::ExchangePtr(
      new FakeExchange(loop_, answer, {.method = "POST", .target = "/join", .body = "whole"})));
  until([&] { return answer.released; });
  EXPECT_EQ(answer.body, "whole");
}

}  // namespace
}  // namespace ofn
