#include "event/background.h"

#include <chrono>
#include <set>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace ofn::event {
namespace {

using ::testing::HasSubstr;

constexpr SystemTime kNow{std::chrono::milliseconds(1'600'000'000'042)};
constexpr const char* kNowText = "2020-09-13T12:26:40.042Z";
constexpr const char* kTime = "2020-09-29T11:32:00.000Z";
constexpr const char* kMessageType = "type.googleapis.com/google.pubsub.v1.PubsubMessage";

Result<BackgroundEvent> parse(const std::string& body, std::string_view path = "/") {
  return parse_background(body, path, kNow);
}

EventContext context_of(std::string type, EventResource resource, std::string domain = "") {
  return EventContext()
      .event_id("id-1")
      .timestamp(kTime)
      .event_type(std::move(type))
      .resource(std::move(resource))
      .domain(std::move(domain));
}

EventResource named(std::string name) {
  return {.name = std::move(name), .service = {}, .type = {}};
}

// ---- Reading each form of a request.

void check_parsed(const std::string& body, const BackgroundEvent& expected,
                  std::string_view path = "/") {
  const Result<BackgroundEvent> event = parse(body, path);
  ASSERT_TRUE(event.has_value()) << body << ": " << event.error().text();
  EXPECT_EQ(event->context, expected.context) << body;
  EXPECT_EQ(event->data.json(), expected.data.json()) << body;
}

void check_not_parsed(const std::string& body, const std::string& reason) {
  const Result<BackgroundEvent> event = parse(body);
  ASSERT_FALSE(event.has_value()) << body;
  EXPECT_EQ(event.error().code(), Code::kInvalidArgument);
  EXPECT_THAT(event.error().message(), HasSubstr(reason)) << body;
}

TEST(Background, NestedContext) {
  const std::string body =
      R"({"context":{"eventId":"id-1","timestamp":"2020-09-29T11:32:00.000Z","eventType":"a.b",)"
      R"("resource":RESOURCE,"unknown":1},"data":{"b":1.0, "a":[1e2]},"params":{},"eventId":"no"})";
  const auto with = [&](const std::string& resource) {
    std::string text = body;
    return text.replace(text.find("RESOURCE"), 8, resource);
  };
  const EventData data(R"({"b":1.0, "a":[1e2]})");
  check_parsed(with(R"("r/1")"), {data, context_of("a.b", named("r/1"))});
  check_parsed(with("null"), {data, context_of("a.b", {})});
  check_parsed(with("{}"), {data, context_of("a.b", {})});
  check_parsed(with(R"({"service":"s","name":"n","type":"t","x":[]})"),
               {data, context_of("a.b", {.name = "n", .service = "s", .type = "t"})});
}

TEST(Background, ContextAtTopLevel) {
  check_parsed(R"({"eventId":"id-1","timestamp":"2020-09-29T11:32:00.000Z","eventType":"a.b",)"
               R"("resource":"r","domain":"firebaseio.com","auth":{"admin":true},"data":null})",
               {EventData("null"), context_of("a.b", named("r"), "firebaseio.com")});
  // A null context counts as missing.
  check_parsed(R"({"context":null,"eventId":"id-1","eventType":"a.b","data":1,"timestamp":null,)"
               R"("domain":null})",
               {EventData("1"), EventContext().event_id("id-1").event_type("a.b")});
}

TEST(Background, RawPubsubPush) {
  const auto pushed = [](const std::string& name, const std::string& time) {
    return context_of("google.pubsub.topic.publish",
                      {.name = name, .service = "pubsub.googleapis.com", .type = kMessageType})
        .timestamp(time);
  };
  const std::string type = std::string(R"({"@type":")") + kMessageType + '"';
  const std::string push =
      R"({"subscription":"projects/p/subscriptions/s","message":{"data":"aGk=","messageId":"id-1",)"
      R"("attributes":{"k":"v"},"publishTime":"2020-09-29T11:32:00.000Z","orderingKey":"o"}})";
  const EventData data(type + R"(,"data":"aGk=","attributes":{"k":"v"}})");
  check_parsed(push, {data, pushed("", kTime)});
  for (const char* path :
       {"/projects/p/topics/t", "/projects/x/projects/p/topics/t/more", "/a/projects/p/topics/t"}) {
    check_parsed(push, {data, pushed("projects/p/topics/t", kTime)}, path);
  }
  for (const char* path : {"/projects/p/topics/", "/projects//topics/t", "/projects/p/topic/t"}) {
    check_parsed(push, {data, pushed("", kTime)}, path);
  }
  // If the message has no time, the current time is used. `attributes` is always set, `data` is
  // not.
  check_parsed(R"({"subscription":"s","message":{"messageId":"id-1"}})",
               {EventData(type + R"(,"attributes":{}})"), pushed("", kNowText)});
}

TEST(Background, NotParsed) {
  check_not_parsed("", "is not JSON: error at byte");
  check_not_parsed("null", "not a JSON object");
  check_not_parsed("[]", "not a JSON object");
  check_not_parsed("{}", R"(member "eventId": expected a string, found none)");
  check_not_parsed(R"({"data":{}})", R"(member "eventId": expected a string, found none)");
  check_not_parsed(R"({"eventId":"1","data":{}})", R"(member "eventType": expected a string)");
  check_not_parsed(R"({"eventId":"1","eventType":"t"})", R"(member "data": expected the event's)");
  check_not_parsed(R"({"eventId":1,"eventType":"t","data":1})",
                   R"(member "eventId": expected a string, found a number)");
  check_not_parsed(R"({"eventId":"","eventType":"t","data":1})",
                   R"(member "eventId": expected a string that is not empty, found "")");
  check_not_parsed(R"({"eventId":"1","eventType":null,"data":1})",
                   R"(member "eventType": expected a string, found null)");
  check_not_parsed(R"({"eventId":"1","eventType":"t","timestamp":1,"data":1})",
                   R"(member "timestamp": expected a string, found a number)");
  check_not_parsed(R"({"eventId":"1","eventType":"t","resource":[],"data":1})",
                   R"(member "resource": expected a string or an object, found an array)");
  check_not_parsed(R"({"eventId":"1","eventType":"t","domain":{},"data":1})",
                   R"(member "domain": expected a string, found an object)");
  check_not_parsed(R"({"context":[],"data":1})", R"(member "context": expected an object)");
  check_not_parsed(R"({"context":{"eventType":"t"},"eventId":"1","data":1})",
                   R"(member "context.eventId": expected a string, found none)");
  check_not_parsed(R"({"context":{"eventId":"1","eventType":"t","resource":{"name":1}},"data":1})",
                   R"(member "context.resource.name": expected a string, found a number)");
  check_not_parsed(R"({"data":1,"data":2})", R"(member "data" occurs twice)");
  check_not_parsed(R"({"subscription":"s","message":{"data":""}})",
                   R"(member "message.messageId": expected a string, found none)");
  check_not_parsed(R"({"subscription":"s","message":{"messageId":"1","publishTime":5}})",
                   R"(member "message.publishTime": expected a string, found a number)");
}

TEST(Background, CutAtEveryByteItIsNotParsed) {
  for (const std::string whole :
       {R"({"context":{"eventId":"1","eventType":"t","resource":{"name":"n"}},"data":["x\"}",1]})",
        R"({"subscription":"s","message":{"messageId":"1","data":"aGk="}})"}) {
    ASSERT_TRUE(parse(whole).has_value());
    for (std::size_t size = 0; size < whole.size(); ++size) {
      EXPECT_FALSE(parse(whole.substr(0, size)).has_value()) << size;
    }
  }
}

