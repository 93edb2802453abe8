#include "event/attributes.h"

#include <gtest/gtest.h>

#include <ofn/http_text.h>

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

TEST(Attributes, JsonTypes) {
  for (const char* type : {"application/json", "APPLICATION/JSON", "text/json", "a/b+json",
                           "application/json; charset=utf-8", "application/json ;x=y"}) {
    EXPECT_TRUE(internal::is_json_type(type)) << type;
  }
  for (const char* type : {"", "json", "application/jsonx", "application/xjson", "text/plain",
                           "text/plain; a=application/json", "application/json-seq"}) {
    EXPECT_FALSE(internal::is_json_type(type)) << type;
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
