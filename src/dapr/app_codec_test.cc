#include "dapr/app_codec.h"

#include <algorithm>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace ofn::dapr {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

std::string all_bytes() {
  std::string bytes;
  for (int i = 0; i < 256; ++i) bytes.push_back(static_cast<char>(i));
  return bytes;
}

std::string value_of(const std::vector<Header>& metadata, std::string_view name) {
  const auto found = std::ranges::find(metadata, name, &Header::name);
  return found == metadata.end() ? "(absent)" : found->value;
}

TopicEvent an_event() {
  return {.id = "i",
          .source = "s",
          .type = "com.dapr.event.sent",
          .spec_version = "1.0",
          .content_type = "application/octet-stream",
          .data = all_bytes(),
          .topic = "orders",
          .component = "bus",
          .path = "/orders",
          .extensions = {{"traceparent", "00-…"}, {"own", ""}}};
}

void expect_same(const TopicEvent& a, const TopicEvent& b) {
  EXPECT_EQ(a.id, b.id);
  EXPECT_EQ(a.source, b.source);
  EXPECT_EQ(a.type, b.type);
  EXPECT_EQ(a.spec_version, b.spec_version);
  EXPECT_EQ(a.content_type, b.content_type);
  EXPECT_EQ(a.data, b.data);
  EXPECT_EQ(a.topic, b.topic);
  EXPECT_EQ(a.component, b.component);
  EXPECT_EQ(a.path, b.path);
  EXPECT_EQ(a.extensions.size(), b.extensions.size());
  for (const Header& extension : a.extensions) {
    EXPECT_EQ(extension.value, value_of(b.extensions, extension.name));
  }
}

TEST(AppCodec, CarriesATopicsEventVerbatim) {
  const auto bytes = encode(an_event());
  ASSERT_TRUE(bytes);
  const auto event = decode_topic_event(*bytes);
  ASSERT_TRUE(event);
  expect_same(*event, an_event());
}

TEST(AppCodec, CarriesABindingsEventVerbatim) {
  for (const std::string& data : {std::string(), all_bytes(), std::string(1 << 20, '\0')}) {
    const auto bytes = encode(
        BindingEvent{.component = "tick", .data = data, .metadata = {{"timeZone", "Local"}}});
    ASSERT_TRUE(bytes);
    const auto event = decode_binding_event(*bytes);
    ASSERT_TRUE(event);
    EXPECT_EQ(event->component, "tick");
    EXPECT_EQ(event->data, data);
    EXPECT_EQ(value_of(event->metadata, "timeZone"), "Local");
  }
}

TEST(AppCodec, CarriesABulkOfEventsAndOfRawMessages) {
  TopicEvent inner = an_event();
  inner.topic = inner.component = inner.path = "";  // these belong to the whole delivery
  const auto bytes = encode(BulkEvent{.id = "b",
                                      .entries = {{.entry_id = "1",
                                                   .content_type = "application/cloudevents+json",
                                                   .metadata = {{"k", "v"}},
                                                   .event = inner,
                                                   .bytes = {}},
                                                  {.entry_id = "2",
                                                   .content_type = "text/plain",
                                                   .metadata = {},
                                                   .event = std::nullopt,
                                                   .bytes = all_bytes()}},
                                      .metadata = {{"m", "n"}},
                                      .topic = "orders",
                                      .component = "bus",
                                      .type = "t",
                                      .path = "/p"});
  ASSERT_TRUE(bytes);
  const auto event = decode_bulk_event(*bytes);
  ASSERT_TRUE(event);
  EXPECT_EQ(event->id, "b");
  EXPECT_EQ(event->topic, "orders");
  EXPECT_EQ(event->component, "bus");
  EXPECT_EQ(event->type, "t");
  EXPECT_EQ(event->path, "/p");
  EXPECT_EQ(value_of(event->metadata, "m"), "n");
  ASSERT_EQ(event->entries.size(), 2U);
  EXPECT_EQ(event->entries[0].entry_id, "1");
  EXPECT_EQ(value_of(event->entries[0].metadata, "k"), "v");
  ASSERT_TRUE(event->entries[0].event);
  expect_same(*event->entries[0].event, inner);
  EXPECT_EQ(event->entries[1].content_type, "text/plain");
  EXPECT_FALSE(event->entries[1].event);
  EXPECT_EQ(event->entries[1].bytes, all_bytes());
}

