#include <string>
#include <vector>

#include <gtest/gtest.h>

#include <ofn/form.h>

#include "author/request_for_test.h"

namespace ofn {
namespace {

using namespace std::string_view_literals;

constexpr std::string_view kForm = "application/x-www-form-urlencoded";

std::string shown(const Form& form) {
  std::string text;
  for (const Form::Pair& pair : form) text += "[" + pair.name + "|" + pair.value + "]";
  return text;
}

// The expected pairs are those of Python's urllib.parse.parse_qsl(keep_blank_values=True) and of
// the URL Standard.
TEST(Form, IsReadAsTheUrlStandardSays) {
  struct Case {
    std::string_view text;
    std::string_view pairs;
  };
  for (const Case& each : {Case{"", ""},
                           Case{"a=1&b=2", "[a|1][b|2]"},
                           Case{"a=1&a=2&a=", "[a|1][a|2][a|]"},
                           Case{"a", "[a|]"},
                           Case{"=1", "[|1]"},
                           Case{"=", "[|]"},
                           Case{"&&a=1&&", "[a|1]"},
                           Case{"a=b=c", "[a|b=c]"},
                           Case{"a+b=c+d", "[a b|c d]"},
                           Case{"%61=%2B", "[a|+]"},
                           Case{"a=%26%3D", "[a|&=]"},
                           Case{"a=%", "[a|%]"},
                           Case{"a=%2", "[a|%2]"},
                           Case{"a=%zz", "[a|%zz]"},
                           Case{"a=%2%30", "[a|%20]"},
                           Case{"a=1;b=2", "[a|1;b=2]"},
                           Case{"a=\xc3\xa9", "[a|\xc3\xa9]"},
                           Case{"a=%C3%A9", "[a|\xc3\xa9]"},
                           Case{"a=%00b"sv, "[a|\0b]"sv},
                           Case{"a=\r\n"sv, "[a|\r\n]"sv}}) {
    EXPECT_EQ(shown(Form::parse(each.text)), each.pairs) << each.text;
  }
}

TEST(Form, FindsValuesByName) {
  const Form form = Form::parse("a=1&b=2&a=3&A=4");
  EXPECT_EQ(form.get("a"), "1");
  EXPECT_EQ(form.get("c"), std::nullopt);
  EXPECT_EQ(form.all("a"), (std::vector<std::string_view>{"1", "3"}));
  EXPECT_TRUE(form.has("A") && !form.has("B"));
  EXPECT_EQ(form.size(), 4U);
  EXPECT_TRUE(Form().empty());
}

TEST(Form, GivesOwnTextsIfItIsATemporary) {
  const std::string text = "a=" + std::string(100, 'x') + "&a=" + std::string(100, 'y');
  const std::optional<std::string> value = Form::parse(text).get("a");
  EXPECT_EQ(value, std::string(100, 'x'));
  const std::vector<std::string> values = Form::parse(text).all("a");
  EXPECT_EQ(values, (std::vector<std::string>{std::string(100, 'x'), std::string(100, 'y')}));
  EXPECT_EQ(Form::parse(text).get("b"), std::nullopt);
}

TEST(Form, IsWrittenAsItIsRead) {
  Form form;
  form.add("a&b", "c=d +");
  form.add("", "%41\xff");
  form.add("x", "");
  EXPECT_EQ(form.text(), "a%26b=c%3Dd+%2B&=%2541%FF&x=");
  EXPECT_EQ(shown(Form::parse(form.text())), shown(form));
}

TEST(Form, HasABoundedNumberOfPairs) {
  std::string text;
  for (std::size_t i = 0; i < Form::kMaxPairs; ++i) text += "a&";
  EXPECT_EQ(Form::parse(text).size(), Form::kMaxPairs);
  text += "&&&";
  EXPECT_EQ(Form::parse(text).size(), Form::kMaxPairs);
  text += "a";
  EXPECT_THROW((void)Form::parse(text), BadInput);
  EXPECT_THROW((void)Form::parse("a&b&c", 2), BadInput);
  EXPECT_EQ(Form::parse("a&b", 2).size(), 2U);
}

TEST(Form, OfARequestNeedsItsContentType) {
  struct Case {
    std::vector<Field> headers;
    bool is_form;
  };
  for (const Case& each :
       {Case{{{"content-type", kForm}}, true},
        Case{{{"Content-Type", "Application/X-WWW-Form-Urlencoded ; charset=utf-8"}}, true},
        Case{{}, false}, Case{{{"content-type", "application/json"}}, false},
        Case{{{"content-type", "application/x-www-form-urlencoded2"}}, false},
        Case{{{"content-type", "multipart/form-data"}}, false}}) {
    const RequestForTest request{.headers = each.headers, .body = "a=1"};
    if (each.is_form) {
      EXPECT_EQ(form(request.made()).get("a"), "1");
    } else {
      EXPECT_THROW((void)form(request.made()), BadInput);
    }
  }
}

TEST(Query, OfARequestIsAForm) {
  EXPECT_EQ(shown(query(RequestForTest{.target = "/a?b=1&b=%3F?"}.made())), "[b|1][b|??]");
  EXPECT_EQ(shown(query(RequestForTest{.target = "/a"}.made())), "");
}

TEST(Url, IsEncodedAndDecoded) {
  std::string all;
  for (int byte = 0; byte < 256; ++byte) all += static_cast<char>(byte);
  EXPECT_EQ(url_encode("aZ09-._~"), "aZ09-._~");
  EXPECT_EQ(url_encode("a/b c+%\xff\0"sv), "a%2Fb%20c%2B%25%FF%00");
  EXPECT_EQ(url_decode(url_encode(all)), all);
  EXPECT_EQ(form_encode("aZ09*-._ ~"), "aZ09*-._+%7E");
  EXPECT_EQ(form_decode(form_encode(all)), all);
}

TEST(Url, ABrokenEscapeIsSaid) {
  struct Case {
    std::string_view text;
    std::size_t broken_at;
    std::string_view leniently;
  };
  constexpr std::size_t kNone = std::string_view::npos;
  for (const Case& each :
       {Case{"", kNone, ""}, Case{"a+b", kNone, "a+b"}, Case{"%41%62", kNone, "Ab"},
        Case{"a%", 1, "a%"}, Case{"%4", 0, "%4"}, Case{"%41%4g", 3, "A%4g"}, Case{"%%41", 0, "%A"},
        Case{"%25%", 3, "%%"}}) {
    EXPECT_EQ(find_broken_escape(each.text), each.broken_at) << each.text;
    EXPECT_EQ(url_decode_leniently(each.text), each.leniently) << each.text;
    EXPECT_EQ(url_decode(each.text).has_value(), each.broken_at == kNone) << each.text;
  }
}

TEST(Url, GetsAQuery) {
  EXPECT_EQ(with_query("/s", {{"q", "tea & milk"}, {"page", "2"}}), "/s?q=tea+%26+milk&page=2");
  EXPECT_EQ(with_query("/s?a=1", {{"b", ""}}), "/s?a=1&b=");
  EXPECT_EQ(with_query("/s?", {{"b", "\r\n"}}), "/s?b=%0D%0A");
  EXPECT_EQ(with_query("/s?a&", {{"b", "1"}}), "/s?a&b=1");
  EXPECT_EQ(with_query("/s#top?", {{"b", "1"}}), "/s?b=1#top?");
  EXPECT_EQ(with_query("", {{"b", "1"}}), "?b=1");
  EXPECT_EQ(with_query("/s#top", {}), "/s#top");
}

}  // namespace
}  // namespace ofn
