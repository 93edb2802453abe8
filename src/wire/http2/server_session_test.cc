#include "wire/http2/server_session.h"

#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "wire/http2/server_session_for_test.h"

namespace ofn::wire::http2 {
namespace {

using namespace server_bench;
using namespace std::chrono_literals;
using ::testing::HasSubstr;

TEST_F(ServerSessionTest, ServesAWholeRequestHoweverItIsCut) {
  for (const std::size_t piece : {std::size_t{1}, std::size_t{7}, MemoryTransport::kWhole}) {
    connect();
    handler_.answer = [](Exchange& exchange) {
      EXPECT_EQ(exchange.request().peer, "127.0.0.1:51234");
      EXPECT_EQ(exchange.request().version, Version::kHttp2);
      EXPECT_EQ(exchange.request().scheme, "http");
      echo(exchange);
    };
    Result result;
    const std::vector<Field> fields = {{"x-a", "1"}, {"cookie", "a=1"}, {"cookie", "b=2"}};
    send(result, {.authority = "host:80", .path = "/p?q=%20", .fields = fields}, "body");
    run(piece);
    EXPECT_EQ(result.calls, 1) << result.error;
    EXPECT_EQ(result.status, 200);
    EXPECT_EQ(result.body, "POST /p?q=%20 host:80\nhost=host:80\nx-a=1\ncookie=a=1; b=2\nbody");
    EXPECT_EQ(result.fields["content-length"], std::to_string(result.body.size()));
    EXPECT_EQ(result.fields["content-type"], "text/plain; charset=utf-8");
    EXPECT_EQ(result.fields["date"], "Mon, 01 Jan 2024 00:00:00 GMT");
    TearDown();
  }
}

TEST_F(ServerSessionTest, AnswersInAnyOrderWithExtraFieldsAndTrailers) {
  connect();
  Result first;
  Result second;
  send(first, kGet);
  send(second, kGet);
  run();
  ASSERT_EQ(handler_.kept.size(), 2U);
  const std::vector<Field> extra = {{"x-extra", "e"}};
  const std::vector<Field> trailers = {{"x-trailer", "t"}};
  handler_.kept[1]->respond(Response("b").header("X-Mixed", "v"), extra, trailers);
  run();
  EXPECT_EQ(first.calls, 0);
  EXPECT_EQ(second.body, "b");
  EXPECT_EQ(second.fields["x-mixed"], "v");
  EXPECT_EQ(second.fields["x-extra"], "e");
  EXPECT_EQ(second.trailers["x-trailer"], "t");
  handler_.kept[0]->respond(Response().status(204), {}, trailers);
  run();
  EXPECT_EQ(first.status, 204);
  EXPECT_EQ(first.trailers["x-trailer"], "t");
}

TEST_F(ServerSessionTest, HeadHasALengthAndNoBody) {
  connect();
  handler_.answer = [](Exchange& exchange) { exchange.respond(Response("12345")); };
  Result result;
  send(result, {.method = "HEAD", .authority = "host", .path = "/"});
  run();
  EXPECT_EQ(result.status, 200);
  EXPECT_EQ(result.body, "");
  EXPECT_EQ(result.fields["content-length"], "5");
}

TEST_F(ServerSessionTest, LargeBodiesFlowBothWays) {
  connect();
  handler_.answer = [](Exchange& exchange) {
    exchange.respond(Response(std::string(exchange.request().body)));
  };
  std::string body(5 << 20, 'x');
  for (std::size_t i = 0; i < body.size(); ++i) body[i] = static_cast<char>(i * 31);
  std::vector<Result> results(5);
  for (Result& result : results) send(result, kPost, body);
  run();
  for (const Result& result : results) {
    EXPECT_EQ(result.status, 200) << result.error;
    EXPECT_TRUE(result.body == body);
  }
}

// Twice the body limit is all that large bodies may have: more streams wait for their turn, and
// none is forgotten or timed out while it waits.
TEST_F(ServerSessionTest, LargeBodiesShareABoundedMemory) {
  limits_.body_bytes = std::size_t{256} * 1024;
  connect();
  const std::string body(std::size_t{200} * 1024, 'b');
  std::vector<Result> results(8);
  for (Result& result : results) send(result, kPost, body);
  run();
  EXPECT_EQ(handler_.kept.size(), 2U);  // the others are stopped by flow control
  wait(60s);
  run();
  EXPECT_EQ(handler_.kept.size(), 2U);
  std::size_t answered = 0;
  while (answered < results.size()) {
    ASSERT_FALSE(handler_.kept.empty());
    handler_.kept.back()->respond(Response("ok"));
    handler_.kept.pop_back();
    ++answered;
    run();
  }
  for (const Result& result : results) EXPECT_EQ(result.status, 200) << result.error;
}

TEST_F(ServerSessionTest, LimitsAreAnswered) {
  limits_.body_bytes = 1000;
  limits_.target_bytes = 100;
  struct Case {
    std::string name;
    ClientRequest request;
    std::string body;
    int status;
  };
  const std::string long_target(101, '/');
  const std::string big(70000, 'v');
  std::vector<Field> many;
  for (int i = 0; i < 101; ++i) many.push_back({"x", "y"});
  std::vector<Field> large;
  for (int i = 0; i < 64; ++i) large.push_back({"x", std::string_view(big).substr(0, 1000)});
  const std::vector<Field> odd_expect = {{"expect", "200-ok"}};
  const std::vector<Field> length = {{"content-length", "1001"}};
  const std::vector<Case> cases = {
      {"target", {.method = "GET", .authority = "h", .path = long_target}, "", 414},
      {"fields", {.method = "GET", .authority = "h", .path = "/", .fields = many}, "", 431},
      {"head", {.method = "GET", .authority = "h", .path = "/", .fields = large}, "", 431},
      {"head with body", {.authority = "h", .path = "/", .fields = large}, "abc", 431},
      {"body", {.authority = "h", .path = "/"}, std::string(1001, 'b'), 413},
      {"body, far more", {.authority = "h", .path = "/"}, std::string(1 << 20, 'b'), 413},
      {"length", {.authority = "h", .path = "/", .fields = length}, std::string(1001, 'b'), 413},
      {"expect", {.method = "GET", .authority = "h", .path = "/", .fields = odd_expect}, "", 417},
      {"fits", {.authority = "h", .path = "/"}, std::string(1000, 'b'), 200},
  };
  connect();
  handler_.answer = [](Exchange& exchange) { exchange.respond(Response("fine")); };
  for (const Case& c : cases) {
    Result result;
    send(result, c.request, c.body);
    run();
    EXPECT_EQ(result.status, c.status) << c.name << ": " << result.error;
    EXPECT_EQ(result.calls, 1) << c.name;
  }
  EXPECT_EQ(handler_.handled, 1);
  EXPECT_TRUE(client_session_->accepts());  // the connection lives
}

TEST_F(ServerSessionTest, AGrpcCallThatIsTooLargeIsResourceExhausted) {
  limits_.body_bytes = 1000;
  connect();
  const std::vector<Field> grpc = {{"content-type", "application/grpc+proto"}};
  Result result;
  const std::string body(1001, 'b');
  send(result, {.authority = "h", .path = "/a/b", .fields = grpc}, body);
  run();
  EXPECT_EQ(result.status, 200) << result.error;
  EXPECT_EQ(result.fields["content-type"], "application/grpc");
  EXPECT_EQ(result.fields["grpc-status"], "8");
}

// A gRPC client understands no other refusal.
TEST_F(ServerSessionTest, GrpcCallsAreRefusedWithGrpcStatuses) {
  limits_.target_bytes = 100;
  connect();
  const std::string large(1000, 'v');
  const std::string path(101, '/');
  struct Case {
    std::string name;
    std::string_view path;
    std::size_t fields;
    std::string_view value;
    std::string status;
  };
  for (const Case& c : {Case{"66 kB of metadata", "/a/b", 64, large, "8"},
                        Case{"120 entries of metadata", "/a/b", 120, "v", "8"},
                        Case{"a long path", path, 0, "", "8"}}) {
    SCOPED_TRACE(c.name);
    std::vector<Field> fields;
    for (std::size_t i = 0; i < c.fields; ++i) fields.push_back({"x", c.value});
    fields.push_back({"content-type", "application/grpc"});  // behind what is too much
    Result result;
    send(result, {.authority = "h", .path = c.path, .fields = fields}, "body");
    run();
    EXPECT_EQ(result.status, 200) << result.error;
    EXPECT_EQ(result.fields["content-type"], "application/grpc");
    EXPECT_EQ(result.fields["grpc-status"], c.status);
    EXPECT_FALSE(result.fields["grpc-message"].empty());
  }
  EXPECT_TRUE(client_session_->accepts());
}

TEST_F(ServerSessionTest, RefusalsAreToldAndCarryAnId) {
  std::string told;
  server_ = std::make_unique<MemoryTransport>(
      loop_,
      make_server_session(handler_, limits_, [&](Transport& transport, const Refused& refusal) {
        told = std::string(transport.peer()) + " " + std::to_string(refusal.status) + " " +
               std::string(refusal.reason);
        const std::vector<Field> fields = {{"x-request-id", "the-id"}};
        return RequestId::of(fields, transport.loop().random());
      }));
  auto session = std::make_unique<ClientSession>(ClientOptions{}, [] {});
  client_session_ = session.get();
  client_ = std::make_unique<MemoryTransport>(loop_, std::move(session));
  const std::vector<Field> expect = {{"expect", "x"}};
  Result result;
  send(result, {.authority = "h", .path = "/", .fields = expect});
  run();
  EXPECT_EQ(result.status, 417);
  EXPECT_EQ(result.fields["x-request-id"], "the-id");
  EXPECT_EQ(told, "127.0.0.1:51234 417 the only supported expectation is 100-continue");
}

TEST_F(ServerSessionTest, MalformedMessagesEndTheirStreamOnly) {
  struct Case {
    std::string name;
    std::vector<Field> head;
    std::string body;
  };
  const std::vector<Field> good = {
      {":method", "GET"}, {":scheme", "http"}, {":path", "/"}, {":authority", "h"}};
  const auto with = [&](std::vector<Field> more) {
    std::vector<Field> head = good;
    head.insert(head.end(), more.begin(), more.end());
    return head;
  };
  const auto but = [&](std::string_view name, std::string_view value) {
    std::vector<Field> head = good;
    for (Field& field : head)
      if (field.name == name) field.value = value;
    return head;
  };
  const std::vector<Case> cases = {
      {"other host", with({{"host", "other"}}), ""},
      {"userinfo", but(":authority", "user@h"), ""},
      {"two authorities", with({{":authority", "h"}}), ""},
      {"comma in authority", but(":authority", "h,i"), ""},
      {"empty authority", but(":authority", ""), ""},
      {"connection", with({{"connection", "close"}}), ""},
      {"keep-alive", with({{"keep-alive", "1"}}), ""},
      {"transfer-encoding", with({{"transfer-encoding", "chunked"}}), ""},
      {"upgrade", with({{"upgrade", "h2c"}}), ""},
      {"proxy-connection", with({{"proxy-connection", "close"}}), ""},
      {"te", with({{"te", "gzip"}}), ""},
      {"upper case", with({{"X-A", "1"}}), ""},
      {"no token", with({{"x a", "1"}}), ""},
      {"new line", with({{"x-a", "1\n2"}}), ""},
      {"late pseudo field", with({{"x-a", "1"}, {":path", "/"}}), ""},
      {"unknown pseudo field", with({{":x", "1"}}), ""},
      {"no path", {{":method", "GET"}, {":scheme", "http"}, {":authority", "h"}}, ""},
      {"empty path", but(":path", ""), ""},
      {"relative path", but(":path", "x"), ""},
      {"asterisk", but(":path", "*"), ""},
      {"blank in the path", but(":path", "/a b"), ""},
      {"fragment", but(":path", "/#a"), ""},
      {"backslash", but(":path", "/\\a"), ""},
      {"bad escape", but(":path", "/%zz"), ""},
      {"half an escape", but(":path", "/%a"), ""},
      {"not ASCII", but(":path", "/\xc3\xa4"), ""},
      {"short body", with({{"content-length", "3"}}), "ab"},
      {"long body", with({{"content-length", "1"}}), "ab"},
      {"two lengths", with({{"content-length", "2"}, {"content-length", "2"}}), "ab"},
      {"bad length", with({{"content-length", "+2"}}), "ab"},
      {"empty field name", with({{"", "x"}}), ""},
  };
  std::uint32_t stream = 1;
  connect_raw();
  handler_.answer = echo;
  for (const Case& c : cases) {
    RawFrames frames;
    frames.headers(stream, c.head, c.body.empty() ? kEnd : kMore);
    if (!c.body.empty()) frames.data(stream, c.body, kEnd);
    const std::vector<SeenFrame> seen = talk(frames);
    ASSERT_FALSE(seen.empty()) << c.name;
    EXPECT_EQ(seen.back().type, kRstStream) << c.name;
    EXPECT_EQ(seen.back().stream, stream) << c.name;
    EXPECT_EQ(handler_.handled, 0) << c.name;
    EXPECT_EQ(server_->session().ending(), Ending::kOpen) << c.name;
    stream += 2;
  }
  talk(RawFrames().headers(stream, good, kEnd));
  EXPECT_EQ(handler_.handled, 1);
}

TEST_F(ServerSessionTest, ConnectIsRefusedAndOptionsOfAllIsServed) {
  connect_raw();
  handler_.answer = echo;
  auto seen = talk(RawFrames().headers(1, {{":method", "CONNECT"}, {":authority", "h:1"}}, kEnd));
  EXPECT_EQ(seen.at(0).type, kHeaders);
  EXPECT_EQ(handler_.handled, 0);
  talk(RawFrames().headers(
      3, {{":method", "OPTIONS"}, {":scheme", "http"}, {":path", "*"}, {":authority", "h"}}, kEnd));
  EXPECT_EQ(handler_.handled, 1);
}

TEST_F(ServerSessionTest, PeerResetAbandonsTheExchange) {
  connect();
  Result result;
  const RequestTicket id = send(result, kGet);
  run();
  ASSERT_EQ(handler_.kept.size(), 1U);
  int told = 0;
  handler_.kept[0]->on_abandoned([&] { ++told; });
  EXPECT_FALSE(handler_.kept[0]->abandoned());
  EXPECT_EQ(client_session_->cancel(id), Reach::kMaybe);
  run();
  EXPECT_EQ(told, 1);
  EXPECT_TRUE(handler_.kept[0]->abandoned());
  EXPECT_EQ(handler_.kept[0]->request().method, "GET");
  handler_.kept[0]->respond(Response("to nobody"));
  run();
  EXPECT_EQ(result.calls, 0);
}

// A peer that closes its direction is gone, most of the time. Some only have no more requests.
TEST_F(ServerSessionTest, APeerThatSendsNoMoreIsToldOfOnceAndAnswered) {
  connect_raw();
  for (const std::uint32_t stream : {1U, 3U, 5U, 7U})
    talk(RawFrames().headers(
        stream, {{":method", "GET"}, {":scheme", "http"}, {":path", "/"}, {":authority", "h"}},
        stream == 7 ? kMore : kEnd));
  ASSERT_EQ(handler_.kept.size(), 3U);
  std::vector<int> told(3);
  handler_.kept[0]->on_abandoned([&] {
    ++told[0];
    EXPECT_FALSE(handler_.kept[0]->abandoned());
    handler_.kept[0]->on_abandoned([&] { ++told[0]; });  // of a loss, if one follows
  });
  handler_.kept[1]->on_abandoned([&] { ++told[1]; });
  handler_.kept[2]->on_abandoned([&] {
    ++told[2];
    handler_.kept.pop_back();
  });  // which it may
  server_->end_input();
  EXPECT_EQ(told, std::vector({1, 1, 1}));
  EXPECT_EQ(server_->session().ending(), Ending::kOpen);
  server_->take();
  handler_.kept[1]->respond(Response("late"));
  const auto seen = parse_frames(server_->take());
  ASSERT_EQ(seen.size(), 2U);
  EXPECT_EQ(seen[1].payload, "late");
  server_->lose();
  EXPECT_EQ(told, std::vector({2, 1, 1}));
  EXPECT_TRUE(handler_.kept[0]->abandoned());
}

TEST_F(ServerSessionTest, ExchangesOutliveTheirConnection) {
  connect();
  Result result;
  Result unanswered;
  send(result, kPost, "body");
  run();
  send(unanswered, kGet);
  run();
  ASSERT_EQ(handler_.kept.size(), 2U);
  int told = 0;
  // Letting go from inside the callback is allowed.
  handler_.kept[1]->on_abandoned([&] {
    ++told;
    handler_.kept.pop_back();
  });
  server_->lose();
  server_.reset();
  EXPECT_EQ(told, 1);
  ASSERT_EQ(handler_.kept.size(), 1U);
  EXPECT_TRUE(handler_.kept[0]->abandoned());
  EXPECT_EQ(handler_.kept[0]->request().body, "body");
  handler_.kept[0]->respond(Response("to nobody"));
  client_.reset();  // tells both that they get no answer
  EXPECT_EQ(result.calls + unanswered.calls, 2);
}

TEST_F(ServerSessionTest, LettingGoUnansweredResetsTheStream) {
  connect();
  Result result;
  send(result, kGet);
  run();
  handler_.kept.clear();
  run();
  EXPECT_EQ(result.reset, 2U);  // INTERNAL_ERROR
  EXPECT_TRUE(client_session_->accepts());
}

TEST_F(ServerSessionTest, ContinueIsSaidAndBodyAwaited) {
  connect_raw();
  handler_.answer = echo;
  const auto seen = talk(RawFrames().headers(1,
                                             {{":method", "POST"},
                                              {":scheme", "http"},
                                              {":path", "/"},
                                              {":authority", "h"},
                                              {"expect", "100-continue"}},
                                             kMore));
  ASSERT_EQ(seen.size(), 1U);
  EXPECT_EQ(seen[0].type, kHeaders);
  EXPECT_EQ(seen[0].flags & 1, 0);
  talk(RawFrames().data(1, "x", kEnd));
  EXPECT_EQ(handler_.handled, 1);
}

}  // namespace
}  // namespace ofn::wire::http2
