#include "localdapr/app/envelope.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "localdapr/app/topic_route.h"
#include "localdapr/go/go_json.h"
#include "localdapr/go/rfc3339.h"

namespace ofn::localdapr {
namespace {

using ::testing::HasSubstr;

const SystemTime kNow = *parse_rfc3339("2026-01-02T03:04:05Z");
constexpr std::string_view kTrace = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

class EnvelopeTest : public ::testing::Test {
 protected:
  std::string publish(std::string data, std::string type, std::vector<Header> metadata = {}) {
    auto bytes = make_envelope({.component = "bus",
                                .topic = "t",
                                .data = std::move(data),
                                .content_type = std::move(type),
                                .metadata = std::move(metadata)},
                               {.traceparent = std::string(kTrace), .tracestate = "a=b"}, "app",
                               kNow, random_);
    return bytes ? *bytes : bytes.error().message();
  }
  std::optional<TopicMessage> open(const std::string& bytes, std::vector<Header> metadata = {},
                                   std::vector<Header> of_message = {}) {
    return open_envelope({.bytes = bytes, .topic = "t", .metadata = std::move(of_message)},
                         {.component = "bus", .topic = "t", .metadata = std::move(metadata)}, kNow,
                         random_);
  }
  Random random_{1};
};

TEST_F(EnvelopeTest, HasEveryAttribute) {
  const auto json = parse_json(publish("x", "", {{"cloudevent.id", "7"}}));
  ASSERT_TRUE(json);
  EXPECT_EQ(json->find_text("id"), "7");
  EXPECT_EQ(json->find_text("source"), "app");
  EXPECT_EQ(json->find_text("type"), "com.dapr.event.sent");
  EXPECT_EQ(json->find_text("specversion"), "1.0");
  EXPECT_EQ(json->find_text("datacontenttype"), "text/plain");
  EXPECT_EQ(json->find_text("data"), "x");
  EXPECT_EQ(json->find_text("topic"), "t");
  EXPECT_EQ(json->find_text("pubsubname"), "bus");
  EXPECT_EQ(json->find_text("time"), "2026-01-02T03:04:05Z");
  EXPECT_EQ(json->find_text("tracestate"), "a=b");
  const std::string trace(json->find_text("traceparent"));
  EXPECT_EQ(trace.substr(0, 36), kTrace.substr(0, 36));
  EXPECT_EQ(trace.substr(52), kTrace.substr(52));
  EXPECT_NE(trace, kTrace);
  EXPECT_EQ(json->find_text("traceid"), trace);
}

TEST_F(EnvelopeTest, ExtensionsKeepTheirTypes) {
  const auto message = open(
      R"({"id":"1","type":"t","n":1.50,"big":12345678901234567890,"yes":true,"no":null,"list":[1,"a"],"map":{"k":{}},"text":"x"})");
  ASSERT_TRUE(message);
  EXPECT_EQ(
      message->event.typed_extensions,
      R"({"big":12345678901234567000,"list":[1,"a"],"map":{"k":{}},"n":1.5,"no":null,"yes":true})");
  EXPECT_TRUE(open(R"({"id":"1","text":"x"})")->event.typed_extensions.empty());
}

// Results as in dapr's GRPCEnvelopeFromSubscriptionMessage.
TEST_F(EnvelopeTest, DataThatDoesNotGoOverGrpcIsSeen) {
  struct Case {
    std::string event;
    bool loses;
    bool unreadable;
  };
  for (const Case& c : {
           Case{R"({"data":"x"})", true, false},
           Case{R"({"data":"x","datacontenttype":null})", true, false},
           Case{R"({"data":{},"datacontenttype":"application/vnd.a+json"})", true, false},
           Case{R"({"data":{},"datacontenttype":" application/json"})", true, false},
           Case{R"({"data":{},"datacontenttype":"application/json; charset=utf-8"})", false, false},
           Case{R"({"data":"x","datacontenttype":"text/html"})", false, false},
           Case{R"({"data":null})", false, false},
           Case{R"({})", false, false},
           Case{R"({"data_base64":"eA=="})", false, false},
           Case{R"({"data_base64":"eA==","data":1})", false, false},
           Case{R"({"data_base64":null,"data":1})", true, false},
           Case{R"({"data_base64":"?"})", false, true},
           Case{R"({"data_base64":1})", false, true},
           Case{R"({"data":1,"datacontenttype":"text/plain"})", false, true},
       }) {
    const auto message = open(c.event);
    ASSERT_TRUE(message) << c.event;
    EXPECT_EQ(message->loses_data, c.loses) << c.event;
    EXPECT_EQ(!message->unreadable.empty(), c.unreadable) << c.event;
  }
}

TEST_F(EnvelopeTest, AMessagesMetadataStandsBesideItsEvent) {
  const std::vector<Header> own = {{"key", "1"}, {"pubsubName", "evil"}, {"traceparent", "t1"}};
  const auto message = open(R"({"id":"1"})", {}, own);
  ASSERT_TRUE(message);
  ASSERT_EQ(message->metadata.size(), 3U);
  EXPECT_EQ(message->metadata[0].value, "1");
  EXPECT_EQ(message->metadata[2].name, "pubsubName");
  EXPECT_EQ(message->metadata[2].value, "bus");
  EXPECT_EQ(message->traceparent, "t1");
  EXPECT_EQ(open(R"({"traceparent":"t0"})", {}, own)->traceparent, "t0");
  EXPECT_EQ(open("raw", {{"rawPayload", "true"}}, own)->traceparent, "t1");
}

// The data that a subscriber gets, for each published type.
TEST_F(EnvelopeTest, DataArrivesByItsType) {
  const std::string bytes("\0\xff", 2);
  struct Case {
    std::string data;
    std::string type;
    std::string arrives;
  };
  for (const Case& c : {
           Case{"x", "", "x"},
           Case{"<x>&", "text/html; charset=utf-8", "<x>&"},
           Case{"a\xff", "text/plain", "a\xef\xbf\xbd"},
           Case{R"({"b": 12345678901234567891, "a": 1.0})", "application/json",
                R"({"a":1,"b":12345678901234567000})"},
           Case{"{bad", "application/json", "\"{bad\""},
           Case{bytes, "application/octet-stream", bytes},
           Case{"x", "image/png", ""},
       }) {
    const auto message = open(publish(c.data, c.type));
    ASSERT_TRUE(message) << c.type;
    EXPECT_EQ(message->event.data, c.arrives) << c.type;
    EXPECT_EQ(message->event.content_type, c.type.empty() ? "text/plain" : c.type);
    EXPECT_EQ(message->event.component, "bus");
    EXPECT_EQ(message->event.topic, "t");
  }
}

TEST_F(EnvelopeTest, KeepsAnEventOfItsOwn) {
  const auto message = open(publish(
      R"({"id":"1","source":"s","type":"x.y","data":{"k":1},"own":"e","datacontenttype":"application/json"})",
      "application/cloudevents+json"));
  ASSERT_TRUE(message);
  EXPECT_EQ(message->event.id, "1");
  EXPECT_EQ(message->event.source, "s");
  EXPECT_EQ(message->event.type, "x.y");
  EXPECT_EQ(message->event.data, R"({"k":1})");
  bool found = false;
  for (const Header& extension : message->event.extensions) {
    found = found || (extension.name == "own" && extension.value == "e");
  }
  EXPECT_TRUE(found);
}

TEST_F(EnvelopeTest, LeavesRawBytesAlone) {
  EXPECT_EQ(publish("\xff", "", {{"rawPayload", "true"}}), "\xff");
  const auto message = open("\xff", {{"rawPayload", "true"}});
  ASSERT_TRUE(message);
  EXPECT_EQ(message->event.data, "\xff");
  EXPECT_EQ(message->event.content_type, "application/octet-stream");
  EXPECT_EQ(message->event.source, "Dapr");
  EXPECT_THAT(message->envelope, HasSubstr(R"("data_base64":"/w==")"));
  for (const char* bytes : {"", "\xff", "[]", "{", "null"}) EXPECT_FALSE(open(bytes)) << bytes;
}

TEST_F(EnvelopeTest, Expires) {
  EXPECT_FALSE(open(publish("x", "", {{"ttlInSeconds", "1"}}))->expired);
  EXPECT_TRUE(open(R"({"expiration":"2026-01-02T03:04:04Z"})")->expired);
  EXPECT_FALSE(open(R"({"expiration":"never"})")->expired);
}

TEST_F(EnvelopeTest, NoPrefixOfAMessageEndsTheProgram) {
  const std::string bytes = publish(R"({"a":[1,{"b":"\u00fc"}]})", "application/json");
  for (std::size_t cut = 0; cut < bytes.size(); ++cut) EXPECT_FALSE(open(bytes.substr(0, cut)));
}

TEST(TopicRouteTest, TakesTheFirstRuleThatMatches) {
  const dapr::TopicEvent event{.type = "a", .extensions = {{"own", "x y"}}};
  struct Case {
    std::string match;
    bool can;
    bool matches;
  };
  for (const Case& c : {
           Case{"", true, true},
           Case{R"(event.type == "a")", true, true},
           Case{"event.type=='a'", true, true},
           Case{R"(event.type == "b")", true, false},
           Case{R"(event.type != "b")", true, true},
           Case{R"(event.own == "x y" && event.type == "a")", true, true},
           Case{R"(event.own == "n" && event.type == "a")", true, false},
           Case{R"(event.own == "n" || event.type == "a")", true, true},
           Case{R"(event.none == "")", true, true},
           Case{"event.data.x == 1", false, false},
           Case{"size(event.type) > 0", false, false},
           Case{R"(event.type == "a)", false, false},
           Case{R"(event.type = "a")", false, false},
           Case{"event.", false, false},
           Case{"&&", false, false},
           Case{std::string(5000, '|'), false, false},
       }) {
    EXPECT_EQ(can_match(c.match), c.can) << c.match.substr(0, 40);
    const dapr::Subscription subscription{.rules = {{.match = c.match, .path = "yes"}},
                                          .path = "no"};
    EXPECT_EQ(route(subscription, event), c.matches ? "yes" : "no") << c.match.substr(0, 40);
  }
  EXPECT_EQ(route({.rules = {{.match = "event.type == 'b'", .path = "p"}}}, event), std::nullopt);
  EXPECT_EQ(route({}, event), "");
}

}  // namespace
}  // namespace ofn::localdapr
