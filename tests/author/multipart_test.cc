#include <stdexcept>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <ofn/multipart.h>

#include "author/request_for_test.h"

namespace ofn {
namespace {

using namespace std::string_literals;
using namespace std::string_view_literals;

constexpr std::string_view kType = "multipart/form-data; boundary=b";

std::string part(std::string_view head, std::string_view data) {
  return "--b\r\n" + std::string(head) + "\r\n\r\n" + std::string(data) + "\r\n";
}
std::string named(std::string_view parameters) {
  return part("Content-Disposition: form-data; " + std::string(parameters), "d") + "--b--\r\n";
}

std::string shown(const Multipart& form) {
  std::string text;
  for (const FormPart& each : form) {
    text += "[" + each.name;
    if (each.filename) text += "|" + *each.filename;
    text += "|" + each.content_type + "|" + std::string(each.data) + "]";
  }
  return text;
}

// Returns the parts as text, or the mistake.
std::string read(std::string_view body, std::string_view type = kType,
                 MultipartLimits limits = {}) {
  try {
    return shown(Multipart::parse(type, body, limits));
  } catch (const BadInput& error) {
    return error.what();
  }
}

TEST(Multipart, IsRead) {
  const std::string file =
      "content-disposition: form-data; name=\"f\"; filename=\"a.bin\"\r\nContent-Type: image/png";
  struct Case {
    std::string_view what;
    std::string body;
    std::string_view parts;
  };
  const std::vector<Case> cases = {
      {"a field", named("name=\"a\""), "[a|text/plain|d]"},
      {"a file", part(file, "\0\r\n\xff"s) + "--b--", "[f|a.bin|image/png|\0\r\n\xff]"sv},
      {"two", named("name=\"a\"").substr(0, named("name=\"a\"").size() - 7) + named("name=\"a\""),
       "[a|text/plain|d][a|text/plain|d]"},
      {"no data", part("Content-Disposition: form-data; name=a", "") + "--b--", "[a|text/plain|]"},
      {"no part", "--b--\r\n", ""},
      {"a preamble", "hello\r\n--b-\r\n" + named("name=a").replace(0, 3, "--b"),
       "multipart/form-data, part 0, byte 12: a line break or two dashes must follow the "
       "delimiter"},
      {"a preamble that is no delimiter", "hello --b\r\n-b\r\n\r\n" + named("name=a"),
       "[a|text/plain|d]"},
      {"an epilogue", named("name=a") + "--b\r\nanything", "[a|text/plain|d]"},
      {"blanks behind delimiters",
       "--b \t\r\nContent-Disposition: form-data; name=a\r\n\r\nd\r\n--b--", "[a|text/plain|d]"},
      {"data that is nearly a delimiter",
       part("Content-Disposition: form-data; name=a", "--b\r\n-\r\n--\r\n--a\r\r\n\r\n-b") +
           "--b--",
       "[a|text/plain|--b\r\n-\r\n--\r\n--a\r\r\n\r\n-b]"},
      {"line feeds alone are data",
       part("Content-Disposition: form-data; name=a", "\n--b\nx\n--b--\n") + "--b--",
       "[a|text/plain|\n--b\nx\n--b--\n]"},
      {"a folded header",
       part("Content-Disposition: form-data;\r\n name=a;\r\n\tfilename=b", "d") + "--b--",
       "[a|b|text/plain|d]"},
      {"nested multipart is data",
       part("Content-Disposition: form-data; name=a\r\nContent-Type: multipart/mixed; boundary=c",
            "--c\r\n\r\nx\r\n--c--\r\n") +
           "--b--",
       "[a|multipart/mixed; boundary=c|--c\r\n\r\nx\r\n--c--\r\n]"},
  };
  for (const Case& each : cases) EXPECT_EQ(read(each.body), each.parts) << each.what;
}

TEST(Multipart, NamesAreReadAsClientsSendThem) {
  struct Case {
    std::string parameters;
    std::string_view name;
  };
  const std::vector<Case> cases = {
      {"name=\"a b;=\"", "a b;="},       {"name=a", "a"},
      {"NAME = \"a\" ; ", "a"},          {"name=\"\"", ""},
      {"name=\"%22%0D%0A\"", "\"\r\n"},   // browsers, curl, requests
      {"name=\"%41%2F%\"", "%41%2F%"},    // they escape nothing else
      {"name=\"\\\"\\\\\"", "\"\\"},      // Go, older curl
      {"name=\"a\\b\"", "a\\b"},          // a browser does not escape a backslash
      {"name=\"a\\\"", "a\\"},            // nor one at the end
      {"name=\"\xc3\xa9\"", "\xc3\xa9"},  // UTF-8
      {"name=\"\xe9\"", "\xe9"},          // some other charset
      {"x=y; name=\"a\"; z=\";\"", "a"},
  };
  for (const Case& each : cases) {
    EXPECT_EQ(read(named(each.parameters)), "[" + std::string(each.name) + "|text/plain|d]")
        << each.parameters;
  }
}

TEST(Multipart, FileNamesAreReadAsClientsSendThem) {
  struct Case {
    std::string parameters;
    std::string_view filename;
  };
  const std::vector<Case> cases = {
      {"filename=\"a.txt\"", "a.txt"},
      {"filename=\"\"", ""},
      {"filename=\"C:\\dir\\a.txt\"", "C:\\dir\\a.txt"},
      {"filename=\"../../etc/passwd\"", "../../etc/passwd"},
      {"filename*=UTF-8''na%C3%AFve%22.txt", "na\xc3\xafve\".txt"},
      {"filename*=utf-8'en'a", "a"},
      {"filename*=UTF-8''x; filename=\"y\"", "y"},
      {"filename=\"y\"; filename*=UTF-8''x", "y"},
      {"filename=\"y\"; filename*=broken", "y"},
  };
  for (const Case& each : cases) {
    EXPECT_EQ(read(named("name=n; " + each.parameters)),
              "[n|" + std::string(each.filename) + "|text/plain|d]")
        << each.parameters;
  }
}

TEST(Multipart, AMistakeIsSaid) {
  const std::string head = "--b\r\nContent-Disposition: form-data; name=a\r\n";
  struct Case {
    std::string body;
    std::string_view words;
  };
  const std::vector<Case> cases = {
      {"", "part 0, byte 0: the body is cut off: the last delimiter is missing"},
      {"hello", "the body is cut off"},
      {"--b\r\n", "part 1, byte 5: the body is cut off"},
      {"--b-", "cut off"},
      {"--bx\r\n", "part 0, byte 4: a line break or two dashes must follow the delimiter"},
      {"--b-x", "must follow the delimiter"},
      {"--b \n", "must follow the delimiter"},
      {"--b\n", "must follow the delimiter"},
      {"--b\rx", "must follow the delimiter"},
      {"--b --", "must follow the delimiter"},
      {head + "\r\nd", "part 1, byte 48: the body is cut off"},
      {head + "\r\nd\r\n--b", "cut off"},
      {head + "\r\nd\r\n--bb--", "must follow the delimiter"},
      {head + "\r\nd--b--", "cut off"},
      {"--b\r\n\r\n\r\n--b--",
       "the part has no field `Content-Disposition: form-data; name=\"...\"`"},
      {"--b\r\nX: y\r\n\r\n\r\n--b--", "has no field `Content-Disposition"},
      {head + "no colon\r\n\r\n", "must be `Name: value`"},
      {head + ": x\r\n\r\n", "must be `Name: value`"},
      {head + "a b: x\r\n\r\n", "must be `Name: value`"},
      {"--b\r\n x\r\n\r\n", "must be `Name: value`"},
      {head + "x: \0\r\n\r\n"s, "has a control character"},
      {head + "x: a\nb\r\n\r\n", "has a control character"},
      {head + "x: a\rb\r\n\r\n", "has a control character"},
      {head + "Content-Disposition: form-data; name=b\r\n\r\n",
       "has two fields Content-Disposition"},
      {named("x=y"), "has no name"},
      {named(""), "has no name"},
      {named("name=a; name=b"), "has a parameter twice"},
      {named("name=a; filename=b; filename=c"), "has a parameter twice"},
      {named("name"), "is not `form-data; name=\"...\"`"},
      {named("name="), "is not `form-data"},
      {named("name=a; filename="), "is not `form-data"},
      {named("name=\"a"), "is not `form-data"},
      {named("name=\"a\"x"), "is not `form-data"},
      {named("name=a\"b"), "is not `form-data"},
      {named("na me=a"), "is not `form-data"},
      {named("name=a; filename*=latin1''x"), "filename* must be UTF-8''name"},
      {named("name=a; filename*=UTF-8''%x"), "filename* must be UTF-8''name"},
      {named("name=a; filename*=UTF-8'x"), "filename* must be UTF-8''name"},
      {named("name=a; filename*=UTF-8"), "filename* must be UTF-8''name"},
      {part("Content-Disposition: attachment; name=a", "d"), "must be form-data"},
      {part("Content-Disposition:", "d"), "must be form-data"},
  };
  for (const Case& each : cases) {
    const std::string mistake = read(each.body);
    EXPECT_THAT(mistake, testing::StartsWith("multipart/form-data, part ")) << each.body;
    EXPECT_THAT(mistake, testing::HasSubstr(each.words)) << each.body;
  }
}

TEST(Multipart, TheBoundaryIsChecked) {
  const std::string body = "--b\r\nContent-Disposition: form-data; name=a\r\n\r\nd\r\n--b--";
  const std::string longest(70, 'x');
  for (const std::string& type :
       {"multipart/form-data; boundary=b"s, "Multipart/Form-Data;charset=utf-8;Boundary=\"b\""s,
        "multipart/form-data ; boundary = b ;"s}) {
    EXPECT_EQ(read(body, type), "[a|text/plain|d]") << type;
  }
  for (const std::string& type :
       {"multipart/form-data"s, "multipart/form-data; boundary="s,
        "multipart/form-data; boundary=\"\""s, "multipart/form-data; boundary=\"b"s,
        "multipart/form-data; boundary=\"a\xff\""s, "multipart/form-data; boundary=\"a\r\nb\""s,
        "multipart/form-data; boundary=\"a \""s, "multipart/form-data; boundary=\"a\0b\""s,
        "multipart/form-data; boundary"s, "multipart/form-data; boundary=x" + longest,
        "multipart/form-data; boundary=" + std::string(1 << 20, 'x'),
        "multipart/form-data; boundary=a*b"s}) {
    EXPECT_THAT(read(body, type), testing::HasSubstr("has no valid boundary"))
        << type.substr(0, 99);
  }
  EXPECT_THAT(read(body, "multipart/form-data; boundary=b; boundary=c"),
              testing::HasSubstr("two boundaries"));
  for (const std::string_view type :
       {"", "text/plain", "multipart/mixed; boundary=b", "form-data; boundary=b"}) {
    EXPECT_THAT(read(body, type), testing::HasSubstr("the body is no form with files")) << type;
  }
  const std::string all = "'()+_,-./:=? 0aZ";
  EXPECT_EQ(
      read("--" + all + "\r\nContent-Disposition: form-data; name=a\r\n\r\nd\r\n--" + all + "--",
           "multipart/form-data; boundary=\"" + all + "\""),
      "[a|text/plain|d]");
  EXPECT_EQ(read("--" + longest + "--", "multipart/form-data; boundary=" + longest), "");
}

TEST(Multipart, IsBounded) {
  const std::string one = part("Content-Disposition: form-data; name=a", "");
  EXPECT_EQ(read(one + one + "--b--", kType, {.parts = 2}), "[a|text/plain|][a|text/plain|]");
  EXPECT_THAT(read(one + one + one + "--b--", kType, {.parts = 2}),
              testing::HasSubstr("more than 2 parts"));

  const std::string head = "Content-Disposition: form-data; name=a\r\nX: ";
  const std::size_t bytes = MultipartLimits().header_bytes;
  const std::string longest = head + std::string(bytes - head.size(), 'x');
  EXPECT_EQ(read(part(longest, "d") + "--b--"), "[a|text/plain|d]");
  EXPECT_THAT(read(part(longest + "x", "d") + "--b--"), testing::HasSubstr("more than 8192 bytes"));
  EXPECT_THAT(read("--b\r\n" + std::string(1 << 20, 'x')),
              testing::HasSubstr("more than 8192 bytes"));

  EXPECT_EQ(read(part(longest + longest.substr(head.size()), "d") + "--b--", kType,
                 {.header_bytes = std::string::npos}),
            "[a|text/plain|d]");

  std::string many = "Content-Disposition: form-data; name=a";
  for (int i = 1; i < 32; ++i) many += "\r\nX: y";
  EXPECT_EQ(read(part(many, "d") + "--b--"), "[a|text/plain|d]");
  EXPECT_THAT(read(part(many + "\r\nX: y", "d") + "--b--"),
              testing::HasSubstr("more than 32 header fields"));
}

TEST(Multipart, FindsPartsByName) {
  const std::string body = part("Content-Disposition: form-data; name=a", "1") +
                           part("Content-Disposition: form-data; name=b; filename=\"\"", "2") +
                           part("Content-Disposition: form-data; name=a", "3") + "--b--";
  const RequestForTest request{.headers = {{"Content-Type", kType}}, .body = body};
  const Multipart form = multipart(request.made());
  EXPECT_EQ(form.size(), 3U);
  EXPECT_FALSE(form.empty());
  EXPECT_EQ(form.text("a"), "1");
  EXPECT_EQ(form.text("c"), std::nullopt);
  EXPECT_EQ(form.get("c"), nullptr);
  EXPECT_EQ(form.get("b")->filename, "");
  EXPECT_EQ(form.get("a")->filename, std::nullopt);
  ASSERT_EQ(form.all("a").size(), 2U);
  EXPECT_EQ(form.all("a")[1]->data, "3");
  // The data is not copied.
  EXPECT_EQ(form.get("a")->data.data(), body.data() + body.find("1\r"));
  EXPECT_THROW((void)multipart(RequestForTest{.body = body}.made()), BadInput);
}

TEST(MultipartParser, ShowsTheHeaderFields) {
  MultipartParser parser(kType);
  const std::string body =
      part("Content-Disposition: form-data; name=a\r\nX-Y:  z \r\nx-y: 2", "d") + "--b--";
  for (const MultipartEvent& event : parser.feed(body)) {
    if (event.step != MultipartStep::kPartBegins) continue;
    ASSERT_EQ(event.part->headers.size(), 3U);
    EXPECT_EQ(event.part->headers[1].name, "X-Y");
    EXPECT_EQ(event.part->headers[1].value, "z");
    EXPECT_EQ(find_field(event.part->headers, "x-Y")->value, "z");
  }
  parser.finish();
}

TEST(MultipartParser, SaysThatEventsAreLeft) {
  MultipartParser parser(kType);
  const std::string body = part("Content-Disposition: form-data; name=a", "d") + "--b--";
  (void)parser.feed(body);
  EXPECT_TRUE(parser.next());
  EXPECT_THROW((void)parser.feed(body), std::logic_error);
  while (parser.next()) {
  }
  parser.finish();
}

TEST(MultipartParser, StaysBrokenAfterAMistake) {
  MultipartParser parser(kType);
  const auto mistake = [&](const auto& call) {
    try {
      call();
    } catch (const BadInput& error) {
      return std::string(error.what());
    }
    return std::string("none");
  };
  (void)parser.feed("--b!"sv);
  const std::string first = mistake([&] { (void)parser.next(); });
  EXPECT_THAT(first, testing::HasSubstr("byte 4"));
  EXPECT_EQ(mistake([&] { (void)parser.next(); }), first);
  EXPECT_EQ(mistake([&] { (void)parser.feed("x"sv); }), first);
  EXPECT_EQ(mistake([&] { parser.finish(); }), first);
}

}  // namespace
}  // namespace ofn
