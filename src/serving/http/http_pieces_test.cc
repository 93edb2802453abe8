// Functions that read the body in pieces, over exchanges in memory.
#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <gtest/gtest.h>

#include <ofn/reader.h>
#include <ofn/route.h>

#include "serving/http/http_service_for_test.h"

namespace ofn {
namespace {

using wire::BodyProgress;
using wire::FakeAnswer;
using wire::FakeExchange;
using wire::Message;

std::atomic<int> g_joins = 0;  // calls of join()

// Answers with the body.
Function join() {
  return {.name = "join",
          .signature = Signature::kHttp,
          .invoke =
              [](const abi::Call& call, abi::Outcome& outcome) {
                ++g_joins;
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
  void limit(const abi::Registration& registration) {
    const abi::Registration* const entry = &registration;
    abi::Program program;
    program.begin = &entry;
    program.end = &entry + 1;
    routes_.take_options({&program, 1});
    service_ =
        std::make_unique<HttpService>(routes_, *gate_, workers_, log_, std::chrono::seconds(10), 1);
    on_loop_ = std::make_unique<HttpService::OnLoop>(*service_, environment_);
  }
  FakeExchange* post(FakeAnswer& answer, std::optional<std::uint64_t> announced = {}) {
    auto* exchange = new FakeExchange(
        loop_, answer,
        {.method = "POST", .target = "/join", .in_pieces = true, .content_length = announced});
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

// ofn::max_body counts what the client announces, and then what it sends.
TEST_F(HttpPiecesTest, TheLimitOfTheRouteCounts) {
  static constexpr abi::RouteOptions kOptions = {.max_body = 3};
  const abi::Registration limited = {.name = "join",
                                     .invoke = functions_[1].invoke,
                                     .file = "a.cc",
                                     .line = 1,
                                     .route = "POST /join",
                                     .options = &kOptions};
  struct Case {
    std::optional<std::uint64_t> announced;
    std::vector<std::string_view> pieces;
    int status;
  };
  const std::vector<Case> cases = {{3, {"abc"}, 200}, {{}, {"abc"}, 200},  {{}, {"ab", "c"}, 200},
                                   {4, {}, 413},      {{}, {"abcd"}, 413}, {{}, {"ab", "cd"}, 413}};
  limit(limited);
  for (const Case& each : cases) {
    SCOPED_TRACE(::testing::PrintToString(each.announced) + ::testing::PrintToString(each.pieces));
    g_joins = 0;
    FakeAnswer answer;
    FakeExchange* exchange = post(answer, each.announced);
    for (std::size_t i = 0; i < each.pieces.size(); ++i) {
      until([&] { return exchange->wanted() == static_cast<int>(i) + 1; });
      const bool is_last = i + 1 == each.pieces.size() && each.status == 200;
      exchange->bring(each.pieces[i], is_last ? BodyProgress::kComplete : BodyProgress::kMore);
    }
    until([&] { return answer.released; });
    EXPECT_EQ(answer.status, each.status);
    EXPECT_EQ(g_joins, each.pieces.empty() ? 0 : 1) << "a size that is announced is refused first";
  }
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
