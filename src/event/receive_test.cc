#include "event/receive.h"

#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace ofn::event {
namespace {

using ::testing::HasSubstr;
using Fields = std::vector<Field>;

constexpr SystemTime kNow{std::chrono::seconds(1'600'000'000)};

const Fields kJson = {{"content-type", "application/json"}, {"traceparent", "00-1-2-01"}};
const Fields kBatch = {{"content-type", "application/cloudevents-batch+json"}};
constexpr const char* kBackground =
    R"({"context":{"eventId":"1","timestamp":"2020-09-29T11:32:00Z",)"
    R"("eventType":"providers/firebase.auth/eventTypes/user.create","resource":"projects/p"},)"
    R"("data":{"uid":"u"}})";
constexpr const char* kPush = R"({"subscription":"s","message":{"messageId":"1","data":"aGk="}})";
constexpr const char* kModern =
    R"({"specversion":"1.0","id":"1","source":"//firebaseauth.googleapis.com/projects/p",)"
    R"("type":"google.firebase.auth.user.v1.created","datacontenttype":"application/json",)"
    R"("subject":"users/u","time":"2020-09-29T11:32:00Z","data":{"uid":"u"}})";
constexpr const char* kOther = R"({"specversion":"1.0","id":"1","source":"/s","type":"t"})";

Request request(const Fields& fields, std::string_view body) {
  return Request({.method = "POST",
                  .target = "/projects/p/topics/t?x",
                  .authority = {},
                  .headers = fields,
                  .trailers = {},
                  .params = {},
                  .body = body,
                  .peer = {},
                  .id = {},
                  .stop = {}});
}

BackgroundEvent background() {
  return {.data = EventData(R"({"uid":"u"})"),
          .context = EventContext()
                         .event_id("1")
                         .timestamp("2020-09-29T11:32:00Z")
                         .event_type("providers/firebase.auth/eventTypes/user.create")
                         .resource({.name = "projects/p", .service = {}, .type = {}})};
}

TEST(Receive, ABackgroundEventBecomesACloudEvent) {
  const auto received = receive_cloud_events(request(kJson, kBackground), kNow);
  ASSERT_TRUE(received.has_value()) << received.error().text();
  EXPECT_EQ(received->mode, Mode::kStructured);
  const auto modern = receive_cloud_events(request(kJson, kModern), kNow);
  ASSERT_TRUE(modern.has_value());
  EXPECT_EQ(received->events, modern->events);
  EXPECT_EQ(received->events[0].extension("traceparent"), "00-1-2-01");
}

TEST(Receive, APushBecomesEither) {
  const auto modern = receive_cloud_events(request(kJson, kPush), kNow);
  ASSERT_TRUE(modern.has_value()) << modern.error().text();
  EXPECT_EQ(modern->events[0].source(), "//pubsub.googleapis.com/projects/p/topics/t");
  EXPECT_EQ(modern->events[0].time(), "2020-09-13T12:26:40.000Z");
  const auto old = receive_background_events(request(kJson, kPush), kNow);
  ASSERT_TRUE(old.has_value()) << old.error().text();
  EXPECT_EQ(old->at(0).context.resource().name, "projects/p/topics/t");
}

TEST(Receive, ACloudEventBecomesABackgroundEvent) {
  for (const char* body : {kBackground, kModern}) {
    const auto events = receive_background_events(request(kJson, body), kNow);
    ASSERT_TRUE(events.has_value()) << events.error().text();
    EXPECT_EQ(*events, std::vector<BackgroundEvent>{background()});
  }
  const Fields binary = {{"ce-specversion", "1.0"},
                         {"ce-id", "1"},
                         {"ce-source", "//firebaseauth.googleapis.com/projects/p"},
                         {"ce-type", "google.firebase.auth.user.v1.created"},
                         {"ce-time", "2020-09-29T11:32:00Z"},
                         {"content-type", "application/json"}};
  EXPECT_EQ(*receive_background_events(request(binary, R"({"uid":"u"})"), kNow),
            std::vector<BackgroundEvent>{background()});
  const std::string batch = "[" + std::string(kModern) + "," + kModern + "]";
  EXPECT_EQ(*receive_background_events(request(kBatch, batch), kNow),
            (std::vector<BackgroundEvent>{background(), background()}));
}

TEST(Receive, WhatIsNeitherIsToldTwice) {
  struct Case {
    Fields fields;
    std::string body;
    std::vector<const char*> reasons;
  };
  const Case cases[] = {
      {{}, "x", {"not a CloudEvent: there are", "; and not a background event: the content type"}},
      {{{"content-type", "text/plain"}}, kBackground, {"the content type is not application/json"}},
      {kJson, "{", {"not a CloudEvent", "not a background event: the body is not JSON"}},
      {kJson,
       "null",
       {"not a CloudEvent", "not a background event: the body is not a JSON object"}},
      {kJson, "{}", {"not a CloudEvent", R"(not a background event: member "eventId")"}},
  };
  const auto check = [](const auto& received, const Case& one) {
    ASSERT_FALSE(received.has_value()) << one.body;
    EXPECT_EQ(received.error().code(), Code::kInvalidArgument);
    for (const char* reason : one.reasons) {
      EXPECT_THAT(received.error().message(), HasSubstr(reason));
    }
  };
  for (const Case& one : cases) {
    check(receive_cloud_events(request(one.fields, one.body), kNow), one);
    check(receive_background_events(request(one.fields, one.body), kNow), one);
  }
}

TEST(Receive, WhatCannotBeConverted) {
  const char* unknown = R"({"eventId":"1","eventType":"t","data":{}})";
  EXPECT_THAT(receive_cloud_events(request(kJson, unknown), kNow).error().message(),
              HasSubstr(R"(the background event cannot become a CloudEvent: member "eventType")"));
  EXPECT_TRUE(receive_background_events(request(kJson, unknown), kNow).has_value());
  EXPECT_THAT(receive_background_events(request(kJson, kOther), kNow).error().message(),
              HasSubstr(R"(the CloudEvent cannot become a background event: attribute "type")"));
  const std::string batch = "[" + std::string(kModern) + "," + kOther + "]";
  EXPECT_THAT(receive_background_events(request(kBatch, batch), kNow).error().message(),
              HasSubstr("event 1: the CloudEvent cannot become a background event"));
  // An event with a mistake is not mistaken for another kind of request.
  const Fields mistaken = {{"ce-id", "1"}, {"content-type", "application/json"}};
  for (const auto code :
       {receive_cloud_events(request(mistaken, kBackground), kNow).error().code(),
        receive_background_events(request(mistaken, kBackground), kNow).error().code()}) {
    EXPECT_EQ(code, Code::kInvalidArgument);
  }
}

}  // namespace
}  // namespace ofn::event
