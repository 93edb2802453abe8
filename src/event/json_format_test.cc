#include "event/json_format.h"

#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "document/node.h"

namespace ofn::event {
namespace {

using ::testing::HasSubstr;

// Returns the smallest event with more members.
std::string with(const std::string& members) {
  return R"({"specversion":"1.0","id":"1","source":"/s","type":"t")" +
         (members.empty() ? "" : "," + members) + "}";
}

CloudEvent small() { return {"1", "/s", "t"}; }

void check(const std::string& text, const CloudEvent& expected) {
  const Result<CloudEvent> event = parse_json_event(text);
  ASSERT_TRUE(event.has_value()) << text << ": " << event.error().text();
  EXPECT_EQ(*event, expected) << text;
}

void check_refused(const std::string& text, const std::string& reason) {
  const Result<CloudEvent> event = parse_json_event(text);
  ASSERT_FALSE(event.has_value()) << text;
  EXPECT_EQ(event.error().code(), Code::kInvalidArgument);
  EXPECT_THAT(event.error().message(), HasSubstr(reason)) << text;
}

TEST(JsonFormat, Attributes) {
  check(with(""), small());
  check(" \n" + with("") + "\t", small());
  check("\xEF\xBB\xBF" + with(""), small());
  check(with(R"("subject":"a","time":"2024-02-29T23:59:60.5+01:00","dataschema":"http://x/y")"),
        small().subject("a").time("2024-02-29T23:59:60.5+01:00").dataschema("http://x/y"));
  // Extensions are at the top level; their values become canonical strings (spec §2.4).
  check(with(R"("text":"x y","yes":true,"no":false,"number":-2147483648,"zero":0)"),
        small()
            .extension("text", "x y")
            .extension("yes", "true")
            .extension("no", "false")
            .extension("number", "-2147483648")
            .extension("zero", "0"));
  // A null member counts as missing.
  check(with(R"("subject":null,"ext":null,"data":null,"data_base64":null)"), small());
  check(with(R"("subject":"\u20ac\ud83d\ude00\"\\")"), small().subject("€😀\"\\"));
  // A name may also be written with escapes.
  check(with(R"("\u0065xt":"1")"), small().extension("ext", "1"));
}

TEST(JsonFormat, Data) {
  // With a JSON type or no type: the JSON text as it was written.
  check(with(R"("data":{"b":1, "a":[1.0,12345678901234567890123,"x}]"]})"),
        small().data(R"({"b":1, "a":[1.0,12345678901234567890123,"x}]"]})"));
  check(with(R"("data":"text")"), small().data(R"("text")"));
  check(with(R"("datacontenttype":"application/json","data":"text")"),
        small().datacontenttype("application/json").data(R"("text")"));
  check(with(R"("datacontenttype":"Application/Vnd.X+JSON; a=b","data":"text")"),
        small().datacontenttype("Application/Vnd.X+JSON; a=b").data(R"("text")"));
  check(with(R"("data":-1.5e3 )"), small().data("-1.5e3"));
  check(with(R"("data":true)"), small().data("true"));
  check(with(R"("data":{"a":1,"a":2})"), small().data(R"({"a":1,"a":2})"));
  // With another type: a string becomes its text; other values stay JSON text.
  check(with(R"("datacontenttype":"text/plain","data":"line\n")"),
        small().datacontenttype("text/plain").data("line\n"));
  check(with(R"("datacontenttype":"text/plain","data":"{\"a\":1}")"),
        small().datacontenttype("text/plain").data(R"({"a":1})"));
  check(with(R"("datacontenttype":"text/plain","data":[1])"),
        small().datacontenttype("text/plain").data("[1]"));
  check(with(R"("data_base64":"AP8=")"), small().data(std::string("\0\xFF", 2)));
  check(with(R"("data_base64":"")"), small().data(""));
  // The order of members does not matter.
  check(R"({"data":"x","datacontenttype":"text/plain","type":"t","source":"/s","id":"1",)"
        R"("specversion":"1.0"})",
        small().datacontenttype("text/plain").data("x"));
}

