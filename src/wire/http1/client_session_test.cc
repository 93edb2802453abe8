#include "wire/http1/client_session.h"

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "testing/manual_clock.h"
#include "wire/memory_transport_for_test.h"

namespace ofn::wire::http1 {
namespace {

using ofn::testing::settle;
using ::testing::HasSubstr;
using ::testing::StartsWith;

class Http1ClientTest : public ::testing::Test {
 protected:
  Http1ClientTest() { connect(); }
  void connect() {
    auto session = std::make_unique<ClientSession>(limits_);
    client_ = session.get();
    transport_.emplace(loop_, std::move(session));
  }
  void send(std::string_view body = "body") {
    shown_.clear();
    client_->send({.authority = "host:1",
                   .target = "/v1/x",
                   .fields = std::initializer_list<Field>{{.name = "a", .value = "b"}}},
                  body, [this](const ClientOutcome& outcome) { show(outcome); });
  }
  void show(const ClientOutcome& outcome) {
    if (!outcome) {
      shown_ =
          outcome.error().error.message() + (outcome.error().unanswered ? " (unanswered)" : "");
      return;
    }
    shown_ = std::to_string(outcome->status) + " " + std::string(outcome->body);
    for (const Field& field : outcome->fields)
      shown_ += " " + std::string(field.name) + "=" + std::string(field.value);
    if (outcome->is_cut) shown_ += " (cut)";
  }