TEST(AppCodec, CarriesSubscriptions) {
  const auto decoded = decode_subscriptions(
      encode({{.component = "bus",
               .topic = "orders",
               .metadata = {{"rawPayload", "true"}},
               .rules = {{.match = "event.type == \"a\"", .path = "/a"}},
               .path = "/rest",
               .dead_letter_topic = "dead",
               .bulk = Subscription::Bulk{.max_messages = 10, .max_await_ms = 20}},
              {.component = "bus",
               .topic = "plain",
               .metadata = {},
               .rules = {},
               .path = {},
               .dead_letter_topic = {},
               .bulk = {}}}));
  ASSERT_TRUE(decoded);
  ASSERT_EQ(decoded->size(), 2U);
  const Subscription& full = decoded->front();
  EXPECT_EQ(full.component, "bus");
  EXPECT_EQ(full.topic, "orders");
  EXPECT_EQ(value_of(full.metadata, "rawPayload"), "true");
  EXPECT_THAT(full.rules, ElementsAre(Subscription::Rule{"event.type == \"a\"", "/a"}));
  EXPECT_EQ(full.path, "/rest");
  EXPECT_EQ(full.dead_letter_topic, "dead");
  EXPECT_EQ(full.bulk, (Subscription::Bulk{10, 20}));
  const Subscription& plain = decoded->back();
  EXPECT_EQ(plain.topic, "plain");
  EXPECT_THAT(plain.rules, IsEmpty());
  EXPECT_EQ(plain.path, "");
  EXPECT_FALSE(plain.bulk);
}

TEST(AppCodec, CarriesReplies) {
  for (const TopicStatus status : {TopicStatus::kSuccess, TopicStatus::kRetry, TopicStatus::kDrop})
    EXPECT_EQ(*decode_topic_status(encode(status)), status);
  for (const Health health :
       {Health::kUnknown, Health::kServing, Health::kNotServing, Health::kServiceUnknown})
    EXPECT_EQ(*decode_health(encode(health)), health);
  EXPECT_EQ(*decode_health_request(encode_health_request("ofn")), "ofn");
  EXPECT_THAT(*decode_input_bindings(encode_input_bindings({"a", "b"})), ElementsAre("a", "b"));
  const std::vector<BulkStatus> statuses = {
      {"1", TopicStatus::kSuccess}, {"2", TopicStatus::kRetry}, {"3", TopicStatus::kDrop}};
  EXPECT_EQ(*decode_bulk_statuses(encode(statuses)), statuses);
  const auto reply =
      decode_binding_event_reply(encode(BindingEventReply{.data = "d", .to = {"a", "b"}}));
  ASSERT_TRUE(reply);
  EXPECT_EQ(reply->data, "d");
  EXPECT_THAT(reply->to, ElementsAre("a", "b"));
}

// The bytes on the wire, written by hand from the field numbers in Dapr's contract.
TEST(AppCodec, WritesAndReadsDaprsFieldNumbers) {
  EXPECT_EQ(encode(TopicStatus::kSuccess), "") << "the empty message";
  EXPECT_EQ(encode(TopicStatus::kRetry), "\x08\x01");
  EXPECT_EQ(encode(TopicStatus::kDrop), "\x08\x02");
  EXPECT_EQ(*decode_topic_status("\x08\x07"), TopicStatus::kRetry) << "an unknown status";
  EXPECT_EQ(encode_input_bindings({"n"}), "\x0a\x01n");
  EXPECT_EQ(*encode(BindingEvent{.component = "n", .data = "d", .metadata = {{"k", "v"}}}),
            "\x0a\x01n\x12\x01"
            "d\x1a\x06\x0a\x01k\x12\x01v");
}