TEST(JsonFormat, EventsOfVersion03BecomeThoseOf10) {
  const auto old = [](const std::string& members) {
    return R"({"id":"1","source":"/s","type":"t",)" + members + R"(,"specversion":"0.3"})";
  };
  check(old(R"("data":{"a":1.0})"), small().data(R"({"a":1.0})"));
  check(old(R"("schemaurl":"http://x/s","subject":"a")"),
        small().dataschema("http://x/s").subject("a"));
  check(old(R"("schemaurl":"/relative")"), small().extension("schemaurl", "/relative"));
  check(old(R"("datacontentencoding":"base64","datacontenttype":"application/json","data":"e30=")"),
        small().datacontenttype("application/json").data("{}"));
  check(old(R"("datacontentencoding":"base64","data":null)"), small());
  check(old(R"("datacontentencoding":null,"data":"e30=")"), small().data(R"("e30=")"));
  check(old(R"("data_base64":"AP8=")"), small().data(std::string("\0\xFF", 2)));
  check(with(R"("datacontentencoding":"base64","data":"e30=")"),
        small().extension("datacontentencoding", "base64").data(R"("e30=")"));
  check_refused(old(R"("datacontentencoding":"base64","data":{})"),
                R"("data_base64": expected a string)");
  check_refused(old(R"("datacontentencoding":"gzip","data":"")"),
                R"(expected "base64", found "gzip")");
}

TEST(JsonFormat, Refused) {
  check_refused("", "not JSON");
  check_refused("{", "not JSON: error at byte");
  check_refused(with("") + "x", "not JSON");
  check_refused(with("\"a\":\"\xC0\x80\""), "not JSON");
  check_refused(with("") + std::string("\0", 1) + "x", "not JSON: error at byte");
  check_refused("[]", "JSON object");
  check_refused("\"specversion\"", "JSON object");
  check_refused("{}", R"(attribute "specversion": expected "1.0", found none)");
  check_refused(R"({"specversion":"0.2","id":"1","source":"/s","type":"t"})",
                R"(attribute "specversion": expected "1.0", found "0.2")");
  check_refused(R"({"specversion":"0.3","id":"1","type":"t"})", R"(attribute "source")");
  check_refused(R"({"specversion":1.0,"id":"1","source":"/s","type":"t"})",
                R"(attribute "specversion": expected a string, found a number)");
  check_refused(R"({"specversion":"1.0","source":"/s","type":"t"})", R"(attribute "id")");
  check_refused(R"({"specversion":"1.0","id":"","source":"/s","type":"t"})", R"(attribute "id")");
  check_refused(R"({"specversion":"1.0","id":null,"source":"/s","type":"t"})", R"(attribute "id")");
  check_refused(R"({"specversion":"1.0","id":7,"source":"/s","type":"t"})",
                R"(attribute "id": expected a string, found a number)");
  check_refused(R"({"specversion":"1.0","id":"1","type":"t"})", R"(attribute "source")");
  check_refused(R"({"specversion":"1.0","id":"1","source":"/s"})", R"(attribute "type")");
  check_refused(with(R"("time":"yesterday")"),
                R"(attribute "time": expected an RFC 3339 timestamp)");
  check_refused(with(R"("subject":"")"), R"(attribute "subject")");
  check_refused(with(R"("subject":{})"), R"(attribute "subject": expected a string, found an obj)");
  check_refused(with(R"("subject":"a\u0000b")"), R"(attribute "subject": expected text)");
  check_refused(with(R"("Ext":"1")"), R"(attribute name "Ext")");
  check_refused(with(R"("my_ext":"1")"), R"(attribute name "my_ext")");
  check_refused(with(R"("":"1")"), R"(attribute name "")");
  check_refused(with(R"("ext":1.5)"), R"(attribute "ext": expected an integer of 32 bits)");
  check_refused(with(R"("ext":2147483648)"), R"(attribute "ext": expected an integer of 32 bits)");
  check_refused(with(R"("ext":[1])"), R"(attribute "ext": expected a string, a boolean or an int)");
  check_refused(with(R"("id":"2")"), R"(member "id" occurs twice)");
  check_refused(with(R"("data":1,"data":2)"), R"(member "data" occurs twice)");
  check_refused(with(R"("data":1,"data_base64":"AA==")"), "exclude each other");
  check_refused(with(R"("data_base64":"A")"), R"(attribute "data_base64": expected padded base64)");
  check_refused(with(R"("data_base64":{})"), R"(attribute "data_base64": expected a string)");
}

TEST(JsonFormat, DepthIsBounded) {
  const auto nested = [](std::size_t depth) {
    return with("\"data\":" + std::string(depth, '[') + std::string(depth, ']'));
  };
  EXPECT_TRUE(parse_json_event(nested(document::kMaxDataDepth - 1)).has_value());
  check_refused(nested(document::kMaxDataDepth), "nests deeper than 256");
  check_refused(std::string(1'000'000, '['), "nests deeper than 256");
}

TEST(JsonFormat, CutAtEveryByteItIsRefused) {
  const std::string whole = with(R"("data":{"a":["x\"}",1e5,null]},"ext":true)");
  ASSERT_TRUE(parse_json_event(whole).has_value());
  for (std::size_t size = 0; size < whole.size(); ++size) {
    EXPECT_FALSE(parse_json_event(whole.substr(0, size)).has_value()) << size;
  }
}

