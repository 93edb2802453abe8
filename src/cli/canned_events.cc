#include "cli/canned_events.h"

#include "base/base64.h"

namespace ofn::cli {

namespace {

CannedEvent binary(std::string type, std::string source, std::string subject,
                   const std::string& time, std::string body) {
  CannedEvent event{.fields = {{"content-type", "application/json"},
                               {"ce-specversion", "1.0"},
                               {"ce-id", "1234-5678"},
                               {"ce-type", std::move(type)},
                               {"ce-source", std::move(source)},
                               {"ce-time", time}},
                    .body = std::move(body)};
  if (!subject.empty()) event.fields.emplace_back("ce-subject", std::move(subject));
  return event;
}

}  // namespace

std::optional<CannedEvent> canned_event(std::string_view name, const std::string& time) {
  if (name == "cloudevent") {
    return binary("com.example.greeting", "https://example.com/greetings", "world", time,
                  R"({"message":"hello"})");
  }
  if (name == "storage") {
    return binary("google.cloud.storage.object.v1.finalized",
                  "//storage.googleapis.com/projects/_/buckets/my-bucket",
                  "objects/folder/photo.jpg", time,
                  R"({"bucket":"my-bucket","contentType":"image/jpeg","name":"folder/photo.jpg",)"
                  R"("size":"352","generation":"1587627537231057","metageneration":"1",)"
                  R"("timeCreated":")" +
                      time + R"(","updated":")" + time + R"("})");
  }
  if (name == "pubsub") {
    return binary("google.cloud.pubsub.topic.v1.messagePublished",
                  "//pubsub.googleapis.com/projects/my-project/topics/my-topic", "", time,
                  R"({"message":{"data":")" + base64_encode("hello") +
                      R"(","attributes":{"kind":"greeting"},"messageId":"2070443601311540",)"
                      R"("publishTime":")" +
                      time + R"("},"subscription":"projects/my-project/subscriptions/mine"})");
  }
  if (name == "cron") {
    // What an input binding of the type bindings.cron delivers: no data, and the time as metadata.
    return CannedEvent{.fields = {{"readtimeutc", time}, {"timezone", "UTC"}}};
  }
  if (name == "mqtt") {
    return CannedEvent{
        .fields = {{"content-type", "application/json"}, {"mqtttopic", "sensors/kitchen"}},
        .body = R"({"sensor":"kitchen","celsius":21.5})"};
  }
  return std::nullopt;
}

}  // namespace ofn::cli