  ofn::testing::ManualClock clock_;
  Loop loop_{clock_};
  Limits limits_{.head_bytes = 200, .head_fields = 4, .body_bytes = 10};
  std::string shown_;  // the last outcome
  ClientSession* client_ = nullptr;
  std::optional<MemoryTransport> transport_;
};

TEST_F(Http1ClientTest, SendsARequestInPieces) {
  for (const std::size_t piece : {MemoryTransport::kWhole, std::size_t{1}, std::size_t{7}}) {
    connect();
    send();
    EXPECT_FALSE(client_->accepts());
    std::string request;
    for (std::string part = transport_->take(piece); !part.empty(); part = transport_->take(piece))
      request += part;
    EXPECT_EQ(request,
              "POST /v1/x HTTP/1.1\r\nHost: host:1\r\nContent-Length: 4\r\na: b\r\n\r\nbody");
  }
}

struct Case {
  std::string_view name;
  std::string_view answer;
  std::string_view expected;
  bool goes_on = false;  // the connection takes another request
};

constexpr std::string_view kNotValid = "the server's answer is not valid: ";

const std::vector<Case>& cases() {
  static const std::vector<Case> kCases = {
      {"a length", "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabc", "200 abc Content-Length=3",
       true},
      {"no body", "HTTP/1.1 204 No Content\r\n\r\n", "204 ", true},
      {"an empty body", "HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n", "200  content-length=0",
       true},
      {"no reason", "HTTP/1.1 503 \r\nContent-Length: 0\r\n\r\n", "503  Content-Length=0", true},
      {"no blank either", "HTTP/1.1 503\r\nContent-Length: 0\r\n\r\n", "503  Content-Length=0",
       true},
      {"the same length twice",
       "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\nx",
       "200 x Content-Length=1 Content-Length=1", true},
      {"chunks",
       "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n1;x=y\r\nc\r\n0\r\n\r\n",
       "200 abc Transfer-Encoding=chunked", true},
      {"until the end", "HTTP/1.1 200 OK\r\nX: y\r\n\r\nabc", "200 abc X=y"},
      {"HTTP/1.0", "HTTP/1.0 200 OK\r\nContent-Length: 1\r\n\r\na", "200 a Content-Length=1"},
      {"a close", "HTTP/1.1 200 OK\r\nConnection: x, Close\r\nContent-Length: 1\r\n\r\na",
       "200 a Connection=x, Close Content-Length=1"},
      {"an interim answer",
       "HTTP/1.1 103 Early\r\nX: y\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n",
       "200  Content-Length=0", true},
      {"a body that is too long", "HTTP/1.1 500 No\r\nContent-Length: 11\r\n\r\n01234567890",
       "500 0123456789 Content-Length=11 (cut)"},
      {"one without an end", "HTTP/1.1 500 No\r\n\r\n01234567890123456789", "500 0123456789 (cut)"},
      {"chunks that are too many",
       "HTTP/1.1 500 No\r\nTransfer-Encoding: chunked\r\n\r\n6\r\n012345\r\n6\r\n012345\r\n",
       "500 012345 Transfer-Encoding=chunked (cut)"},
      {"not HTTP", "SSH-2.0-OpenSSH\r\n", "it does not begin as HTTP/1.1"},
      {"HTTP/2", "HTTP/2 200\r\n\r\n", "it does not begin as HTTP/1.1"},
      {"a status of two digits", "HTTP/1.1 20 OK\r\n\r\n", "its status line is malformed"},
      {"a status of four digits", "HTTP/1.1 2000 OK\r\n\r\n", "its status line is malformed"},
      {"status 600", "HTTP/1.1 600 OK\r\n\r\n", "its status line is malformed"},
      {"status 000", "HTTP/1.1 000 OK\r\n\r\n", "its status line is malformed"},
      {"a bare LF", "HTTP/1.1 200 OK\nA: b\r\n\r\n", "a line ends in LF without CR"},
      {"a bare LF among the fields", "HTTP/1.1 200 OK\r\nA: b\n\r\n",
       "a line ends in LF without CR"},
      {"a folded field", "HTTP/1.1 200 OK\r\nA: b\r\n c\r\n\r\n",
       "a field line begins with a blank (folding is not allowed)"},
      {"too many fields", "HTTP/1.1 200 OK\r\na: b\r\na: b\r\na: b\r\na: b\r\na: b\r\n\r\n",
       "too many fields"},
      {"two lengths", "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nx",
       "it has two different lengths"},
      {"a list of lengths", "HTTP/1.1 200 OK\r\nContent-Length: 1, 1\r\n\r\nx",
       "its length is not a number"},
      {"a length with a sign", "HTTP/1.1 200 OK\r\nContent-Length: +1\r\n\r\nx",
       "its length is not a number"},
      {"a length that is too long",
       "HTTP/1.1 200 OK\r\nContent-Length: 1000000000000000000\r\n\r\nx",
       "its length is not a number"},
      {"a length and chunks",
       "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
       "it has a length and is chunked"},
      {"another coding", "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n",
       "it has a transfer coding other than chunked"},
      {"chunks of HTTP/1.0", "HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
       "it is chunked, but of HTTP/1.0"},
      {"a chunk without a size", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nx\r\n",
       "a chunk size line is malformed"},
  };
  return kCases;
}

TEST_F(Http1ClientTest, ReadsEachAnswerHoweverItIsCut) {
  for (const Case& c : cases()) {
    const bool is_valid = c.expected[0] >= '1' && c.expected[0] <= '5';
    const std::string expected = (is_valid ? "" : std::string(kNotValid)) + std::string(c.expected);
    const auto check = [&](std::size_t first, std::size_t piece) {
      SCOPED_TRACE(std::string(c.name) + " cut at " + std::to_string(first));
      connect();
      send();
      transport_->take();
      transport_->feed(c.answer.substr(0, first), piece);
      transport_->feed(c.answer.substr(first), piece);
      EXPECT_EQ(shown_, "") << "never from inside receive()";
      settle(loop_);
      if (shown_.empty()) transport_->end_input();
      settle(loop_);
      EXPECT_EQ(shown_, expected);
      EXPECT_EQ(client_->accepts(), c.goes_on);
    };
    check(c.answer.size(), MemoryTransport::kWhole);
    check(c.answer.size(), 1);
    for (std::size_t at = 0; at < c.answer.size(); ++at) check(at, MemoryTransport::kWhole);
  }
}

TEST_F(Http1ClientTest, AHeadOrAStatusLineWithoutAnEndIsRefused) {
  for (const std::string& begin :
       {std::string("HTTP/1.1 200 "), std::string("HTTP/1.1 200 OK\r\na: ")}) {
    connect();
    send();
    transport_->take();
    for (int i = 0; i < 2000 && transport_->open() && client_->wants_input(); ++i)
      transport_->feed(i == 0 ? begin : std::string("x"));
    settle(loop_);
    EXPECT_THAT(shown_, StartsWith(std::string(kNotValid)));
    EXPECT_EQ(client_->ending(), Ending::kAbort);
  }
}

TEST_F(Http1ClientTest, InterimAnswersAreBounded) {
  send();
  transport_->take();
  for (int i = 0; i < 100 && client_->wants_input(); ++i)
    transport_->feed("HTTP/1.1 100 Continue\r\n\r\n");
  settle(loop_);
  EXPECT_EQ(shown_, "the server answered with an interim status only");
}

TEST_F(Http1ClientTest, OneConnectionServesManyRequests) {
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(client_->has_served(), i > 0);
    send(i == 1 ? "" : "body");
    EXPECT_THAT(transport_->take(), HasSubstr(i == 1 ? "Content-Length: 0\r\n" : "body"));
    transport_->feed("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
    settle(loop_);
    EXPECT_EQ(shown_, "200 ok Content-Length=2");
    ASSERT_TRUE(client_->accepts());
  }
}

TEST_F(Http1ClientTest, SaysIfTheServerWasSilent) {
  struct Ended {
    std::string_view begin;
    std::string_view expected;
  };
  for (const Ended& c :
       {Ended{"", "the server ended the connection before it answered (unanswered)"},
        Ended{"HTTP/1.1 2", "the server ended the connection before it answered"},
        Ended{"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nab",
              "the server ended the connection before it answered"}}) {
    connect();
    send();
    transport_->take();
    transport_->feed(c.begin);
    transport_->end_input();
    settle(loop_);
    EXPECT_EQ(shown_, c.expected);
    EXPECT_FALSE(client_->accepts());
  }
  connect();
  send();
  transport_->lose("reset");
  settle(loop_);
  EXPECT_EQ(shown_, "reset (unanswered)");
}

TEST_F(Http1ClientTest, BytesThatNobodyAskedForEndTheConnection) {
  transport_->feed("HTTP/1.1 408 Request Timeout\r\n");
  EXPECT_EQ(client_->ending(), Ending::kClose);
  EXPECT_FALSE(client_->accepts());
  connect();
  send();
  transport_->take();
  transport_->feed("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\nHTTP/1.1 200 OK\r\n\r\n");
  settle(loop_);
  EXPECT_EQ(shown_, "200  Content-Length=0");
  EXPECT_FALSE(client_->accepts());
}

TEST_F(Http1ClientTest, AnAnswerBeforeTheRequestIsSentEndsTheConnection) {
  send("a long body");
  transport_->take(70);
  transport_->feed("HTTP/1.1 413 Too Large\r\nContent-Length: 0\r\n\r\n");
  settle(loop_);
  EXPECT_EQ(shown_, "413  Content-Length=0");
  EXPECT_EQ(client_->ending(), Ending::kAbort);
  EXPECT_EQ(transport_->take(), "");
}

TEST_F(Http1ClientTest, ACancelledRequestHasNoOutcome) {
  send();
  transport_->take();
  client_->cancel();
  EXPECT_EQ(client_->ending(), Ending::kAbort);
  transport_->destroy_session();
  settle(loop_);
  EXPECT_EQ(shown_, "");

  connect();
  send();
  transport_->take();
  transport_->feed("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
  client_->cancel();
  settle(loop_);
  EXPECT_EQ(shown_, "") << "also if the answer was there already";
  client_->cancel();
}

TEST_F(Http1ClientTest, TheDestructorFailsWhatIsLeft) {
  send();
  transport_->destroy_session();
  EXPECT_EQ(shown_, "the connection was closed");
}

TEST_F(Http1ClientTest, DrainEndsTheConnectionBehindTheAnswer) {
  send();
  transport_->take();
  client_->drain();
  EXPECT_EQ(client_->ending(), Ending::kOpen);
  transport_->feed("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
  settle(loop_);
  EXPECT_EQ(shown_, "200  Content-Length=0");
  EXPECT_EQ(client_->ending(), Ending::kClose);
  connect();
  client_->drain();
  EXPECT_EQ(client_->ending(), Ending::kClose);
}

}  // namespace
}  // namespace ofn::wire::http1