// ---- Conversions.

// One event in both forms. If `back` is empty, the CloudEvent becomes `background` again.
struct Pair {
  const char* about;
  EventContext background;
  const char* background_data;
  CloudEvent modern;
  const char* modern_data;
  EventContext back = {};
  const char* back_data = nullptr;
};

CloudEvent modern_of(const std::string& type, const std::string& source,
                     const std::string& subject = "") {
  CloudEvent event("id-1", source, type);
  event.datacontenttype("application/json").time(kTime);
  if (!subject.empty()) event.subject(subject);
  return event;
}

EventResource topic() {
  return {.name = "projects/p/topics/t", .service = "pubsub.googleapis.com", .type = kMessageType};
}

const std::vector<Pair>& pairs() {
  static const std::string storage_name = "projects/_/buckets/b/objects/f/a.txt";
  static const EventResource object = {
      .name = storage_name, .service = "storage.googleapis.com", .type = "storage#object"};
  static const std::string firestore = "projects/p/databases/(default)/documents/c/d";
  static const std::string firestore_source =
      "//firestore.googleapis.com/projects/p/databases/(default)";
  static const std::string reference = "projects/_/instances/i/refs/a/b";
  static const std::string database =
      "//firebasedatabase.googleapis.com/projects/_/locations/us-central1/instances/i";
  static const char* const object_data = R"({"kind":"storage#object","size":"1","n":1.50})";
  static const std::vector<Pair> all = {
      {"a message gets its envelope", context_of("google.pubsub.topic.publish", topic()),
       R"({"@type":"x","data":"aGk=","attributes":{"b":"1","a":"2"}})",
       modern_of("google.cloud.pubsub.topic.v1.messagePublished",
                 "//pubsub.googleapis.com/projects/p/topics/t"),
       R"({"message":{"@type":"x","data":"aGk=","attributes":{"b":"1","a":"2"},)"
       R"("messageId":"id-1","publishTime":"2020-09-29T11:32:00.000Z"}})"},
      {"a message's own id and time stay; they do not come back",
       context_of("google.pubsub.topic.publish", topic()), R"({"messageId":"m","publishTime":"p"})",
       modern_of("google.cloud.pubsub.topic.v1.messagePublished",
                 "//pubsub.googleapis.com/projects/p/topics/t"),
       R"({"message":{"messageId":"m","publishTime":"p"}})",
       context_of("google.pubsub.topic.publish", topic()), "{}"},
      {"an old type and a resource as text come back as the newer ones",
       context_of("providers/cloud.pubsub/eventTypes/topic.publish", named("projects/p/topics/t")),
       R"({"data":"aGk="})",
       modern_of("google.cloud.pubsub.topic.v1.messagePublished",
                 "//pubsub.googleapis.com/projects/p/topics/t"),
       R"({"message":{"data":"aGk=","messageId":"id-1","publishTime":"2020-09-29T11:32:00.000Z"}})",
       context_of("google.pubsub.topic.publish", topic()), R"({"data":"aGk="})"},
      {"storage", context_of("google.storage.object.finalize", object), object_data,
       modern_of("google.cloud.storage.object.v1.finalized",
                 "//storage.googleapis.com/projects/_/buckets/b", "objects/f/a.txt"),
       object_data},
      {"storage", context_of("google.storage.object.delete", object), object_data,
       modern_of("google.cloud.storage.object.v1.deleted",
                 "//storage.googleapis.com/projects/_/buckets/b", "objects/f/a.txt"),
       object_data},
      {"storage", context_of("google.storage.object.archive", object), object_data,
       modern_of("google.cloud.storage.object.v1.archived",
                 "//storage.googleapis.com/projects/_/buckets/b", "objects/f/a.txt"),
       object_data},
      {"storage", context_of("google.storage.object.metadataUpdate", object), object_data,
       modern_of("google.cloud.storage.object.v1.metadataUpdated",
                 "//storage.googleapis.com/projects/_/buckets/b", "objects/f/a.txt"),
       object_data},
      {"storage's old type",
       context_of("providers/cloud.storage/eventTypes/object.change", named(storage_name)),
       object_data,
       modern_of("google.cloud.storage.object.v1.finalized",
                 "//storage.googleapis.com/projects/_/buckets/b", "objects/f/a.txt"),
       object_data, context_of("google.storage.object.finalize", object), object_data},
      {"firestore",
       context_of("providers/cloud.firestore/eventTypes/document.write", named(firestore)),
       R"({"value":{"fields":{"n":{"doubleValue":1.0}}}})",
       modern_of("google.cloud.firestore.document.v1.written", firestore_source, "documents/c/d"),
       R"({"value":{"fields":{"n":{"doubleValue":1.0}}}})"},
      {"firestore",
       context_of("providers/cloud.firestore/eventTypes/document.create", named(firestore)), "{}",
       modern_of("google.cloud.firestore.document.v1.created", firestore_source, "documents/c/d"),
       "{}"},
      {"firestore",
       context_of("providers/cloud.firestore/eventTypes/document.update", named(firestore)), "{}",
       modern_of("google.cloud.firestore.document.v1.updated", firestore_source, "documents/c/d"),
       "{}"},
      {"firestore",
       context_of("providers/cloud.firestore/eventTypes/document.delete", named(firestore)), "{}",
       modern_of("google.cloud.firestore.document.v1.deleted", firestore_source, "documents/c/d"),
       "{}"},
      {"a database that is not the default one",
       context_of("providers/cloud.firestore/eventTypes/document.write",
                  named("projects/p/databases/other/documents/c/d")),
       "{}",
       modern_of("google.cloud.firestore.document.v1.written",
                 "//firestore.googleapis.com/projects/p/databases/other", "documents/c/d"),
       "{}"},
      {"the user's times have other names; the subject is the user",
       context_of("providers/firebase.auth/eventTypes/user.create", named("projects/p")),
       R"({"email":"e","metadata":{"createdAt":"1","lastSignedInAt":"2","x":3},"uid":"u"})",
       modern_of("google.firebase.auth.user.v1.created", "//firebaseauth.googleapis.com/projects/p",
                 "users/u"),
       R"({"email":"e","metadata":{"createTime":"1","lastSignInTime":"2","x":3},"uid":"u"})"},
      {"neither user nor times",
       context_of("providers/firebase.auth/eventTypes/user.delete", named("projects/p")),
       R"({"metadata": {"x": 1}, "uid": 7})",
       modern_of("google.firebase.auth.user.v1.deleted",
                 "//firebaseauth.googleapis.com/projects/p"),
       R"({"metadata": {"x": 1}, "uid": 7})"},
      {"data that is no object",
       context_of("providers/firebase.auth/eventTypes/user.delete", named("projects/p")), "null",
       modern_of("google.firebase.auth.user.v1.deleted",
                 "//firebaseauth.googleapis.com/projects/p"),
       "null"},
      {"analytics",
       context_of("providers/google.firebase.analytics/eventTypes/event.log",
                  named("projects/p/events/open")),
       R"({"eventDim":[]})",
       modern_of("google.firebase.analytics.log.v1.written", "//firebase.googleapis.com/projects/p",
                 "events/open"),
       R"({"eventDim":[]})"},
      {"the database's region is in its domain",
       context_of("providers/google.firebase.database/eventTypes/ref.write", named(reference),
                  "europe-west1.firebasedatabase.app"),
       R"({"data":null,"delta":7})",
       modern_of("google.firebase.database.ref.v1.written",
                 "//firebasedatabase.googleapis.com/projects/_/locations/europe-west1/instances/i",
                 "refs/a/b"),
       R"({"data":null,"delta":7})"},
      {"database",
       context_of("providers/google.firebase.database/eventTypes/ref.create", named(reference),
                  "firebaseio.com"),
       "{}", modern_of("google.firebase.database.ref.v1.created", database, "refs/a/b"), "{}"},
      {"database",
       context_of("providers/google.firebase.database/eventTypes/ref.update", named(reference),
                  "firebaseio.com"),
       "{}", modern_of("google.firebase.database.ref.v1.updated", database, "refs/a/b"), "{}"},
      {"database",
       context_of("providers/google.firebase.database/eventTypes/ref.delete", named(reference),
                  "firebaseio.com"),
       "{}", modern_of("google.firebase.database.ref.v1.deleted", database, "refs/a/b"), "{}"},
  };
  return all;
}

