#include "skywalking/sw8.h"

#include <string>

#include <gtest/gtest.h>

#include "base/base64.h"

namespace ofn::skywalking {
namespace {

// As go2sky 1.4.1 writes it.
const std::string kValue =
    "1-ODZiMWIxYTItMQ==-YTdlNDhhNWY=-3-cHVibGlzaA==-cG9kLTE=-cHVibGlzaC1lbmRwb2ludA==-b3JkZXJz";

Reference expected() {
  return {.is_sampled = true,
          .trace_id = "86b1b1a2-1",
          .segment_id = "a7e48a5f",
          .span_id = 3,
          .service = "publish",
          .instance = "pod-1",
          .endpoint = "publish-endpoint",
          .address = "orders"};
}

TEST(Sw8, IsReadAndWritten) {
  EXPECT_EQ(parse_sw8(kValue), expected());
  EXPECT_EQ(to_sw8(expected()), kValue);
  Reference unsampled = expected();
  unsampled.is_sampled = false;
  EXPECT_EQ(parse_sw8("0" + kValue.substr(1)), unsampled);
}

TEST(Sw8, OfABrokenValueNothingIsBelieved) {
  const std::string ids = "1-dA==-cw==-0";
  for (const std::string& value : {
           std::string(),
           std::string("1"),
           "2" + kValue.substr(1),
           "-" + kValue,
           kValue + "-b3JkZXJz",
           std::string("1--cw==-0-cw==-aQ==-ZQ==-YQ=="),        // no trace
           std::string("1-dA==--0-cw==-aQ==-ZQ==-YQ=="),        // no segment
           std::string("1-dA==-cw==-0--aQ==-ZQ==-YQ=="),        // no service
           std::string("1-dA==-cw==--cw==-aQ==-ZQ==-YQ=="),     // no span
           std::string("1-dA==-cw==-0x1-cw==-aQ==-ZQ==-YQ=="),  // no number
           std::string("1-dA==-cw==-99999999999-cw==-aQ==-ZQ==-YQ=="),
           ids + "-c*==-aQ==-ZQ==-YQ==",                           // no Base64
           ids + "-" + base64_encode("\xff") + "-aQ==-ZQ==-YQ==",  // no UTF-8
           ids + "-cw==-aQ==-ZQ==-" + std::string(kMaxSw8, 'A'),
       }) {
    EXPECT_EQ(parse_sw8(value), std::nullopt) << value;
  }
}

// At every byte, also in the middle of a field: it is a shorter field or nothing.
TEST(Sw8, CutAnywhereItIsNeverMisread) {
  for (std::size_t size = 0; size < kValue.size(); ++size) {
    const auto read = parse_sw8(std::string_view(kValue).substr(0, size));
    if (!read) continue;
    Reference cut = expected();
    cut.address = read->address;
    EXPECT_EQ(*read, cut) << size;
    EXPECT_TRUE(expected().address.starts_with(read->address)) << size;
  }
}

TEST(Sw8, KeepsItsLimits) {
  const std::string many(500, 'x');
  const std::string value = to_sw8({.trace_id = "t",
                                    .segment_id = "s",
                                    .service = std::string(49, 'x') + "\u00e4",
                                    .instance = many,
                                    .endpoint = many,
                                    .address = many});
  EXPECT_LT(value.size(), kMaxSw8);
  const auto read = parse_sw8(value);
  ASSERT_TRUE(read.has_value());
  EXPECT_EQ(read->service, std::string(49, 'x')) << "whole characters";
  EXPECT_EQ(read->instance.size(), kMaxInstance);
  EXPECT_EQ(read->endpoint.size(), kMaxEndpoint);
}

TEST(Correlation, IsReadAndWritten) {
  const std::string value = "dGVhbQ==:Y29yZQ==,dXNlcg==:Nw==";
  const auto entries = parse_correlation(value);
  ASSERT_EQ(entries.size(), 2U);
  EXPECT_EQ(entries[0].name, "team");
  EXPECT_EQ(entries[0].value, "core");
  EXPECT_EQ(entries[1].name, "user");
  EXPECT_EQ(to_correlation(entries), value);
  EXPECT_EQ(to_correlation({}), "");
}

TEST(Correlation, KeepsWhatIsWellFormed) {
  struct Case {
    std::string value;
    std::string kept;
  };
  const std::string long_value = base64_encode(std::string(kMaxEntryValue + 1, 'x'));
  const std::string longest = base64_encode(std::string(kMaxEntryValue, 'x'));
  const Case cases[] = {
      {"", ""},
      {",,:,a", ""},
      {"YQ==", ""},
      {"YQ==:*,Yg==:Mg==", "Yg==:Mg=="},
      {"YQ==:MQ==:MQ==,Yg==:Mg==", "Yg==:Mg=="},
      {"YQ==:" + base64_encode("\xff"), ""},
      {"YQ==:" + long_value, ""},
      {"YQ==:" + longest, "YQ==:" + longest},
      {"YQ==:MQ==,YQ==:Mg==", "YQ==:Mg=="},
      {"YQ==:MQ==,Yg==:MQ==,Yw==:MQ==,ZA==:MQ==", "YQ==:MQ==,Yg==:MQ==,Yw==:MQ=="},
      {std::string(kMaxSw8 + 1, ','), ""},
  };
  for (const Case& c : cases)
    EXPECT_EQ(to_correlation(parse_correlation(c.value)), c.kept) << c.value;
  for (std::size_t size = 0; size < cases[9].value.size(); ++size)
    EXPECT_LE(parse_correlation(std::string_view(cases[9].value).substr(0, size)).size(), 3U);
}

}  // namespace
}  // namespace ofn::skywalking
