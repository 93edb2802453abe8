#include "event/attributes.h"

#include <gtest/gtest.h>

namespace ofn::event {
namespace {

TEST(Attributes, Names) {
  for (const char* name : {"a", "id", "9lives", "averyveryverylongnameindeed"}) {
    EXPECT_TRUE(is_attribute_name(name)) << name;
  }
  for (const char* name : {"", "A", "a-b", "a_b", "a.b", "a b", "é"}) {
    EXPECT_FALSE(is_attribute_name(name)) << name;
  }
}

TEST(Attributes, Rfc3339) {
  for (const char* time :
       {"2018-04-05T17:31:00Z", "1985-04-12t23:20:50.52z", "1996-12-19T16:39:57-08:00",
        "1990-12-31T23:59:60Z", "2000-02-29T00:00:00.123456789012+23:59", "0000-01-01T00:00:00Z"}) {
    EXPECT_TRUE(is_rfc3339(time)) << time;
  }
  for (const char* time : {"",
                           "yesterday",
                           "2018-04-05",
                           "2018-04-05T17:31:00",
                           "2018-04-05 17:31:00Z",
                           "2018-4-05T17:31:00Z",
                           "2018-13-05T17:31:00Z",
                           "2018-00-05T17:31:00Z",
                           "2018-04-31T17:31:00Z",
                           "1900-02-29T00:00:00Z",
                           "2018-04-05T24:00:00Z",
                           "2018-04-05T17:60:00Z",
                           "2018-04-05T17:31:61Z",
                           "2018-04-05T17:31:00.Z",
                           "2018-04-05T17:31:00+2:00",
                           "2018-04-05T17:31:00+24:00",
                           "2018-04-05T17:31:00+0200",
                           "2018-04-05T17:31:00Z ",
                           " 2018-04-05T17:31:00Z",
                           "+018-04-05T17:31:00Z",
                           "1522949460"}) {
    EXPECT_FALSE(is_rfc3339(time)) << time;
  }
}

TEST(Attributes, JsonTypes) {
  for (const char* type : {"application/json", "APPLICATION/JSON", "text/json", "a/b+json",
                           "application/json; charset=utf-8", "application/json ;x=y"}) {
    EXPECT_TRUE(is_json_type(type)) << type;
  }
  for (const char* type : {"", "json", "application/jsonx", "application/xjson", "text/plain",
                           "text/plain; a=application/json", "application/json-seq"}) {
    EXPECT_FALSE(is_json_type(type)) << type;
  }
}

TEST(Attributes, Values) {
  CloudEvent event;
  for (const char* value : {"plain", "€", "😀", " ", "\u00a0"}) {
    EXPECT_TRUE(set_attribute(event, "ext", value).has_value()) << value;
    EXPECT_EQ(event.extension("ext"), value);
  }
  for (const char* value : {"\n", "\x7F", "\u0085", "\uFDD0", "\uFFFF", "\U0001FFFE", "\x80"}) {
    EXPECT_FALSE(set_attribute(event, "ext", value).has_value()) << shown(value);
  }
}

TEST(Attributes, Types) {
  const auto check = [](const char* name, std::initializer_list<const char*> right,
                        std::initializer_list<const char*> wrong) {
    CloudEvent event;
    for (const char* value : right) {
      EXPECT_TRUE(set_attribute(event, name, value).has_value()) << name << " " << value;
    }
    for (const char* value : wrong) {
      EXPECT_FALSE(set_attribute(event, name, value).has_value()) << name << " " << value;
    }
  };
  check(
      "source",
      {"/s", "s", "https://example.com/a?b=c#d", "mailto:a@example.com", "urn:uuid:1",
       "//host/a%20b", "1-555-123-4567", "projects/(default)", "http://[::1]/"},
      {"", "a b", "a\"", "<a>", "{a}", "a\\b", "a^b", "a|b", "a`b", "é", "%", "%4", "%4x", "a%2"});
  check("dataschema", {"https://example.com/s.json", "urn:s", "a+b-c.1:x", "s:"},
        {"", "/s", "s", ":s", "1a:s", "a b:s", "http://a b", "//host/s"});
  check("datacontenttype",
        {"application/json", "text/plain; charset=utf-8", "Text/X.y+z ;a=b", "image/svg+xml"},
        {"", "json", "text/", "/plain", "text /plain", "a/b/c", "; charset=utf-8"});
  check("id", {"1", "a b", "é"}, {""});
}

TEST(Attributes, Shown) {
  EXPECT_EQ(shown("a\"\\\n\xFF"), R"("a\"\\\x0a\xff")");
  EXPECT_EQ(shown(std::string(65, 'x')), '"' + std::string(64, 'x') + "…\"");
}

}  // namespace
}  // namespace ofn::event
