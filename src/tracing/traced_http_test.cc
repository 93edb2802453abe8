// The spans of the HTTP requests of the author's tasks.
#include "tracing/traced_http.h"

#include <memory>
#include <string>
#include <utility>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "testing/manual_clock.h"
#include "tracing/spans_for_test.h"

namespace ofn::tracing {
namespace {

using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::Not;
using testing::settle;
using ::testing::StartsWith;

const std::string kParent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

// Keeps the request until the test answers it.
struct FakeHttp final : HttpPort {
  Result<std::unique_ptr<UnderWay>> send(const HttpCall& /*call*/, const HttpPortOptions& options,
                                         Done then) override {
    traceparent = options.traceparent;
    if (refusal) return std::unexpected(*refusal);
    done = std::move(then);
    return std::make_unique<UnderWay>();
  }
  std::string traceparent;
  std::optional<Error> refusal;
  Done done;
};

struct Calling {
  std::unique_ptr<HttpPort::UnderWay> begin(std::string url, std::string traceparent = kParent) {
    call = HttpCall("GET", std::move(url));
    auto begun = traced.send(call, {.traceparent = traceparent}, [](const Result<HttpReply>&) {});
    return begun ? *std::move(begun) : nullptr;
  }
  std::string text() {
    settle(loop);
    return spans.text();
  }

  testing::ManualClock clock;
  Loop loop{clock};
  SpansForTest spans{loop};
  TraceRules rules{otlp::TracesSettings(), {}};
  FakeHttp http;
  TracedHttp traced{loop, rules, spans.batch, http};
  HttpCall call{"GET", ""};
};

TEST(TracedHttp, MakesASpanOfARequestAndPassesItOn) {
  Calling calling;
  const auto under_way = calling.begin("https://me:secret@shop.example/secret?secret#secret");
  EXPECT_THAT(calling.http.traceparent, StartsWith(kParent.substr(0, 36)));
  EXPECT_THAT(calling.http.traceparent, Not(EndsWith(kParent.substr(36))));
  calling.http.done(HttpReply{.status = 200, .headers = {}, .body = "secret"});
  EXPECT_EQ(calling.text(), R"(CLIENT GET
  trace 1, span 2, parent 3, 0 ms, flags 257
  http.request.method = "GET"
  server.address = "shop.example"
  server.port = 443
  http.response.status_code = 200
)");
}

TEST(TracedHttp, SaysHowARequestFailed) {
  struct Case {
    Result<HttpReply> reply;
    std::string text;
  };
  for (const Case& c :
       {Case{HttpReply{.status = 404, .headers = {}, .body = {}},
             "  http.response.status_code = 404\n  status error\n  error.type = \"404\"\n"},
        Case{std::unexpected(Error(Code::kUnavailable, "secret")),
             "  status error\n  error.type = \"UNAVAILABLE\"\n"}}) {
    Calling calling;
    const auto under_way = calling.begin("http://[::1]:81/");
    calling.http.done(c.reply);
    const std::string text = calling.text();
    EXPECT_THAT(text, HasSubstr("  server.address = \"[::1]\"\n  server.port = 81\n"));
    EXPECT_THAT(text, EndsWith(c.text));
    EXPECT_THAT(text, Not(HasSubstr("secret")));
  }
}

TEST(TracedHttp, EndsTheSpanOfARequestThatIsGivenUpOrRefused) {
  Calling given_up;
  given_up.begin("http://a/").reset();
  EXPECT_THAT(given_up.text(), EndsWith("  status error\n  error.type = \"cancelled\"\n"));
  Calling refused;
  refused.http.refusal = Error(Code::kInvalidArgument, "no URL");
  EXPECT_EQ(refused.begin("nonsense"), nullptr);
  EXPECT_THAT(refused.text(), EndsWith("  status error\n  error.type = \"INVALID_ARGUMENT\"\n"));
}

TEST(TracedHttp, MakesNoSpanWithoutASampledTrace) {
  for (const std::string& traceparent :
       {std::string(), kParent.substr(0, 53) + "00", std::string("nonsense")}) {
    Calling calling;
    const auto under_way = calling.begin("http://a/", traceparent);
    calling.http.done(HttpReply());
    EXPECT_EQ(calling.http.traceparent, traceparent);
    EXPECT_EQ(calling.text(), "");
  }
}

}  // namespace
}  // namespace ofn::tracing
