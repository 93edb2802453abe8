#include "otlp/json_text.h"

#include <array>
#include <limits>
#include <string>
#include <string_view>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "document/json.h"
#include "otlp/attributes.h"
#include "otlp/protobuf_writer.h"
#include "otlp/request.h"

namespace ofn::otlp {
namespace {

using namespace std::string_view_literals;

std::string resource() {
  std::string bytes;
  ProtobufWriter out(bytes);
  write_attribute(out, 1, "service.name", "a\"b\xff");
  return bytes;
}

std::string json(Signal signal, std::string_view items) {
  const std::string bytes = resource();
  return to_otlp_json(signal,
                      make_request({.resource = bytes, .scope = "ofn", .schema_url = ""}, items));
}

TEST(OtlpJson, Traces) {
  constexpr std::array<std::string_view, 2> kTexts = {"x", "y"};
  std::string items;
  ProtobufWriter out(items);
  out.message(kItem, [&] {
    out.bytes(1, "\x00\x01\x02\x03\x04\x05\x06\x07\x08\x09\x0a\x0b\x0c\x0d\x0e\xff"sv);
    out.bytes(2, "\xab\x01\x02\x03\x04\x05\x06\x07"sv);
    out.bytes(5, "GET /");
    out.varint(6, 2);
    out.fixed64(7, 1'700'000'000'000'000'000);
    write_attribute(out, 9, "count", -7);
    write_attribute(out, 9, "share", 0.5);
    write_attribute(out, 9, "cold", true);
    write_attribute(out, 9, "list", std::span(kTexts));
    out.message(13, [&] { out.bytes(2, "\x10"); });
    out.message(15, [&] { out.varint(3, 2); });
    out.fixed32(16, 257);
    out.varint(999, 1);
  });
  EXPECT_EQ(
      json(Signal::kTraces, items),
      R"({"resourceSpans":[{"resource":{"attributes":[{"key":"service.name","value":)"
      "{\"stringValue\":\"a\\\"b\xef\xbf\xbd\"}}]},"
      R"("scopeSpans":[{"scope":{"name":"ofn"},"spans":[{)"
      R"("traceId":"000102030405060708090a0b0c0d0eff","spanId":"ab01020304050607",)"
      R"("name":"GET /","kind":2,"startTimeUnixNano":"1700000000000000000","attributes":[)"
      R"({"key":"count","value":{"intValue":"-7"}},{"key":"share","value":{"doubleValue":0.5}},)"
      R"({"key":"cold","value":{"boolValue":true}},)"
      R"({"key":"list","value":{"arrayValue":{"values":[{"stringValue":"x"},{"stringValue":"y"}]}}}],)"
      R"("links":[{"spanId":"10"}],"status":{"code":2},"flags":257}]}]}]})");
}

TEST(OtlpJson, Metrics) {
  constexpr std::array<std::uint64_t, 2> kCounts = {1, 18446744073709551615U};
  constexpr std::array<double, 2> kBounds = {0.005, std::numeric_limits<double>::infinity()};
  std::string items;
  ProtobufWriter out(items);
  out.message(kItem, [&] {
    out.bytes(1, "latency");
    out.message(9, [&] {
      out.message(1, [&] {
        out.fixed64(4, 2);
        out.packed_fixed64(6, kCounts);
        out.packed_real(7, kBounds);
        out.real(11, std::numeric_limits<double>::quiet_NaN());
      });
      out.varint(2, 2);
    });
  });
  out.message(kItem, [&] {
    out.message(7, [&] {
      out.message(1, [&] { out.fixed64(6, static_cast<std::uint64_t>(-3)); });
      out.boolean(3, true);
    });
  });
  out.message(kItem, [&] {
    out.message(10, [&] {
      out.message(1, [&] {
        out.varint(6, 5);  // zigzag: -3
        out.message(8, [&] {
          out.varint(1, 4);              // zigzag: 2
          out.bytes(2, "\x01\xac\x02");  // packed varints
        });
      });
    });
  });
  const std::string text = json(Signal::kMetrics, items);
  EXPECT_EQ(text.substr(text.find("\"metrics\"")),
            R"("metrics":[{"name":"latency","histogram":{"dataPoints":[{"count":"2",)"
            R"("bucketCounts":["1","18446744073709551615"],"explicitBounds":[0.005,"Infinity"],)"
            R"("min":"NaN"}],"aggregationTemporality":2}},)"
            R"({"sum":{"dataPoints":[{"asInt":"-3"}],"isMonotonic":true}},)"
            R"({"exponentialHistogram":{"dataPoints":[{"scale":-3,)"
            R"("positive":{"offset":2,"bucketCounts":["1","300"]}}]}}]}]}]})");
}

TEST(OtlpJson, OfAFieldThatComesTwiceTheLastOneCounts) {
  std::string items;
  ProtobufWriter out(items);
  out.message(kItem, [&] {
    out.bytes(5, "first");
    out.bytes(5, "second");
    out.bytes(6, "\x01\x02");  // packed numbers where one number is expected
  });
  EXPECT_THAT(json(Signal::kTraces, items), ::testing::HasSubstr(R"("spans":[{"name":"second"}])"));
}

TEST(OtlpJson, IsJsonWhateverTheBytesAre) {
  std::string items;
  ProtobufWriter out(items);
  out.message(kItem, [&] {
    out.bytes(5, "a name");
    write_attribute(out, 9, "k", "v");
  });
  const std::string whole = resource();
  const std::string request = make_request({.resource = whole, .scope = "ofn"}, items);
  for (std::size_t size = 0; size <= request.size(); ++size) {
    EXPECT_TRUE(document::is_json(to_otlp_json(Signal::kTraces, request.substr(0, size)))) << size;
  }
}

}  // namespace
}  // namespace ofn::otlp