TEST(Background, BecomesACloudEvent) {
  for (const Pair& pair : pairs()) {
    const auto event = to_cloud_event({EventData(pair.background_data), pair.background});
    ASSERT_TRUE(event.has_value()) << pair.about << ": " << event.error().text();
    EXPECT_EQ(event->id(), pair.modern.id());
    EXPECT_EQ(event->type(), pair.modern.type());
    EXPECT_EQ(event->source(), pair.modern.source()) << pair.about;
    EXPECT_EQ(event->subject(), pair.modern.subject()) << pair.about;
    EXPECT_EQ(event->data(), pair.modern_data) << pair.about;
    EXPECT_EQ(*event, CloudEvent(pair.modern).data(pair.modern_data)) << pair.about;
  }
}

TEST(Background, IsMadeOfACloudEvent) {
  for (const Pair& pair : pairs()) {
    const auto event = to_background_event(CloudEvent(pair.modern).data(pair.modern_data));
    ASSERT_TRUE(event.has_value()) << pair.about << ": " << event.error().text();
    const bool same = pair.back_data == nullptr;
    const EventContext& expected = same ? pair.background : pair.back;
    EXPECT_EQ(event->context.event_type(), expected.event_type());
    EXPECT_EQ(event->context.resource(), expected.resource()) << pair.about;
    EXPECT_EQ(event->context.domain(), expected.domain()) << pair.about;
    EXPECT_EQ(event->context, expected) << pair.about;
    EXPECT_EQ(event->data.json(), same ? pair.background_data : pair.back_data) << pair.about;
  }
}