TEST(JsonFormat, Batch) {
  const auto events = parse_json_batch("[ " + with("") + " , " + with(R"("data":[1])") + "]");
  ASSERT_TRUE(events.has_value());
  EXPECT_EQ(*events, (std::vector<CloudEvent>{small(), small().data("[1]")}));
  EXPECT_EQ(parse_json_batch("[]")->size(), 0U);
  EXPECT_THAT(parse_json_batch("[" + with("") + ",{}]").error().message(),
              HasSubstr(R"(event 1: attribute "specversion")"));
  EXPECT_THAT(parse_json_batch("[1]").error().message(), HasSubstr("event 0: a CloudEvent is"));
  EXPECT_THAT(parse_json_batch(with("")).error().message(), HasSubstr("JSON array"));
}

TEST(JsonFormat, LooksLikeEvent) {
  EXPECT_TRUE(looks_like_event(R"({"data":{"specversion":1},"specversion":"9"})"));
  EXPECT_FALSE(looks_like_event(R"({"data":{"specversion":"1.0"}})"));
  EXPECT_FALSE(looks_like_event(R"(["specversion"])"));
  EXPECT_FALSE(looks_like_event(R"({"specversion":"1.0")"));
}

TEST(JsonFormat, Written) {
  const auto written = [](const CloudEvent& event, const std::string& expected) {
    const Result<std::string> text = to_json(event);
    ASSERT_TRUE(text.has_value()) << text.error().text();
    EXPECT_EQ(*text, expected);
  };
  written(small(), with(""));
  written(small().subject("€\"\\").extension("a", "1").data("{ }"),
          with(R"("subject":"€\"\\","a":"1","data":{ })"));
  written(small().datacontenttype("text/plain").data("a\nb"),
          with(R"("datacontenttype":"text/plain","data":"a\nb")"));
  written(small().datacontenttype("text/plain").data("\xFF"),
          with(R"("datacontenttype":"text/plain","data_base64":"/w==")"));
  written(small().datacontenttype("application/json").data("no json"),
          with(R"("datacontenttype":"application/json","data_base64":"bm8ganNvbg==")"));
  written(small().data("no json"),
          with(R"("datacontenttype":"application/octet-stream","data_base64":"bm8ganNvbg==")"));
  written(small().data(""),
          with(R"("datacontenttype":"application/octet-stream","data_base64":"")"));
}

TEST(JsonFormat, NotWritten) {
  for (const CloudEvent& event :
       {CloudEvent(), CloudEvent("1", "/s", ""), CloudEvent("1", "/s", "\xFF"), small().time("now"),
        small().extension("Bad", "1"), small().extension("id", "1"), small().extension("data", "1"),
        small().subject(""), small().specversion("0.3"), CloudEvent("a\r\nb", "/s", "t")}) {
    EXPECT_FALSE(to_json(event).has_value());
  }
}

TEST(JsonFormat, WhatIsWrittenIsReadBack) {
  for (const CloudEvent& event :
       {small(), small().datacontenttype("text/plain").data("x"),
        small().datacontenttype("image/png").data(std::string("\x89PNG\0", 5)),
        small().datacontenttype("application/json").data(R"("text")"), small().data("[1, 2]"),
        small().datacontenttype("application/json").data(std::string("0\0x", 3)),
        small().datacontenttype("text/plain").data("").time("2024-01-01T00:00:00Z")}) {
    EXPECT_EQ(*parse_json_event(*to_json(event)), event);
  }
}

}  // namespace
}  // namespace ofn::event
