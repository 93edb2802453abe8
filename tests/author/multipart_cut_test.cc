// Bodies as real clients send them, cut at every byte.
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <gtest/gtest.h>

#include <ofn/multipart.h>

namespace ofn {
namespace {

using namespace std::string_literals;

// Returns what the parser says about a body that comes in these pieces, without the places of the
// cuts. Each piece has a buffer of its own, which is gone when its events have been taken.
std::string outcome(std::string_view type, const std::vector<std::string_view>& pieces) {
  std::string text;
  try {
    MultipartParser parser(type);
    for (const std::string_view piece : pieces) {
      const auto buffer = std::make_unique<char[]>(piece.size());
      piece.copy(buffer.get(), piece.size());
      for (const MultipartEvent& event : parser.feed({buffer.get(), piece.size()})) {
        switch (event.step) {
          case MultipartStep::kPartBegins:
            text += "[" + std::string(event.part->name) + "|" +
                    std::string(event.part->filename.value_or("-")) + "|" +
                    std::string(event.part->content_type) + "|" +
                    std::to_string(event.part->headers.size()) + "|";
            break;
          case MultipartStep::kData:
            EXPECT_FALSE(event.data.empty());
            text += event.data;
            break;
          case MultipartStep::kPartEnds:
            text += "]";
            break;
          case MultipartStep::kEnd:
            EXPECT_EQ(event.part, nullptr);
            text += ".";
        }
      }
    }
    parser.finish();
  } catch (const BadInput& error) {
    text += error.what();
  }
  return text;
}

struct Body {
  std::string_view client;
  std::string type;
  std::string bytes;
  std::string outcome;
};

// Recorded from the clients.
std::vector<Body> bodies() {
  return {
      {"Chrome", "multipart/form-data; boundary=----WebKitFormBoundaryAbC1",
       "------WebKitFormBoundaryAbC1\r\nContent-Disposition: form-data; "
       "name=\"a%22b\"\r\n\r\nx\r\ny\r\n"
       "------WebKitFormBoundaryAbC1\r\nContent-Disposition: form-data; name=\"f\"; "
       "filename=\"na\xc3\xafve.bin\"\r\nContent-Type: application/octet-stream\r\n\r\n"
       "\0\xff\r\n------WebKitFormBoundaryAbC\r\n\r\n------WebKitFormBoundaryAbC1--\r\n"s,
       "[a\"b|-|text/plain|1|x\r\ny][f|na\xc3\xafve.bin|application/octet-stream|2|"
       "\0\xff\r\n------WebKitFormBoundaryAbC\r\n]."s},
      {"curl", "multipart/form-data; boundary=------------------------0123456789abcdef",
       "--------------------------0123456789abcdef\r\nContent-Disposition: form-data; "
       "name=\"a\"\r\n\r\n1"
       "\r\n--------------------------0123456789abcdef\r\nContent-Disposition: form-data; "
       "name=\"f\"; "
       "filename=\"e.txt\"\r\nContent-Type: text/plain\r\n\r\n\r\n"
       "--------------------------0123456789abcdef--\r\n",
       "[a|-|text/plain|1|1][f|e.txt|text/plain|2|]."},
      {"requests", "multipart/form-data; boundary=00112233445566778899aabbccddeeff",
       "--00112233445566778899aabbccddeeff\r\nContent-Disposition: form-data; name=\"f\"; "
       "filename=\"x\"\r\n\r\n\r\r\n\r\r\n\r\n--00112233445566778899aabbccddeeff--\r\n",
       "[f|x|text/plain|1|\r\r\n\r\r\n]."},
      {"an empty form", "multipart/form-data; boundary=b", "--b--\r\n", "."},
      {"with a preamble and an epilogue", "multipart/form-data; boundary=b",
       "ignored\r\n--b \r\nContent-Disposition: form-data;\r\n "
       "name=a\r\n\r\n\r\n--b--ignored\r\n--b\r\n",
       "[a|-|text/plain|1|]."},
      {"broken behind its first part", "multipart/form-data; boundary=b",
       "--b\r\nContent-Disposition: form-data; name=a\r\n\r\nd\r\n--b\r\nX\r\n\r\n--b--",
       "[a|-|text/plain|1|d]multipart/form-data, part 2, byte 60: a header field of the part must "
       "be "
       "`Name: value`"},
  };
}

TEST(MultipartParser, EveryCutGivesTheSame) {
  for (const Body& body : bodies()) {
    SCOPED_TRACE(body.client);
    const std::string_view bytes = body.bytes;
    ASSERT_EQ(outcome(body.type, {bytes}), body.outcome);
    std::vector<std::string_view> each;
    for (std::size_t at = 0; at <= bytes.size(); ++at) {
      each.push_back(bytes.substr(at, 1));
      ASSERT_EQ(outcome(body.type, {bytes.substr(0, at), bytes.substr(at)}), body.outcome) << at;
      ASSERT_EQ(outcome(body.type, {bytes.substr(0, at), "", bytes.substr(at, 2),
                                    bytes.substr(std::min(at + 2, bytes.size()))}),
                body.outcome)
          << at;
    }
    ASSERT_EQ(outcome(body.type, each), body.outcome);
  }
}

TEST(MultipartParser, EveryBodyThatIsCutOffIsAMistake) {
  for (const Body& body : bodies()) {
    SCOPED_TRACE(body.client);
    const std::size_t end = body.bytes.find("--", body.bytes.rfind("\r\n--") + 10);
    if (body.outcome.back() != '.' || end == std::string::npos || body.client.starts_with("with"))
      continue;
    for (std::size_t size = 0; size < end + 2; ++size) {
      EXPECT_NE(outcome(body.type, {std::string_view(body.bytes).substr(0, size)}).find("cut off"),
                std::string::npos)
          << size;
    }
  }
}

TEST(MultipartParser, LongDataIsNotKept) {
  const std::string type = "multipart/form-data; boundary=b";
  MultipartParser parser(type);
  const auto size = [&](std::string_view piece) {
    std::size_t bytes = 0;
    for (const MultipartEvent& event : parser.feed(piece)) bytes += event.data.size();
    return bytes;
  };
  EXPECT_EQ(size("--b\r\nContent-Disposition: form-data; name=a\r\n\r\n"), 0U);
  const std::string long_piece(1 << 20, '\r');
  EXPECT_EQ(size(long_piece), long_piece.size() - 1);
  EXPECT_EQ(size("\n--"), 0U);  // may be a delimiter
  EXPECT_EQ(size("c"), 5U);     // it was none
  EXPECT_EQ(size("\r\n--b--"), 0U);
  parser.finish();
}

}  // namespace
}  // namespace ofn