TEST(Background, EveryTypeIsInTheTable) {
  std::set<std::string> background;
  std::set<std::string> modern;
  for (const Pair& pair : pairs()) {
    background.insert(pair.background.event_type());
    modern.insert(pair.modern.type());
  }
  EXPECT_EQ(background.size(), 18U);
  EXPECT_EQ(modern.size(), 16U);
}

TEST(Background, WithoutATime) {
  const auto event = to_cloud_event(
      {EventData("{}"),
       EventContext(context_of("google.pubsub.topic.publish", topic())).timestamp("")});
  ASSERT_TRUE(event.has_value());
  EXPECT_EQ(event->time(), std::nullopt);
  EXPECT_EQ(event->data(), R"({"message":{"messageId":"id-1"}})");
  EXPECT_EQ(to_background_event(*event)->context.timestamp(), "");
}

TEST(Background, DoesNotBecomeACloudEvent) {
  const auto check = [](const EventContext& context, const char* data, const char* reason) {
    const auto event = to_cloud_event({EventData(data), context});
    ASSERT_FALSE(event.has_value()) << reason;
    EXPECT_EQ(event.error().code(), Code::kInvalidArgument);
    EXPECT_THAT(event.error().message(), HasSubstr(reason));
  };
  const std::string finalize = "google.storage.object.finalize";
  const std::string write = "providers/google.firebase.database/eventTypes/ref.write";
  const std::string log = "providers/google.firebase.analytics/eventTypes/event.log";
  check(context_of("a.b", named("r")), "{}",
        R"(member "eventType": expected a known background event type)");
  check(context_of(finalize, {.name = "n", .service = "pubsub.googleapis.com", .type = {}}), "{}",
        R"(member "resource.service": expected "storage.googleapis.com", found "pubsub)");
  for (const char* name :
       {"", "projects/_/buckets/b", "projects/_/buckets/b/", "projects/_/buckets/b/objects",
        "projects/_/buckets/b/objects/", "projects/_/buckets//objects/a",
        "projects/p/buckets/b/objects/a", "/projects/_/buckets/b/objects/a",
        "projects/_/buckets/b/objectsx/a", "projects/_/buckets/b/objects_a"}) {
    check(context_of(finalize, named(name)), "{}",
          R"(member "resource": expected "projects/_/buckets/*/objects/…", found ")");
  }
  check(context_of(log, named("projects/p")), "{}", R"("projects/*/events/…")");
  check(context_of(write, named("projects/_/instances/i/refs/r")), "{}",
        R"(member "domain": expected the domain of the database, found none)");
  for (const char* domain : {".firebasedatabase.app", "a/b.firebasedatabase.app"}) {
    check(context_of(write, named("projects/_/instances/i/refs/r"), domain), "{}",
          R"(member "domain": expected the domain of the database, found ")");
  }
  check(context_of("google.pubsub.topic.publish", topic()), "[]",
        R"(member "data": expected an object, found an array)");
  check(EventContext(context_of("google.pubsub.topic.publish", topic())).timestamp("yesterday"),
        "{}", R"(attribute "time": expected an RFC 3339 timestamp)");
  check(EventContext(context_of("google.pubsub.topic.publish", topic())).event_id("a\nb"), "{}",
        R"(attribute "id": expected text, found a control character)");
}

TEST(Background, IsNotMadeOfACloudEvent) {
  const auto check = [](const CloudEvent& event, const char* reason) {
    const auto background = to_background_event(event);
    ASSERT_FALSE(background.has_value()) << reason;
    EXPECT_EQ(background.error().code(), Code::kInvalidArgument);
    EXPECT_THAT(background.error().message(), HasSubstr(reason));
  };
  const std::string finalized = "google.cloud.storage.object.v1.finalized";
  const std::string bucket = "//storage.googleapis.com/projects/_/buckets/b";
  const std::string written = "google.firebase.database.ref.v1.written";
  const auto storage = [&] { return modern_of(finalized, bucket, "objects/a"); };
  check(
      CloudEvent("1", "/s", "com.example.other"),
      R"(attribute "type": expected a CloudEvent type that corresponds to a background event type, found)");
  for (const char* source :
       {"storage.googleapis.com/projects/_/buckets/b", "//storage.googleapis.com",
        "//pubsub.googleapis.com/projects/_/buckets/b"}) {
    check(modern_of(finalized, source, "objects/a").data("{}"),
          R"(attribute "source": expected "//storage.googleapis.com/…", found)");
  }
  for (const char* name : {"", "projects/_", "projects/_/buckets/b/more"}) {
    check(modern_of(finalized, std::string("//storage.googleapis.com/") + name, "objects/a")
              .data("{}"),
          R"(expected "//storage.googleapis.com/projects/_/buckets/*", found)");
  }
  check(modern_of(finalized, bucket).data("{}"),
        R"(attribute "subject": expected "objects/…", found none)");
  check(modern_of(finalized, bucket, "documents/a").data("{}"), R"(found "documents/a")");
  check(storage(), "data: expected JSON, found none");
  check(storage().data("x"), "data: expected JSON, found something else");
  check(storage().datacontenttype("text/plain").data("{}"), "data: expected JSON, found something");
  check(storage().data(R"({"kind":1})"), R"(data: member "kind": expected a string, found none)");
  for (const char* name : {"projects/p/locations/l/instances/i", "projects/_/instances/i/more",
                           "projects/_/locations/l/instances/i/more", ""}) {
    check(
        modern_of(written, std::string("//firebasedatabase.googleapis.com/") + name, "refs/a")
            .data("{}"),
        R"(expected "//firebasedatabase.googleapis.com/projects/_/locations/*/instances/*", found)");
  }
}

// Older sources contain no region, so the domain stays unknown.
TEST(Background, ADatabaseMayHaveNoRegion) {
  const auto event = to_background_event(
      CloudEvent("1", "//firebasedatabase.googleapis.com/projects/_/instances/i",
                 "google.firebase.database.ref.v1.written")
          .subject("refs/a/b")
          .data("{}"));
  ASSERT_TRUE(event.has_value()) << event.error().text();
  EXPECT_EQ(event->context.resource().name, "projects/_/instances/i/refs/a/b");
  EXPECT_EQ(event->context.event_type(), "providers/google.firebase.database/eventTypes/ref.write");
  EXPECT_EQ(event->context.domain(), "");
}

}  // namespace
}  // namespace ofn::event
