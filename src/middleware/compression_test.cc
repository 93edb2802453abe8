#include "middleware/compression.h"

#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "middleware/accept_encoding.h"
#include "middleware/middleware.h"

namespace ofn {
namespace {

using ::testing::HasSubstr;

TEST(AcceptEncoding, Gzip) {
  struct Case {
    std::vector<Field> fields;
    bool prefers;
  };
  const std::string huge = [] {
    std::string text;
    for (int i = 0; i < 20000; ++i) text += "br;q=0.1,";
    return text + "gzip";
  }();
  for (const Case& one : {
           Case{{}, false},
           Case{{{"Accept-Encoding", "gzip"}}, true},
           Case{{{"accept-encoding", "br, X-GZIP;q=0.1"}}, true},
           Case{{{"accept-encoding", "gzip;q=0"}}, false},
           Case{{{"accept-encoding", "gzip;q=0.000, *"}}, false},
           Case{{{"accept-encoding", "*"}}, true},
           Case{{{"accept-encoding", "*;q=0"}}, false},
           Case{{{"accept-encoding", "identity"}}, false},
           Case{{{"accept-encoding", "identity, gzip;q=0.5"}}, false},
           Case{{{"accept-encoding", "identity;q=0.5, gzip"}}, true},
           Case{{{"accept-encoding", "gzip ; q=0.5 , identity;q=0.5"}}, true},
           Case{{{"accept-encoding", "br"}, {"accept-encoding", "gzip"}}, true},
           Case{{{"accept-encoding", "gzip;q=2"}}, false},
           Case{{{"accept-encoding", "gzip;q=1.001"}}, false},
           Case{{{"accept-encoding", "gzip;q="}}, false},
           Case{{{"accept-encoding", ""}}, false},
           Case{{{"accept-encoding", ",,;,gzip"}}, true},
           Case{{{"accept-encoding", "gzipp"}}, false},
           Case{{{"accept-encoding", huge}}, true},
       }) {
    EXPECT_EQ(prefers_gzip(one.fields), one.prefers)
        << (one.fields.empty() ? "" : one.fields.front().value.substr(0, 80));
  }
}

TEST(CompressionRules, WhichAnswers) {
  const CompressionRules rules = *CompressionRules::of({.least = 10}, "a.cc:7");
  const auto eligible = [&](const Response& response) {
    return rules.is_eligible(response, CompressionRules::Size::kKnown);
  };
  const std::string body(10, 'x');
  EXPECT_TRUE(eligible(Response(body)));
  EXPECT_FALSE(eligible(Response(body.substr(1))));
  for (const char* type :
       {"text/html; charset=utf-8", "APPLICATION/JSON", "application/problem+json",
        "application/x-ndjson", "image/svg+xml", "text/event-stream"})
    EXPECT_TRUE(eligible(Response(body).header("Content-Type", type))) << type;
  for (const char* type :
       {"image/png", "application/octet-stream", "application/zip", "text", "json", "+json", ""})
    EXPECT_FALSE(eligible(Response(body).header("Content-Type", type))) << type;
  EXPECT_FALSE(eligible(Response(body).header("Content-Encoding", "br")));
  EXPECT_FALSE(eligible(Response(body).header("Cache-Control", "private, No-Transform")));
  EXPECT_FALSE(eligible(Response(body).header("Content-Range", "bytes 0-9/20")));
  for (const int status : {204, 205, 206, 304})
    EXPECT_FALSE(eligible(Response(body).status(status)));
  EXPECT_TRUE(eligible(Response(body).status(500)));
  EXPECT_TRUE(rules.is_eligible(Response(), CompressionRules::Size::kUnknown));
}

TEST(CompressionRules, Mistakes) {
  const auto wrong = [](const Compression& options, const char* words) {
    const auto rules = CompressionRules::of(options, "a.cc:7");
    ASSERT_FALSE(rules) << words;
    EXPECT_THAT(rules.error().message(), HasSubstr(words));
  };
  wrong({.level = 0}, "the level is 0");
  wrong({.level = 10}, "the level is 10");
  for (const char* type : {"text", "*/*", "text/", "/html", "a/*b*", "a b/c"})
    wrong({.types = {type}}, "is not a media type");
  EXPECT_TRUE(CompressionRules::of({.types = {"application/*+json", "Text/HTML"}}, ""));
}

// A program with these pieces.
Middleware made(std::vector<abi::WrapperRegistration> all) {
  std::vector<const abi::WrapperRegistration*> entries;
  for (const auto& each : all) entries.push_back(&each);
  abi::Program program;
  program.wrappers_begin = entries.data();
  program.wrappers_end = entries.data() + entries.size();
  return *Middleware::of({&program, 1}, {}, Middleware::Secrets::kRead);
}
constexpr Compression kCompression{.least = 10};
constexpr Etags kEtags;
constexpr abi::WrapperRegistration kCompresses{.kind = abi::WrapperKind::kCompression,
                                               .options = &kCompression,
                                               .name = "OFN_COMPRESSION",
                                               .file = "a.cc",
                                               .line = 1};
constexpr abi::WrapperRegistration kTags{.kind = abi::WrapperKind::kEtags,
                                         .options = &kEtags,
                                         .name = "OFN_ETAGS",
                                         .file = "a.cc",
                                         .line = 2};

struct Finished {
  Response response;
  std::string header(std::string_view name) const {
    const std::string* value = response.find_header(name);
    return value == nullptr ? "" : *value;
  }
};

Finished finished(const Middleware& middleware, Response response, std::vector<Field> fields,
                  std::string_view method = "GET") {
  Request::Parts parts;
  parts.method = method;
  parts.target = "/";
  parts.headers = fields;
  middleware.finish(Request(std::move(parts)), response);
  return {std::move(response)};
}

TEST(Middleware, CompressesForWhoAcceptsIt) {
  const Middleware middleware = made({kCompresses});
  const std::string body(1000, 'x');
  const Finished small = finished(middleware, Response(body), {{"accept-encoding", "gzip"}});
  EXPECT_EQ(decompress("gzip", small.response.body(), 10000).value(), body);
  EXPECT_EQ(small.header("content-encoding"), "gzip");
  EXPECT_EQ(small.header("vary"), "Accept-Encoding");
  const Finished plain = finished(middleware, Response(body).header("Vary", "Accept-Encoding"), {});
  EXPECT_EQ(plain.response.body(), body);
  EXPECT_EQ(plain.header("content-encoding"), "");
  EXPECT_EQ(plain.response.headers().size(), 1U);
  // What would become larger stays.
  const Finished odd = finished(middleware, Response("0123456789"), {{"accept-encoding", "gzip"}});
  EXPECT_EQ(odd.response.body(), "0123456789");
  EXPECT_EQ(odd.header("vary"), "Accept-Encoding");
  // An author's ETag is about other bytes.
  EXPECT_EQ(
      finished(middleware, Response(body).header("ETag", "\"v1\""), {{"accept-encoding", "gzip"}})
          .header("etag"),
      "W/\"v1\"");
  EXPECT_EQ(
      finished(middleware, Response(body).header("ETag", "W/\"v1\""), {{"accept-encoding", "gzip"}})
          .header("etag"),
      "W/\"v1\"");
}

TEST(Middleware, EtagsAndConditions) {
  const Middleware middleware = made({kTags, kCompresses});
  const std::string body(1000, 'x');
  const std::string etag = finished(middleware, Response(body), {}).header("etag");
  EXPECT_EQ(etag.size(), 34U);
  const Finished same = finished(middleware, Response(body).header("Cache-Control", "max-age=1"),
                                 {{"if-none-match", etag}});
  EXPECT_EQ(same.response.status(), 304);
  EXPECT_EQ(same.header("etag"), etag);
  EXPECT_EQ(same.header("vary"), "Accept-Encoding");
  EXPECT_EQ(same.header("cache-control"), "max-age=1");
  const std::string compressed =
      finished(middleware, Response(body), {{"accept-encoding", "gzip"}}).header("etag");
  EXPECT_EQ(compressed, etag.substr(0, 33) + "-gzip\"");
  EXPECT_EQ(finished(middleware, Response(body), {{"if-none-match", compressed}}).response.status(),
            304);
  EXPECT_EQ(finished(middleware, Response(body), {{"if-match", "\"x\""}}).response.status(), 412);
  EXPECT_EQ(
      finished(middleware, Response(body), {{"if-none-match", etag}}, "HEAD").response.status(),
      304);
  EXPECT_EQ(
      finished(middleware, Response(body), {{"if-none-match", etag}}, "POST").response.status(),
      200);
  EXPECT_EQ(finished(middleware, Response(body), {}, "POST").header("etag"), "");
  EXPECT_EQ(
      finished(middleware, Response(body).status(201), {{"if-none-match", etag}}).response.status(),
      201);
  EXPECT_EQ(
      finished(middleware, Response(body).header("ETag", "\"v1\""), {{"if-none-match", "\"v1\""}})
          .response.status(),
      304);
}

TEST(Middleware, HowLargeABodyMayBecome) {
  const auto bound = Middleware::decompressed_bound;
  const std::string body = gzip(std::string(1000, 'x'), 6);
  EXPECT_EQ(bound("gzip", body, 5000), 1001U);
  EXPECT_EQ(bound("gzip", body, 500), 501U);
  EXPECT_EQ(bound("gzip", body + body, std::size_t{1} << 30U), 2 * body.size() * 1032 + 1);
  EXPECT_EQ(bound("gzip", body + body, 5000), 5001U);
  EXPECT_EQ(bound("gzip", "abc", 500), 1U);
  EXPECT_EQ(bound("gzip", "ab\xff\xff\xff\xff", 1 << 20), 6U * 1032 + 1);
  EXPECT_EQ(bound("deflate", "ab", 1 << 20), 2U * 1032 + 1);
  EXPECT_EQ(bound("deflate", "ab", 10), 11U);
}

TEST(Middleware, ARuleThatIsWrittenTwiceIsAMistake) {
  abi::WrapperRegistration other = kTags;
  other.line = 9;
  const abi::WrapperRegistration* entries[] = {&kTags, &kTags, &other, nullptr};
  abi::Program program;
  program.wrappers_begin = entries;
  program.wrappers_end = entries + 4;
  const auto middleware = Middleware::of({&program, 1}, {}, Middleware::Secrets::kRead);
  ASSERT_FALSE(middleware);
  ASSERT_EQ(middleware.error().size(), 1U);
  EXPECT_EQ(middleware.error().front().message(),
            "OFN_ETAGS is written twice: at a.cc:2 and at a.cc:9; remove one of them");
}

}  // namespace
}  // namespace ofn
