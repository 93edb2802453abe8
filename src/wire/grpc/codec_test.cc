#include "wire/grpc/codec.h"

#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace ofn::wire::grpc {
namespace {

using namespace std::chrono_literals;

TEST(GrpcStatus, CodesOfNumbers) {
  EXPECT_EQ(parse_code("0"), Code::kOk);
  EXPECT_EQ(parse_code("16"), Code::kUnauthenticated);
  for (const auto* bad : {"", "17", "-1", "+1", "1 ", "x", "99999999999999999999"})
    EXPECT_EQ(parse_code(bad), Code::kUnknown) << bad;
}

TEST(GrpcStatus, CodesOfHttpStatuses) {
  const std::vector<std::pair<int, Code>> cases = {
      {200, Code::kUnknown},         {302, Code::kUnknown},          {400, Code::kInternal},
      {401, Code::kUnauthenticated}, {403, Code::kPermissionDenied}, {404, Code::kUnimplemented},
      {413, Code::kUnknown},         {429, Code::kUnavailable},      {500, Code::kUnknown},
      {502, Code::kUnavailable},     {503, Code::kUnavailable},      {504, Code::kUnavailable},
  };
  for (const auto& [status, code] : cases) EXPECT_EQ(code_of_http_status(status), code) << status;
}

TEST(GrpcStatus, CodesOfResets) {
  const std::vector<Code> codes = {
      Code::kInternal,         Code::kInternal, Code::kInternal, Code::kInternal,
      Code::kInternal,         Code::kUnknown,  Code::kInternal, Code::kUnavailable,
      Code::kCancelled,        Code::kInternal, Code::kInternal, Code::kResourceExhausted,
      Code::kPermissionDenied, Code::kUnknown,  Code::kUnknown};
  for (std::size_t i = 0; i < codes.size(); ++i)
    EXPECT_EQ(code_of_reset(static_cast<std::uint32_t>(i)), codes[i]) << i;
}

TEST(GrpcStatus, MessagesArePercentEncoded) {
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"", ""},          {"plain text!~", "plain text!~"}, {"100%", "100%25"},
      {"a\nb", "a%0Ab"}, {"\xc3\xa4", "%C3%A4"},           {std::string("\0", 1), "%00"},
  };
  for (const auto& [text, encoded] : cases) {
    EXPECT_EQ(percent_encode(text), encoded);
    EXPECT_EQ(percent_decode(encoded), text);
  }
  std::string all;
  for (int c = 0; c < 256; ++c) all += static_cast<char>(c);
  EXPECT_EQ(percent_decode(percent_encode(all)), all);
  EXPECT_EQ(percent_decode("%"), "%");
  EXPECT_EQ(percent_decode("%4"), "%4");
  EXPECT_EQ(percent_decode("%zz%41%"), "%zzA%");
  EXPECT_EQ(percent_decode("%c3%a4"), "\xc3\xa4");
}

TEST(GrpcCodec, Frames) {
  EXPECT_EQ(frame(""), std::string(5, '\0'));
  EXPECT_EQ(frame("ab"), std::string("\0\0\0\0\2ab", 7));
  EXPECT_EQ(frame(std::string(0x10203, 'x')).substr(0, 5), std::string("\0\0\1\2\3", 5));
  EXPECT_EQ(unframe(frame("ab"), {}), "ab");
  EXPECT_EQ(unframe(frame(""), {}), "");
}

TEST(GrpcCodec, RefusedFrames) {
  struct Case {
    std::string name;
    std::string body;
    UnframeRules rules;
    Code code;
  };
  const auto bytes = [](std::string_view text) { return std::string(text); };
  using namespace std::string_view_literals;
  const std::vector<Case> cases = {
      {"none", "", {}, Code::kInternal},
      {"half a head", bytes("\0\0\0"sv), {}, Code::kInternal},
      {"truncated", bytes("\0\0\0\0\3ab"sv), {}, Code::kInternal},
      {"second", frame("a") + frame("b"), {}, Code::kInternal},
      {"trailing byte", frame("a") + "b", {}, Code::kInternal},
      {"too large", frame("abcde"), {.max_size = 4}, Code::kResourceExhausted},
      {"claims too much", bytes("\0\xff\xff\xff\xff"sv), {}, Code::kResourceExhausted},
      {"compressed", bytes("\1\0\0\0\1a"sv), {.encoding = "gzip"}, Code::kUnimplemented},
      {"compressed by nothing", bytes("\1\0\0\0\1a"sv), {}, Code::kInternal},
      {"compressed by identity", bytes("\1\0\0\0\1a"sv), {.encoding = "identity"}, Code::kInternal},
      {"flags", bytes("\2\0\0\0\1a"sv), {}, Code::kInternal},
  };
  for (const Case& c : cases) {
    const auto result = unframe(c.body, c.rules);
    ASSERT_FALSE(result) << c.name;
    EXPECT_EQ(result.error().code, c.code) << c.name;
    EXPECT_FALSE(result.error().message.empty()) << c.name;
  }
  const std::string whole = frame("message");
  for (std::size_t size = 0; size < whole.size(); ++size)
    EXPECT_FALSE(unframe(std::string_view(whole).substr(0, size), {})) << size;
  // An uncompressed message may come from a peer that could compress.
  EXPECT_EQ(unframe(frame("a"), {.encoding = "gzip"}), "a");
}

