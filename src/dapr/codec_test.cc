#include "dapr/codec.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace ofn::dapr {
namespace {

using ::testing::HasSubstr;

std::string all_bytes() {
  std::string bytes;
  for (int i = 0; i < 256; ++i) bytes.push_back(static_cast<char>(i));
  return bytes;
}

std::string value_of(const std::vector<Header>& metadata, std::string_view name) {
  for (const Header& entry : metadata) {
    if (entry.name == name) return entry.value;
  }
  return "(absent)";
}

TEST(Codec, CarriesABindingCallVerbatim) {
  for (const std::string& data : {std::string(), all_bytes(), std::string(1 << 20, '\0')}) {
    auto bytes = encode(BindingCall{.component = "files",
                                    .operation = "create",
                                    .data = data,
                                    .metadata = {{"fileName", "a/ö"}, {"empty", ""}}});
    ASSERT_TRUE(bytes);
    auto request = decode_binding_request(*bytes);
    ASSERT_TRUE(request);
    EXPECT_EQ(request->component, "files");
    EXPECT_EQ(request->operation, "create");
    EXPECT_EQ(request->data, data);
    EXPECT_EQ(request->metadata.size(), 2U);
    EXPECT_EQ(value_of(request->metadata, "fileName"), "a/ö");
    EXPECT_EQ(value_of(request->metadata, "empty"), "");
  }
}

TEST(Codec, CarriesAPublishCallVerbatim) {
  auto bytes = encode(PublishCall{.component = "bus",
                                  .topic = "orders",
                                  .data = all_bytes(),
                                  .content_type = "application/octet-stream",
                                  .metadata = {{"cloudevent.id", "1"}}});
  ASSERT_TRUE(bytes);
  auto request = decode_publish_request(*bytes);
  ASSERT_TRUE(request);
  EXPECT_EQ(request->component, "bus");
  EXPECT_EQ(request->topic, "orders");
  EXPECT_EQ(request->data, all_bytes());
  EXPECT_EQ(request->content_type, "application/octet-stream");
  EXPECT_EQ(value_of(request->metadata, "cloudevent.id"), "1");
}

TEST(Codec, TheLastOfTwoMetadataValuesCounts) {
  auto request = decode_binding_request(*encode(BindingCall{
      .component = "a", .operation = "b", .data = "", .metadata = {{"x", "1"}, {"x", "2"}}}));
  ASSERT_TRUE(request);
  ASSERT_EQ(request->metadata.size(), 1U);
  EXPECT_EQ(request->metadata[0].value, "2");
}

TEST(Codec, CarriesMetadataOfEverySize) {
  for (const std::size_t size : {0, 127, 128, 16'383, 16'384, 2'097'152}) {
    const std::string value(size, 'v');
    auto request =
        decode_binding_request(*encode(BindingCall{.component = value,
                                                   .operation = "b",
                                                   .data = value,
                                                   .metadata = {{value, "x"}, {"", value}}}));
    ASSERT_TRUE(request) << size;
    EXPECT_EQ(request->component, value);
    EXPECT_EQ(request->data, value);
    EXPECT_EQ(value_of(request->metadata, value), size == 0 ? "" : "x") << size;
    EXPECT_EQ(value_of(request->metadata, ""), value) << size;
  }
}

// The bytes on the wire, written by hand from the field numbers in Dapr's contract.
TEST(Codec, WritesDaprsFieldNumbers) {
  EXPECT_EQ(*encode(BindingCall{
                .component = "n", .operation = "o", .data = "d", .metadata = {{"k", "v"}}}),
            "\x0a\x01n\x12\x01"
            "d\x1a\x06\x0a\x01k\x12\x01v\x22\x01o");
  EXPECT_EQ(*encode(PublishCall{.component = "n",
                                .topic = "t",
                                .data = "d",
                                .content_type = "c",
                                .metadata = {{"k", "v"}}}),
            "\x0a\x01n\x12\x01t\x1a\x01"
            "d\x22\x01"
            "c\x2a\x06\x0a\x01k\x12\x01v");
  EXPECT_EQ(encode(SidecarReply{.data = "d", .metadata = {{"k", "v"}}}),
            "\x0a\x01"
            "d\x12\x06\x0a\x01k\x12\x01v");
}

TEST(Codec, RefusesTextThatIsNotUtf8AndNamesIt) {
  struct Case {
    BindingCall call;
    std::string_view named;
  };
  for (const Case& c : {
           Case{{.component = "\xff", .operation = "o", .data = "", .metadata = {}}, "component"},
           Case{{.component = "c", .operation = "\xc0", .data = "", .metadata = {}}, "operation"},
           Case{{.component = "c", .operation = "o", .data = "", .metadata = {{"\xff", ""}}},
                "name"},
           Case{{.component = "c",
                 .operation = "o",
                 .data = "",
                 .metadata = {{"k", "\xed\xa0\x80"}}},
                "metadata 'k'"},
       }) {
    auto bytes = encode(c.call);
    ASSERT_FALSE(bytes);
    EXPECT_EQ(bytes.error().code(), Code::kInvalidArgument);
    EXPECT_THAT(bytes.error().message(), HasSubstr(std::string(c.named)));
  }
  EXPECT_FALSE(encode(PublishCall{
      .component = "b", .topic = "\xff", .data = "", .content_type = "", .metadata = {}}));
  EXPECT_FALSE(encode(PublishCall{
      .component = "b", .topic = "t", .data = "", .content_type = "\xff", .metadata = {}}));
}

TEST(Codec, AReplyComesBackWithItsMetadata) {
  auto reply = decode_binding_reply(encode(
      SidecarReply{.data = all_bytes(), .metadata = {{"statusCode", "200"}, {"X-Bad", "\xff"}}}));
  ASSERT_TRUE(reply);
  EXPECT_EQ(reply->data, all_bytes());
  ASSERT_EQ(reply->metadata.size(), 1U) << "metadata that is not UTF-8 is left out";
  EXPECT_EQ(value_of(reply->metadata, "statusCode"), "200");
}

TEST(Codec, ASidecarDescribesItself) {
  auto info = decode_sidecar_info(encode(SidecarInfo{
      .id = "app",
      .runtime_version = "1",
      .components = {{.name = "n", .type = "t", .version = "v1", .capabilities = {"A", "B"}}}}));
  ASSERT_TRUE(info);
  EXPECT_EQ(info->id, "app");
  EXPECT_EQ(info->runtime_version, "1");
  ASSERT_EQ(info->components.size(), 1U);
  EXPECT_EQ(info->components[0].name, "n");
  EXPECT_EQ(info->components[0].capabilities, (std::vector<std::string>{"A", "B"}));
}

TEST(Codec, UnknownFieldsAreSkipped) {
  // Field 99, a varint: from a newer program.
  EXPECT_TRUE(decode_binding_request("\x98\x06\x01"));
  EXPECT_TRUE(decode_empty("\x98\x06\x01"));
  EXPECT_TRUE(decode_empty(""));
}

TEST(Codec, EveryCutOfAMessageIsAnErrorOrAMessage) {
  const std::string whole = *encode(BindingCall{
      .component = "files", .operation = "create", .data = "0123456789", .metadata = {{"k", "v"}}});
  for (std::size_t length = 0; length <= whole.size(); ++length) {
    auto request = decode_binding_request(std::string_view(whole).substr(0, length));
    if (!request) {
      EXPECT_EQ(request.error().code(), Code::kInternal);
    }
  }
}

TEST(Codec, RefusesWhatIsNoMessage) {
  testing::internal::CaptureStderr();
  for (std::string_view bytes : {"\xff\xff", "\x0a\x05x", "\x0a\x01\xff"}) {
    EXPECT_FALSE(decode_binding_request(bytes));
    EXPECT_FALSE(decode_publish_request(bytes));
    EXPECT_FALSE(decode_sidecar_info(bytes));
  }
  EXPECT_FALSE(decode_empty("\xff"));
  EXPECT_FALSE(decode_binding_reply("\x0a\x05x"));
  EXPECT_EQ(testing::internal::GetCapturedStderr(), "") << "only cli prints";
}

}  // namespace
}  // namespace ofn::dapr
