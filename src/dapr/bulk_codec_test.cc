#include "dapr/bulk_codec.h"

#include <gtest/gtest.h>

namespace ofn::dapr {
namespace {

const std::string kBytes("\0\xff{}", 4);

std::string text_of(const std::vector<Header>& metadata) {
  std::vector<std::string> entries;
  for (const Header& entry : metadata) entries.push_back(entry.name + "=" + entry.value + ";");
  std::ranges::sort(entries);
  std::string text;
  for (const std::string& entry : entries) text += entry;
  return text;
}

TEST(BulkCodecTest, ACallArrivesAsItWasMade) {
  const std::vector<PublishCall> calls = {
      {.component = "bus",
       .topic = "t",
       .data = kBytes,
       .content_type = "text/plain",
       .metadata = {{"rawPayload", "true"}, {"cloudevent.id", "1"}}},
      {.component = "bus",
       .topic = "t",
       .data = "",
       .content_type = "",
       .metadata = {{"cloudevent.id", "2"}, {"rawPayload", "true"}}}};
  const auto bytes = encode_bulk(calls);
  ASSERT_TRUE(bytes);
  const auto request = decode_bulk_request(*bytes);
  ASSERT_TRUE(request);
  EXPECT_EQ(request->component, "bus");
  EXPECT_EQ(request->topic, "t");
  ASSERT_EQ(request->entries.size(), 2U);
  for (std::size_t i = 0; i < 2; ++i) {
    const auto& entry = request->entries[i];
    EXPECT_EQ(entry.id, std::to_string(i));
    EXPECT_EQ(entry.publish.data, calls[i].data);
    EXPECT_EQ(entry.publish.content_type, calls[i].content_type);
    EXPECT_EQ(entry.publish.component, "bus");
    EXPECT_EQ(entry.publish.topic, "t");
    EXPECT_EQ(text_of(entry.publish.metadata), text_of(calls[i].metadata));
  }
  for (std::size_t cut = 0; cut < bytes->size(); ++cut)
    (void)decode_bulk_request(std::string_view(*bytes).substr(0, cut));
}

TEST(BulkCodecTest, AnAnswerNamesPlaces) {
  struct Case {
    std::string_view name;
    std::vector<BulkPublishFailure> failures;
    bool is_good;
  };
  for (const Case& c : {
           Case{"none", {}, true},
           Case{"some", {{"0", "no"}, {"17", "\xff"}}, true},
           Case{"not a number", {{"a", ""}}, false},
           Case{"a part of a number", {{"1x", ""}}, false},
           Case{"negative", {{"-1", ""}}, false},
           Case{"too large", {{"99999999999999999999999", ""}}, false},
           Case{"empty", {{"", ""}}, false},
       }) {
    const auto published = decode_bulk_reply(encode(c.failures));
    ASSERT_EQ(published.has_value(), c.is_good) << c.name;
    if (!published) continue;
    ASSERT_EQ(published->failures.size(), c.failures.size()) << c.name;
    for (std::size_t i = 0; i < c.failures.size(); ++i) {
      EXPECT_EQ(std::to_string(published->failures[i].place), c.failures[i].id) << c.name;
    }
  }
}

TEST(BulkCodecTest, NamesTheTextThatIsNotUtf8) {
  const std::vector<PublishCall> calls = {
      {.component = "bus", .topic = "\xff", .data = "", .content_type = "", .metadata = {}}};
  const auto bytes = encode_bulk(calls);
  ASSERT_FALSE(bytes);
  EXPECT_EQ(bytes.error().message(), "the topic is not valid UTF-8");
  EXPECT_EQ(bytes.error().code(), Code::kInvalidArgument);
}

}  // namespace
}  // namespace ofn::dapr
