#include "dapr/delivered_event.h"

#include <algorithm>
#include <optional>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace ofn::dapr {
namespace {

using ::testing::ElementsAre;
using ::testing::FieldsAre;
using ::testing::HasSubstr;

TEST(DeliveredEvent, IsReadWhateverItsPublisherPutIntoIt) {
  const auto event = decode_json_event(R"({
    "specversion": "1.0", "id": "1", "source": "my app", "type": "", "datacontenttype": "text",
    "subject": "", "time": "yesterday", "myExt": "x", "ratio": 0.50, "big": 12345678901234567890,
    "yes": true, "nothing": null, "object": {"a": 1}, "list": [1], "data": "hello"})");
  ASSERT_TRUE(event) << event.error().text();
  EXPECT_EQ(event->id, "1");
  EXPECT_EQ(event->source, "my app");
  EXPECT_EQ(event->type, "");
  EXPECT_EQ(event->content_type, "text");
  EXPECT_EQ(event->data, "hello");
  EXPECT_THAT(event->extensions,
              ElementsAre(FieldsAre("subject", ""), FieldsAre("time", "yesterday"),
                          FieldsAre("myExt", "x"), FieldsAre("ratio", "0.50"),
                          FieldsAre("big", "12345678901234567890"), FieldsAre("yes", "true")));
}

TEST(DeliveredEvent, DataIsTheSendersOwn) {
  struct Case {
    std::string members, data;
  };
  for (const Case& c : {
           Case{R"("data": {"a":  1.0})", R"({"a":  1.0})"},
           Case{R"("data": "text")", R"("text")"},
           Case{R"("datacontenttype": "application/json", "data": "text")", R"("text")"},
           Case{R"("datacontenttype": "text/plain", "data": "a\nb")", "a\nb"},
           Case{R"("datacontenttype": "text/plain", "data": 7)", "7"},
           Case{R"("data_base64": "AP8=")", std::string("\0\xff", 2)},
           Case{R"("data": null)", ""},
           Case{R"("data_base64": null, "data": 1)", "1"},
       }) {
    const auto event = decode_json_event(R"({"specversion":"1.0",)" + c.members + "}");
    ASSERT_TRUE(event) << c.members;
    EXPECT_EQ(event->data, c.data) << c.members;
  }
}

// The text is parsed by Go's rules, as a sidecar does over gRPC.
TEST(DeliveredEvent, IsWhatASidecarReads) {
  struct Case {
    std::string text, id, subject, data;
  };
  const std::string deep = std::string(300, '[') + std::string(300, ']');
  for (const Case& c : {
           Case{"{}", "", "", ""},
           Case{R"({"specversion":null,"id":"1"})", "1", "", ""},
           Case{R"({"id":"1","id":"2","subject":"a","subject":"b","data":1,"data":2})", "2", "b",
                "2"},
           Case{R"({"id":"1","id":null,"subject":"a","subject":null,"data":1,"data":null})", "", "",
                ""},
           Case{R"({"subject":"a","subject":{},"id":"1","id":[]})", "", "", ""},
           Case{R"({"subject":"\ud800","data":"\uDC00x"})", "", "\uFFFD", R"("\uFFFDx")"},
           Case{R"({"subject":"\ud800\ud83d\ude00\\ud800"})", "", "\uFFFD😀\\ud800", ""},
           Case{"{\"subject\":\"a\xFF\xC0\x80z\",\"data\":\"\xE2\x82\"}", "",
                "a\uFFFD\uFFFD\uFFFDz", "\"\uFFFD\uFFFD\""},
           Case{R"({"data":)" + deep + "}", "", "", deep},
           Case{R"({"data":"x","data_base64":"AP8="})", "", "", std::string("\0\xff", 2)},
           Case{R"({"data":"x","data_base64":null})", "", "", R"("x")"},
       }) {
    const auto event = decode_json_event(c.text);
    ASSERT_TRUE(event) << c.text << event.error().text();
    EXPECT_EQ(event->id, c.id) << c.text;
    const auto subject = std::ranges::find(event->extensions, "subject", &Header::name);
    EXPECT_EQ(subject == event->extensions.end() ? "" : subject->value, c.subject) << c.text;
    EXPECT_EQ(event->data, c.data) << c.text;
  }
}

TEST(DeliveredEvent, WhatIsNoneIsRefused) {
  struct Case {
    std::string text, why;
  };
  for (const Case& c : {
           Case{"", "not JSON"},
           Case{"{", "not JSON"},
           Case{"[]", "JSON object"},
           Case{"{\"a\":\"\xFF\"", "not JSON"},
           Case{R"({"a":"\ud80"})", "not JSON"},
           Case{R"({"a":"\ud800)", "not JSON"},
           Case{"{\"a\":\"\\\xFF\"}", "not JSON"},
           Case{R"({"specversion":"1.0","data_base64":"?"})", "base64"},
           Case{R"({"specversion":"1.0","data_base64":1})", "base64"},
       }) {
    const auto event = decode_json_event(c.text);
    ASSERT_FALSE(event) << c.text;
    EXPECT_THAT(event.error().message(), HasSubstr(c.why));
  }
}

TEST(DeliveredEvent, TheBrokersMetadataIsWhatTheProtocolsDoNotNeed) {
  const std::vector<Field> fields = {{"Content-Type", "a/b"}, {"__key", "k1"},
                                     {"grpc-timeout", "1S"},  {"x-offset", "17"},
                                     {"User-Agent", "dapr"},  {"Traceparent", "00-"},
                                     {"te", "trailers"},      {"Dapr-Api-Token", "secret"}};
  EXPECT_THAT(message_metadata(fields),
              ElementsAre(FieldsAre("__key", "k1"), FieldsAre("x-offset", "17")));
}

}  // namespace
}  // namespace ofn::dapr
