#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <ofn/ranges.h>

#include "author/request_for_test.h"

namespace ofn {
namespace {

std::string shown(const Ranges& ranges) {
  if (ranges.answer == RangeAnswer::kWhole) return "whole";
  if (ranges.answer == RangeAnswer::kUnsatisfiable) return "none";
  std::string text;
  for (const ByteRange& range : ranges.ranges) {
    text += "[" + std::to_string(range.first) + "," + std::to_string(range.last) + "]";
  }
  return text;
}

TEST(Ranges, AreRead) {
  struct Case {
    std::string_view field;
    std::uint64_t size;
    std::string_view ranges;
  };
  for (const Case& each : {
           Case{"bytes=0-4", 10, "[0,4]"},
           Case{"bytes=0-0", 10, "[0,0]"},
           Case{"bytes=9-9", 10, "[9,9]"},
           Case{"bytes=5-", 10, "[5,9]"},
           Case{"bytes=-3", 10, "[7,9]"},
           Case{"bytes=-30", 10, "[0,9]"},
           Case{"bytes=0-99", 10, "[0,9]"},
           Case{"Bytes=0-4", 10, "[0,4]"},
           Case{"bytes= 0-1 ,\t3-4, -1", 10, "[0,1][3,4][9,9]"},
           Case{"bytes=,,0-1,,", 10, "[0,1]"},
           Case{"bytes=5-6,0-1", 10, "[5,6][0,1]"},
           // Ranges behind the end are left out.
           Case{"bytes=0-1,10-", 10, "[0,1]"},
           Case{"bytes=10-", 10, "none"},
           Case{"bytes=10-11,-0", 10, "none"},
           Case{"bytes=-0", 10, "none"},
           // Numbers beyond any size.
           Case{"bytes=0-99999999999999999999999999", 10, "[0,9]"},
           Case{"bytes=99999999999999999999999999-", 10, "none"},
           Case{"bytes=-99999999999999999999999999", 10, "[0,9]"},
           Case{"bytes=18446744073709551616-18446744073709551617", 10, "none"},
           Case{"bytes=4294967296-4294967297", 5'000'000'000, "[4294967296,4294967297]"},
           // Mistakes.
           Case{"", 10, "whole"},
           Case{"bytes", 10, "whole"},
           Case{"bytes=", 10, "whole"},
           Case{"bytes=,", 10, "whole"},
           Case{"bytes=-", 10, "whole"},
           Case{"bytes=1", 10, "whole"},
           Case{"bytes=4-3", 10, "whole"},
           Case{"bytes=0-1,4-3", 10, "whole"},
           Case{"bytes=a-b", 10, "whole"},
           Case{"bytes=0x1-2", 10, "whole"},
           Case{"bytes=+1-2", 10, "whole"},
           Case{"bytes=1 - 2", 10, "whole"},
           Case{"bytes=1-2-3", 10, "whole"},
           Case{"bytes=--1", 10, "whole"},
           Case{"bytes =0-1", 10, "whole"},
           Case{"lines=0-1", 10, "whole"},
           // More than the whole together.
           Case{"bytes=0-5,5-9", 10, "whole"},
           Case{"bytes=0-4,5-9", 10, "[0,4][5,9]"},
           Case{"bytes=0-,0-", 10, "whole"},
           // Nothing to name.
           Case{"bytes=0-", 0, "whole"},
           Case{"bytes=-1", 0, "whole"},
       }) {
    EXPECT_EQ(shown(parse_ranges(each.field, each.size)), each.ranges) << each.field;
  }
}

TEST(Ranges, HaveABoundedNumber) {
  std::string field = "bytes=0-0";
  for (std::size_t i = 1; i < kMaxRanges; ++i) field += ",0-0";
  EXPECT_EQ(parse_ranges(field, 100).ranges.size(), kMaxRanges);
  EXPECT_EQ(shown(parse_ranges(field + ",0-0", 100)), "whole");
  EXPECT_EQ(shown(parse_ranges(field + ",200-", 100)), "whole");
  EXPECT_EQ(shown(parse_ranges("bytes=0-0,1-1", 100, 1)), "whole");
}

Response full() {
  return Response("0123456789")
      .content_type("text/x")
      .header("ETag", "\"1\"")
      .header("Last-Modified", "Sun, 06 Nov 1994 08:49:37 GMT");
}

Response asked(std::vector<Field> headers, std::string_view method = "GET") {
  return ranged(RequestForTest{.headers = std::move(headers), .method = method}.made(), full());
}

TEST(Ranged, AnswersOneRange) {
  const Response response = asked({{"Range", "bytes=2-4"}});
  EXPECT_EQ(response.status(), 206);
  EXPECT_EQ(response.body(), "234");
  EXPECT_EQ(*response.find_header("content-range"), "bytes 2-4/10");
  EXPECT_EQ(*response.find_header("content-type"), "text/x");
  EXPECT_EQ(*response.find_header("accept-ranges"), "bytes");
  EXPECT_EQ(*response.find_header("etag"), "\"1\"");
}

TEST(Ranged, AnswersSeveralRanges) {
  const Response response = asked({{"Range", "bytes=0-1,-2"}});
  EXPECT_EQ(response.status(), 206);
  EXPECT_EQ(response.find_header("content-range"), nullptr);
  const std::string type = *response.find_header("content-type");
  ASSERT_THAT(type, testing::StartsWith("multipart/byteranges; boundary=ofn-"));
  const std::string boundary = type.substr(type.find('=') + 1);
  EXPECT_EQ(
      response.body(),
      "--" + boundary + "\r\nContent-Type: text/x\r\nContent-Range: bytes 0-1/10\r\n\r\n01\r\n--" +
          boundary + "\r\nContent-Type: text/x\r\nContent-Range: bytes 8-9/10\r\n\r\n89\r\n--" +
          boundary + "--\r\n");
}

TEST(Ranged, AnswersThatNothingExists) {
  const Response response = asked({{"Range", "bytes=10-"}});
  EXPECT_EQ(response.status(), 416);
  EXPECT_EQ(*response.find_header("content-range"), "bytes */10");
}

TEST(Ranged, AnswersTheWholeOtherwise) {
  struct Case {
    std::vector<Field> headers;
    std::string_view method = "GET";
  };
  for (const Case& each :
       {Case{{}}, Case{{{"Range", "bytes=4-3"}}}, Case{{{"Range", "x=1"}}},
        Case{{{"Range", "bytes=0-1"}}, "POST"}, Case{{{"Range", "bytes=0-1"}}, "HEAD"}}) {
    const Response response = asked(each.headers, each.method);
    EXPECT_EQ(response.status(), 200);
    EXPECT_EQ(response.body(), "0123456789");
    EXPECT_EQ(*response.find_header("accept-ranges"), "bytes");
  }
  const RequestForTest request{.headers = {{"Range", "bytes=0-1"}}};
  const Response missing = ranged(request.made(), Response("no").status(404));
  EXPECT_EQ(missing.status(), 404);
  EXPECT_EQ(missing.find_header("accept-ranges"), nullptr);
}

TEST(Ranged, ComparesTheClientsCopy) {
  struct Case {
    std::string_view if_range;
    int status;
  };
  for (const Case& each :
       {Case{"\"1\"", 206}, Case{"\"2\"", 200}, Case{"W/\"1\"", 200}, Case{"1", 200}, Case{"", 200},
        Case{"Sun, 06 Nov 1994 08:49:37 GMT", 206}, Case{"Sunday, 06-Nov-94 08:49:37 GMT", 206},
        Case{"Sun, 06 Nov 1994 08:49:38 GMT", 200}}) {
    EXPECT_EQ(asked({{"Range", "bytes=0-1"}, {"If-Range", each.if_range}}).status(), each.status)
        << each.if_range;
  }
  const RequestForTest weak{.headers = {{"Range", "bytes=0-1"}, {"If-Range", "W/\"1\""}}};
  EXPECT_EQ(ranged(weak.made(), Response("01").header("ETag", "W/\"1\"")).status(), 200);
  const RequestForTest bare{
      .headers = {{"Range", "bytes=0-0"}, {"If-Range", "Sun, 06 Nov 1994 08:49:37 GMT"}}};
  EXPECT_EQ(ranged(bare.made(), Response("01")).status(), 200);
}

TEST(Ranged, ChoosesABoundaryThatTheBodyDoesNotHave) {
  std::string body = "x";
  const std::string first = internal::unused_boundary(body);
  EXPECT_EQ(first, internal::unused_boundary(body));
  EXPECT_NE(first, internal::unused_boundary("y"));
  EXPECT_EQ(first.size(), 20U);
}

}  // namespace
}  // namespace ofn
