#include "middleware/etag.h"

#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace ofn {
namespace {

TEST(Etag, IsStrongAndDependsOnTheBody) {
  EXPECT_EQ(etag_of("abc"), "\"ba7816bf8f01cfea414140de5dae2223\"");
  EXPECT_EQ(etag_of("").size(), 34U);
}

TEST(Etag, ConditionsOfARequest) {
  struct Case {
    const char* name;
    std::vector<Field> fields;
    Condition made;
    Condition author;
  };
  constexpr auto kSend = Condition::kSend;
  constexpr auto kNotModified = Condition::kNotModified;
  constexpr auto kFailed = Condition::kFailed;
  for (const Case& one : {
           Case{"none", {}, kSend, kSend},
           Case{"the same", {{"If-None-Match", "\"a\""}}, kNotModified, kNotModified},
           Case{"a weak one", {{"If-None-Match", "W/\"a\""}}, kNotModified, kNotModified},
           Case{"another", {{"If-None-Match", "\"b\""}}, kSend, kSend},
           Case{"the compressed one", {{"If-None-Match", "\"a-gzip\""}}, kNotModified, kSend},
           Case{"one of a list",
                {{"If-None-Match", "\"b\" , ,\"c,\\\",W/\"a\""}},
                kNotModified,
                kNotModified},
           Case{"a comma in quotes", {{"If-None-Match", "\"x,a\""}}, kSend, kSend},
           Case{"in two fields",
                {{"If-None-Match", "\"b\""}, {"if-none-match", "\"a\""}},
                kNotModified,
                kNotModified},
           Case{"anything", {{"If-None-Match", "*"}}, kNotModified, kNotModified},
           Case{"no quotes", {{"If-None-Match", "a"}}, kSend, kSend},
           Case{"no end", {{"If-None-Match", "\"a"}}, kSend, kSend},
           Case{"W alone", {{"If-None-Match", "W/"}}, kSend, kSend},
           Case{"empty", {{"If-None-Match", ""}}, kSend, kSend},
           Case{"If-Match", {{"If-Match", "\"a\""}}, kSend, kSend},
           Case{"If-Match, compressed", {{"If-Match", "\"a-gzip\""}}, kSend, kFailed},
           Case{"If-Match, weak", {{"If-Match", "W/\"a\""}}, kFailed, kFailed},
           Case{"If-Match, another", {{"If-Match", "\"b\""}}, kFailed, kFailed},
           Case{"If-Match, anything", {{"If-Match", "*"}}, kSend, kSend},
           Case{"both", {{"If-Match", "\"b\""}, {"If-None-Match", "\"a\""}}, kFailed, kFailed},
       }) {
    SCOPED_TRACE(one.name);
    EXPECT_EQ(condition_of(one.fields, "\"a\"", TagOf::kProgram), one.made);
    EXPECT_EQ(condition_of(one.fields, "\"a\"", TagOf::kAuthor), one.author);
  }
  const std::vector<Field> weak = {{"If-None-Match", "\"a\""}, {"If-Match", "W/\"a\""}};
  EXPECT_EQ(condition_of(weak, "W/\"a\"", TagOf::kAuthor), kFailed);
}

TEST(Etag, A304KeepsWhatACacheNeeds) {
  Response response = Response("body")
                          .header("Content-Type", "text/plain")
                          .header("Cache-Control", "max-age=1")
                          .header("ETag", "\"a\"")
                          .header("Vary", "Accept")
                          .header("Content-Encoding", "x")
                          .header("Set-Cookie", "a=b");
  make_not_modified(response);
  EXPECT_EQ(response.status(), 304);
  EXPECT_EQ(response.body(), "");
  std::string names;
  for (const Header& header : response.headers()) names += header.name + " ";
  EXPECT_EQ(names, "Cache-Control ETag Vary Set-Cookie ");
}

}  // namespace
}  // namespace ofn
