#include "otlp/pair_list.h"

#include <string>
#include <string_view>

#include <gtest/gtest.h>

namespace ofn::otlp {
namespace {

std::string shown(std::string_view text) {
  const auto pairs = parse_pairs(text);
  if (!pairs) {
    return "item " + std::to_string(pairs.error().item) + ": " +
           std::string(pairs.error().expected);
  }
  std::string result;
  for (const Header& pair : *pairs) result += pair.name + "=" + pair.value + "|";
  return result;
}

TEST(PairList, ReadsOrSaysWhatIsWrong) {
  struct Case {
    std::string_view text;
    std::string_view expected;
  };
  for (const Case& c : {
           Case{"", ""},
           Case{"a=b", "a=b|"},
           Case{" a = b , c= d ", "a=b|c=d|"},
           Case{"a=b,,c=d,", "a=b|c=d|"},
           Case{"a=", "a=|"},
           Case{"a=b=c==", "a=b=c==|"},
           Case{"a=1,b=2,a=3", "a=3|b=2|"},
           Case{"a=b%2Cc%3dd%25%20", "a=b,c=d% |"},
           Case{"a%2Cb=c", "a,b=c|"},
           Case{"a=%C3%BC", "a=\xc3\xbc|"},
           Case{"a=b+c", "a=b+c|"},
           Case{"a", "item 1: name=value"},
           Case{"a=b,c", "item 2: name=value"},
           Case{"=b", "item 1: a name before ="},
           Case{"a=b%", "item 1: two hexadecimal digits after each %"},
           Case{"a=b%2", "item 1: two hexadecimal digits after each %"},
           Case{"a=%zz", "item 1: two hexadecimal digits after each %"},
           Case{"a=%-1", "item 1: two hexadecimal digits after each %"},
           Case{"a=%ff", "item 1: UTF-8"},
       }) {
    EXPECT_EQ(shown(c.text), c.expected) << c.text;
  }
}

}  // namespace
}  // namespace ofn::otlp