// Values of every JSON kind, as another program may send them.
TEST(AppCodec, ReadsExtensionsThatAreNoTexts) {
  struct Case {
    std::string_view value;  // a google.protobuf.Value
    std::string_view text;
  };
  using namespace std::string_view_literals;
  for (const Case& c :
       {Case{"\x1a\x01x"sv, "x"}, Case{"\x20\x01"sv, "true"}, Case{"\x20\x00"sv, "false"},
        Case{"\x08\x00"sv, "(absent)"}, Case{"\x11\x00\x00\x00\x00\x00\x00\x45\x40"sv, "42"},
        Case{"\x11\x00\x00\x00\x00\x00\x6a\xf8\x40"sv, "100000"},
        Case{"\x11\x00\x00\x00\x00\x00\x6a\x08\xc1"sv, "-200000"},
        Case{"\x11\x00\x00\x00\x00\x00\x00\x50\x43"sv, "18014398509481984"},
        Case{"\x11\x00\x00\x00\x00\x00\x00\xf8\xbf"sv, "-1.5"}, Case{"\x2a\x00"sv, "(absent)"},
        Case{"\x32\x00"sv, "(absent)"}, Case{""sv, "(absent)"}}) {
    const auto sized = [](char tag, std::string_view content) {
      return std::string{tag, static_cast<char>(content.size())}.append(content);
    };
    const std::string entry = sized('\x0a', "k") + sized('\x12', c.value);
    const auto event = decode_topic_event(sized('\x52', sized('\x0a', entry)));
    ASSERT_TRUE(event);
    EXPECT_EQ(value_of(event->extensions, "k"), c.text);
  }
}

TEST(AppCodec, RefusesTextThatIsNotUtf8AndNamesIt) {
  struct Case {
    std::string TopicEvent::* text;
    std::string_view named;
  };
  for (const Case& c :
       {Case{&TopicEvent::id, "id"}, Case{&TopicEvent::source, "source"},
        Case{&TopicEvent::type, "type"}, Case{&TopicEvent::spec_version, "specversion"},
        Case{&TopicEvent::content_type, "content type"}, Case{&TopicEvent::topic, "topic"},
        Case{&TopicEvent::component, "component"}, Case{&TopicEvent::path, "path"}}) {
    TopicEvent event = an_event();
    event.*c.text = "\xff";
    const auto bytes = encode(event);
    ASSERT_FALSE(bytes);
    EXPECT_EQ(bytes.error().code(), Code::kInvalidArgument);
    EXPECT_THAT(bytes.error().message(), HasSubstr(std::string(c.named)));
    if (c.text == &TopicEvent::topic || c.text == &TopicEvent::component) continue;
    BulkEvent bulk;
    bulk.entries.emplace_back().event = event;
    EXPECT_FALSE(encode(bulk));
  }
  EXPECT_FALSE(encode(BindingEvent{.component = "\xc0", .data = {}, .metadata = {}}));
  EXPECT_FALSE(encode(BindingEvent{.component = "a", .data = {}, .metadata = {{"k", "\xff"}}}));
}

// A message that is cut or changed at any byte gives an error or another message, and nothing
// worse.
TEST(AppCodec, SurvivesDamage) {
  BulkEvent bulk;
  bulk.entries.emplace_back().event = an_event();
  bulk.entries.emplace_back().bytes = "raw";
  const std::vector<std::string> messages = {
      *encode(an_event()), *encode(bulk),
      *encode(BindingEvent{.component = "a", .data = "b", .metadata = {{"k", "v"}}}),
      encode(std::vector<Subscription>{{.component = "bus",
                                        .topic = "orders",
                                        .metadata = {{"a", "b"}},
                                        .rules = {{"m", "p"}},
                                        .path = "/",
                                        .dead_letter_topic = "d",
                                        .bulk = Subscription::Bulk{}}})};
  const auto decode_all = [](std::string_view bytes) {
    testing::internal::CaptureStderr();
    for (const bool ok :
         {decode_topic_event(bytes).has_value(), decode_bulk_event(bytes).has_value(),
          decode_binding_event(bytes).has_value(), decode_subscriptions(bytes).has_value(),
          decode_input_bindings(bytes).has_value(), decode_topic_status(bytes).has_value(),
          decode_bulk_statuses(bytes).has_value(), decode_binding_event_reply(bytes).has_value(),
          decode_health_request(bytes).has_value(), decode_health(bytes).has_value()}) {
      (void)ok;
    }
    EXPECT_EQ(testing::internal::GetCapturedStderr(), "") << "only cli prints";
  };
  for (const std::string& whole : messages) {
    for (std::size_t i = 0; i < whole.size(); ++i) {
      decode_all(std::string_view(whole).substr(0, i));
      std::string changed = whole;
      changed[i] = static_cast<char>(changed[i] ^ 0x80);
      decode_all(changed);
    }
  }
  EXPECT_FALSE(decode_topic_event("\x0a\x05x"));
  EXPECT_EQ(decode_topic_event("\xff\xff").error().code(), Code::kInternal);
}

}  // namespace
}  // namespace ofn::dapr