TEST(GrpcCodec, Timeouts) {
  const std::vector<std::pair<Duration, std::string>> formatted = {
      {-1s, "1n"},
      {0s, "1n"},
      {1ns, "1n"},
      {99999999ns, "99999999n"},
      {100000000ns, "100000u"},
      {100000001ns, "100001u"},  // never shorter than it is
      {5s, "5000000u"},
      {300s, "300000m"},
      {std::chrono::hours(24 * 365), "31536000S"},
      {Duration::max(), "2562048H"},
  };
  for (const auto& [left, text] : formatted) EXPECT_EQ(format_timeout(left), text);
  const std::vector<std::pair<std::string, std::optional<Duration>>> parsed = {
      {"1n", 1ns},
      {"0S", 0s},
      {"2u", 2us},
      {"3m", 3ms},
      {"4S", 4s},
      {"5M", 5min},
      {"6H", 6h},
      {"00000001S", 1s},
      {"99999999H", Duration::max()},
      {"", std::nullopt},
      {"S", std::nullopt},
      {"1", std::nullopt},
      {"1s", std::nullopt},
      {"-1S", std::nullopt},
      {"+1S", std::nullopt},
      {"1.5S", std::nullopt},
      {"123456789S", std::nullopt},
      {" 1S", std::nullopt},
  };
  for (const auto& [text, duration] : parsed) EXPECT_EQ(parse_timeout(text), duration) << text;
}

TEST(GrpcCodec, Metadata) {
  for (const auto* good : {"a", "x-y_z.0", "grpc-trace-bin", "a-bin"})
    EXPECT_TRUE(valid_metadata_name(good)) << good;
  for (const auto* bad : {"", "A", "a b", ":path", "grpc-status", "grpc-timeout", "te",
                          "content-type", "connection", "x\n", "\xc3\xa4"})
    EXPECT_FALSE(valid_metadata_name(bad)) << bad;
  EXPECT_TRUE(valid_metadata_value("a b~"));
  for (const auto* bad : {" a", "a ", "a\nb", "\x7f", "\xc3\xa4"})
    EXPECT_FALSE(valid_metadata_value(bad)) << bad;
}

TEST(GrpcCodec, BinaryMetadata) {
  EXPECT_EQ(encode_binary("a"), "YQ");
  EXPECT_EQ(encode_binary(""), "");
  using Values = std::vector<std::string>;
  const std::vector<std::pair<std::string, std::optional<Values>>> cases = {
      {"YQ", Values{"a"}},
      {"YQ==", Values{"a"}},
      {"YWI", Values{"ab"}},
      {"YWI=", Values{"ab"}},
      {"YWJj", Values{"abc"}},
      {"", Values{""}},
      {"YQ,YWI=", Values{"a", "ab"}},
      {"YQ==, YWI", Values{"a", "ab"}},
      {"AP8", Values{std::string("\0\xff", 2)}},
      {"Y", std::nullopt},
      {"Y===", std::nullopt},
      {"Y Q", std::nullopt},
      {"YQ,!", std::nullopt},
      {"YQ=", std::nullopt},
  };
  for (const auto& [text, values] : cases) EXPECT_EQ(decode_binary(text), values) << text;
}

TEST(GrpcCodec, ContentTypes) {
  for (const auto* good : {"application/grpc", "application/grpc+proto", "Application/GRPC;x=y"})
    EXPECT_TRUE(is_grpc_content_type(good)) << good;
  for (const auto* bad : {"", "application/json", "application/grpc-web", "application/grp"})
    EXPECT_FALSE(is_grpc_content_type(bad)) << bad;
}

}  // namespace
}  // namespace ofn::wire::grpc
