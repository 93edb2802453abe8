#include "event/http_binding.h"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace ofn::event {
namespace {

using ::testing::HasSubstr;
using Fields = std::vector<Field>;

// Returns the required attributes in binary mode, followed by `more`.
Fields binary(const Fields& more = {}) {
  Fields fields = {
      {"ce-specversion", "1.0"}, {"ce-id", "1"}, {"ce-source", "/s"}, {"ce-type", "t"}};
  fields.insert(fields.end(), more.begin(), more.end());
  return fields;
}

CloudEvent small() { return {"1", "/s", "t"}; }

constexpr std::string_view kJson = R"({"specversion":"1.0","id":"1","source":"/s","type":"t"})";

void check(const Fields& fields, std::string_view body, Mode mode, const CloudEvent& expected) {
  const Result<Received> received = parse_http(fields, body);
  ASSERT_TRUE(received.has_value()) << received.error().text();
  EXPECT_EQ(received->mode, mode);
  ASSERT_EQ(received->events.size(), 1U);
  EXPECT_EQ(received->events[0], expected);
}

void check_refused(const Fields& fields, std::string_view body, const std::string& reason,
                   Code code = Code::kInvalidArgument) {
  const Result<Received> received = parse_http(fields, body);
  ASSERT_FALSE(received.has_value()) << reason;
  EXPECT_EQ(received.error().code(), code);
  EXPECT_THAT(received.error().message(), HasSubstr(reason));
}

TEST(HttpBinding, Binary) {
  check(binary(), "", Mode::kBinary, small());
  check({{"CE-SpecVersion", "1.0"}, {"Ce-Id", "1"}, {"ce-Source", "/s"}, {"cE-type", "t"}}, "x",
        Mode::kBinary, small().data("x"));
  check(binary({{"Content-Type", "text/plain; charset=utf-8"}, {"ce-subject", "a%20b"}}), "{}",
        Mode::kBinary,
        small().datacontenttype("text/plain; charset=utf-8").subject("a b").data("{}"));
  check(binary({{"ce-myext", R"("a\"b\\ c")"}, {"ce-other", "%e2%82%AC"}, {"x-ce-a", "no"}}),
        std::string_view("\0", 1), Mode::kBinary,
        small().extension("myext", "a\"b\\ c").extension("other", "€").data(std::string(1, '\0')));
  // A JSON content type does not turn a binary event into a structured one.
  check(binary({{"content-type", "application/json"}}), kJson, Mode::kBinary,
        small().datacontenttype("application/json").data(std::string(kJson)));
}

TEST(HttpBinding, Structured) {
  for (const std::string_view type :
       {"application/cloudevents+json", "Application/CloudEvents+JSON; charset=utf-8",
        "application/cloudevents", "application/json", "application/json; charset=utf-8",
        "text/json"}) {
    check({{"content-type", type}}, kJson, Mode::kStructured, small());
  }
  // The content type decides; then ce- fields are ignored.
  Fields both = binary({{"content-type", "application/cloudevents+json"}});
  both[1].value = "other";
  check(both, kJson, Mode::kStructured, small());
}

TEST(HttpBinding, Batch) {
  const std::string two = "[" + std::string(kJson) + "," + std::string(kJson) + "]";
  for (const std::string_view type :
       {"application/cloudevents-batch+json", "APPLICATION/cloudevents-batch+json;charset=UTF-8"}) {
    const Result<Received> received = parse_http(Fields{{"content-type", type}}, two);
    ASSERT_TRUE(received.has_value());
    EXPECT_EQ(received->mode, Mode::kBatch);
    EXPECT_EQ(received->events, (std::vector<CloudEvent>{small(), small()}));
  }
}

TEST(HttpBinding, Refused) {
  check_refused({}, "", "not a CloudEvent: there are no ce- fields", Code::kNotFound);
  check_refused({}, kJson, "the content type is absent", Code::kNotFound);
  check_refused({{"content-type", "text/plain"}}, kJson, R"(the content type is "text/plain")",
                Code::kNotFound);
  check_refused({{"content-type", "application/json"}}, "{}", "not a CloudEvent", Code::kNotFound);
  check_refused({{"content-type", "application/json"}}, "{", "not a CloudEvent", Code::kNotFound);
  check_refused({{"content-type", "application/json"}}, R"({"specversion":"1.0"})",
                R"(attribute "id")");
  check_refused({{"content-type", "application/cloudevents+json"}}, "", "not JSON");
  check_refused({{"content-type", "application/cloudevents+avro"}}, "", "format is not supported",
                Code::kUnimplemented);
  check_refused({{"content-type", "application/cloudevents-batch+xml"}}, "", "not supported",
                Code::kUnimplemented);
  check_refused({{"content-type", "application/cloudevents-batch+json"}}, kJson, "JSON array");
  check_refused({{"ce-id", "1"}, {"ce-source", "/s"}, {"ce-type", "t"}}, "",
                R"(attribute "specversion": expected "1.0" in the field ce-specversion, found)");
  check_refused({{"ce-specversion", "1.0"}, {"ce-source", "/s"}, {"ce-type", "t"}}, "",
                R"(attribute "id": expected a value that is not empty, found none)");
  check_refused({{"ce-specversion", "0.2"}}, "", R"(expected "1.0", found "0.2")");
  check_refused(binary({{"ce-id", "2"}}), "", R"(attribute "id": expected once)");
  check_refused(binary({{"ce-time", "yesterday"}}), "", R"(attribute "time")");
  check_refused(binary({{"ce-datacontenttype", "text/plain"}}), "", "expected in Content-Type");
  check_refused(binary({{"ce-my-ext", "1"}}), "", R"(attribute name "my-ext")");
  check_refused(binary({{"ce-", "1"}}), "", R"(attribute name "")");
  check_refused(binary({{"ce-data", "1"}}), "", R"(attribute name "data")");
  check_refused(binary({{"ce-ext", "%FF"}}), "", R"(attribute "ext": expected UTF-8)");
  check_refused(binary({{"ce-subject", "caf\xE9"}}), "", R"(attribute "subject": expected UTF-8)");
  check_refused(binary({{"ce-ext", "%0a"}}), "", R"(attribute "ext": expected text)");
}

TEST(HttpBinding, TheRequestsTraceBecomesTheEvents) {
  const Field parent = {"Traceparent", "00-1-2-01"};
  const Field state = {"tracestate", "a=b"};
  check(binary({parent, state}), "", Mode::kBinary,
        small().extension("traceparent", "00-1-2-01").extension("tracestate", "a=b"));
  check(binary({state}), "", Mode::kBinary, small());
  // The event's own trace has precedence, and traceparent and tracestate are taken only together.
  check(binary({parent, state, {"ce-traceparent", "00-3-4-00"}}), "", Mode::kBinary,
        small().extension("traceparent", "00-3-4-00"));
  check(binary({{"traceparent", "\xFF"}}), "", Mode::kBinary, small());
  const Fields batch = {{"content-type", "application/cloudevents-batch+json"}, parent};
  EXPECT_EQ(parse_http(batch, "[" + std::string(kJson) + "]")->events[0],
            small().extension("traceparent", "00-1-2-01"));
}

TEST(HttpBinding, EventsOf64KibibytesAreRead) {
  // Intermediaries must forward events of this size (spec §5), whichever part of them is large.
  const std::string large(std::size_t{64} * 1024, 'x');
  check(binary({{"ce-subject", large}}), large, Mode::kBinary, small().subject(large).data(large));
  check({{"content-type", "application/cloudevents+json"}},
        R"({"specversion":"1.0","id":"1","source":"/s","type":"t","ext":")" + large +
            R"(","data":")" + large + "\"}",
        Mode::kStructured, small().extension("ext", large).data('"' + large + '"'));
}

TEST(HttpBinding, DecodedValues) {
  const auto decoded = [](std::string_view value, std::string_view expected) {
    const Result<std::string> result = decode_value(value);
    ASSERT_TRUE(result.has_value()) << value;
    EXPECT_EQ(*result, expected);
  };
  decoded("", "");
  decoded("plain", "plain");
  decoded("Euro%20%E2%82%AC%20%F0%9F%98%80", "Euro € 😀");  // the specification's example
  decoded("%e2%82%ac", "€");
  decoded("%41", "A");
  decoded("%2541", "%41");  // exactly one round
  decoded("\"\"", "");
  decoded("\"a b\"", "a b");
  decoded(R"("a\"b\\")", R"(a"b\)");
  decoded("\"%2541\"", "%41");
  decoded(R"("\%41")", "A");
  decoded("a\"b", "a\"b");
  decoded("\xE2\x82\xAC", "€");
}

// The official Go SDK sends values without encoding them.
TEST(HttpBinding, WhatIsNoEscapeStandsForItself) {
  for (const std::string_view value :
       {"100% done", "%", "%%", "a%4", "%4x", "%x4", "100%", "\"", "\"a", "\"a\"b", R"("a\")",
        "\"a\" and \"b\"", R"(C:\temp)"}) {
    EXPECT_EQ(decode_value(value), std::string(value)) << value;
    check(binary({{"ce-subject", value}, {"ce-ext", value}}), "", Mode::kBinary,
          small().subject(std::string(value)).extension("ext", std::string(value)));
  }
  EXPECT_EQ(decode_value("100%25 %done%2"), "100% %done%2");
  EXPECT_EQ(decode_value("%%41"), "%A");
  EXPECT_EQ(decode_value("\"100% done\""), "100% done");
  // Escapes of a URI, which such a sender does not encode again.
  for (const auto& [sent, source] : {std::pair{"/a%20b", "/a%20b"},
                                     {"/a%2520b", "/a%20b"},
                                     {"/a%2Fb", "/a/b"},
                                     {"/caf%C3%A9", "/caf%C3%A9"},
                                     {"/100%25", "/100%25"}}) {
    Fields fields = binary();
    fields[2].value = sent;
    check(fields, "", Mode::kBinary, small().source(source));
    check(binary({{"ce-dataschema", std::string("http://x") + sent}}), "", Mode::kBinary,
          small().dataschema(std::string("http://x") + source));
  }
  Fields bad = binary();
  bad[2].value = "/100%";
  check_refused(bad, "", R"(attribute "source": expected a URI-reference)");
}

TEST(HttpBinding, EventsOfVersion03BecomeThoseOf10) {
  Fields old = binary({{"ce-schemaurl", "http://x/s"}, {"content-type", "text/plain"}});
  old[0].value = "0.3";
  const CloudEvent expected = small().dataschema("http://x/s").datacontenttype("text/plain");
  check(old, "x", Mode::kBinary, CloudEvent(expected).data("x"));
  // The version may come last.
  std::rotate(old.begin(), old.begin() + 1, old.end());
  check(old, "x", Mode::kBinary, CloudEvent(expected).data("x"));
  old.push_back({"ce-datacontentencoding", "Base64"});
  check(old, "AP8=", Mode::kBinary, CloudEvent(expected).data(std::string("\0\xFF", 2)));
  check(old, "no base64!", Mode::kBinary, CloudEvent(expected).data("no base64!"));
  check(old, "", Mode::kBinary, expected);
  old.back().value = "quoted-printable";
  check_refused(old, "x", R"(attribute "datacontentencoding": expected "base64")");
  // In 1.0 both are ordinary extensions.
  check(
      binary({{"ce-schemaurl", "/s"}, {"ce-datacontentencoding", "base64"}}), "AP8=", Mode::kBinary,
      small().extension("schemaurl", "/s").extension("datacontentencoding", "base64").data("AP8="));

  const std::string text =
      R"({"specversion":"0.3","id":"1","source":"/s","type":"t","schemaurl":"http://x/s",)"
      R"("datacontenttype":"text/plain","datacontentencoding":"base64","data":"AP8="})";
  const CloudEvent read = CloudEvent(expected).data(std::string("\0\xFF", 2));
  check({{"content-type", "application/cloudevents+json"}}, text, Mode::kStructured, read);
  check({{"content-type", "application/json"}}, text, Mode::kStructured, read);
  const Fields batch = {{"content-type", "application/cloudevents-batch+json"}};
  EXPECT_EQ(parse_http(batch, "[" + text + "," + text + "]")->events, (std::vector{read, read}));
}

TEST(HttpBinding, ValuesRefused) {
  for (const std::string_view value :
       {"%C0%80", "%ED%A0%80", "%FF", "\xFF", "%E2%82", "100% %FF", "\"%FF\"", "\"\xFF"}) {
    EXPECT_FALSE(decode_value(value).has_value()) << value;
  }
}

TEST(HttpBinding, EncodedValues) {
  EXPECT_EQ(encode_value("Euro € 😀"), "Euro%20%E2%82%AC%20%F0%9F%98%80");
  EXPECT_EQ(encode_value("\"%\x7F\r\n~!"), "%22%25%7F%0D%0A~!");
  EXPECT_EQ(*decode_value(encode_value("\"a\" %41 €")), "\"a\" %41 €");
}

TEST(HttpBinding, Written) {
  const CloudEvent event = CloudEvent("a b", "/s", "t")
                               .datacontenttype("text/plain")
                               .subject("€")
                               .extension("ext", "100%")
                               .data("x");
  const Response response = to_http(event, Mode::kBinary).value();
  EXPECT_EQ(response.body(), "x");
  EXPECT_EQ(*response.find_header("ce-id"), "a%20b");
  EXPECT_EQ(*response.find_header("ce-ext"), "100%25");
  EXPECT_EQ(*response.find_header("content-type"), "text/plain");
  EXPECT_EQ(response.find_header("ce-datacontenttype"), nullptr);

  EXPECT_EQ(*to_http(event, Mode::kStructured)->find_header("content-type"),
            "application/cloudevents+json; charset=utf-8");
  EXPECT_EQ(*to_http(event, Mode::kBatch)->find_header("content-type"),
            "application/cloudevents-batch+json; charset=utf-8");
  // Data without a type is JSON; for other data, a type says so.
  EXPECT_EQ(*to_http(small().data("{}"), Mode::kBinary)->find_header("content-type"),
            "application/json");
  EXPECT_EQ(*to_http(small().data("x"), Mode::kBinary)->find_header("content-type"),
            "application/octet-stream");
  EXPECT_EQ(to_http(small(), Mode::kBinary)->find_header("content-type"), nullptr);
  for (const Mode mode : {Mode::kBinary, Mode::kStructured, Mode::kBatch}) {
    EXPECT_FALSE(to_http(CloudEvent(), mode).has_value());
  }
}

TEST(HttpBinding, WhatIsWrittenIsReadBack) {
  const CloudEvent event = CloudEvent("\"1\" %", "/s", "t")
                               .datacontenttype("application/json")
                               .subject("a b")
                               .time("2024-01-01T00:00:00Z")
                               .dataschema("http://x/")
                               .extension("ext", "€")
                               .data("{}");
  for (const Mode mode : {Mode::kBinary, Mode::kStructured, Mode::kBatch}) {
    const Response response = to_http(event, mode).value();
    Fields fields;
    for (const Header& header : response.headers()) fields.push_back({header.name, header.value});
    const Result<Received> received = parse_http(fields, response.body());
    ASSERT_TRUE(received.has_value()) << received.error().text();
    EXPECT_EQ(received->mode, mode);
    EXPECT_EQ(received->events, std::vector<CloudEvent>{event});
  }
}

}  // namespace
}  // namespace ofn::event
