#include <initializer_list>
#include <string>

#include <gtest/gtest.h>

#include <ofn/negotiation.h>

#include "author/request_for_test.h"

namespace ofn {
namespace {

constexpr std::string_view kNone = "none";

using List = std::initializer_list<std::string_view>;

TEST(BestOf, IsTheMediaTypeThatTheClientLikesBest) {
  struct Case {
    std::string_view accept;
    List types;
    std::string_view best;
  };
  const List both = {"text/html", "application/json"};
  for (const Case& each : {
           Case{"", both, "text/html"},
           Case{" , ", both, "text/html"},
           Case{"*/*", both, "text/html"},
           Case{"application/json", both, "application/json"},
           Case{"Application/JSON", both, "application/json"},
           Case{"application/*", both, "application/json"},
           Case{"image/png", both, kNone},
           Case{"text/html;q=0.5, application/json;q=0.6", both, "application/json"},
           Case{"text/html;q=0.5, application/json", both, "application/json"},
           Case{"text/html;q=0", both, kNone},
           Case{"text/html;q=0, */*", both, "application/json"},
           Case{"*/*, text/html;q=0", both, "application/json"},
           Case{"*/*;q=0, text/*;q=0.001", both, "text/html"},
           // The closest range has the weight that counts, wherever it stands.
           Case{"text/*;q=0.1, text/html;q=0.9, application/json;q=0.5", both, "text/html"},
           Case{"text/html;q=0.9, text/*;q=0.1, application/json;q=0.5", both, "text/html"},
           // RFC 9110 §12.5.1.
           Case{"audio/*; q=0.2, audio/basic", {"audio/mp3", "audio/basic"}, "audio/basic"},
           Case{"text/plain; q=0.5, text/html, text/x-dvi; q=0.8, text/x-c",
                {"text/plain", "text/x-dvi"},
                "text/x-dvi"},
           Case{"text/*;q=0.3, text/plain;q=0.7, text/plain;format=flowed, "
                "text/plain;format=fixed;q=0.4, */*;q=0.5",
                {"text/plain;format=fixed", "image/jpeg"},
                "image/jpeg"},
           Case{"text/*;q=0.3, text/plain;q=0.7, text/plain;format=flowed, "
                "text/plain;format=fixed;q=0.4, */*;q=0.5",
                {"text/plain;format=fixed", "text/html", "text/plain"},
                "text/plain"},
           Case{"text/plain;format=flowed, */*;q=0.5",
                {"image/jpeg", "text/plain; format=flowed"},
                "text/plain; format=flowed"},
           // Of equal weights: what is named, then the client's order, then the offers'.
           Case{"application/json, text/html", both, "application/json"},
           Case{"*/*, application/json", both, "application/json"},
           Case{"application/json, text/plain, */*",
                {"text/plain", "application/json"},
                "application/json"},
           // A browser.
           Case{"text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/"
                "*;q=0.8",
                {"application/json", "text/html"},
                "text/html"},
           // Malformed weights and elements are ignored.
           Case{"text/html;q=x, application/json;q=0.1", both, "application/json"},
           Case{"text/html;q=1.1, application/json;q=0.1", both, "application/json"},
           Case{"text/html;q=-1, application/json;q=0.1", both, "application/json"},
           Case{"text/html;q=, application/json;q=0.1", both, "application/json"},
           Case{"text/html;q=.5, application/json;q=0.1", both, "application/json"},
           Case{";;;q=1,,;,text/html", both, "text/html"},
           Case{"text/html;q=0.5000000000000000000000000000, application/json;q=0.4", both,
                "text/html"},
           Case{"text/html;Q = 0.1, application/json;q=0.2", both, "application/json"},
           Case{"text/html;q=0.5;ext=1, application/json;q=0.4", both, "text/html"},
           Case{"text/plain;x=\",q=0;\";q=0.5",
                {"text/plain;x=\",q=0;\""},
                "text/plain;x=\",q=0;\""},
           Case{"text/html;x=\"", both, kNone},
           Case{"text", both, kNone},
           Case{"/*", both, kNone},
           Case{"*", both, kNone},
           Case{"*/*", {}, kNone},
       }) {
    EXPECT_EQ(best_of(each.accept, each.types).value_or(kNone), each.best) << each.accept;
  }
}

TEST(BestLanguage, IsTheOneThatTheClientLikesBest) {
  struct Case {
    std::string_view accept;
    List languages;
    std::string_view best;
  };
  for (const Case& each : {
           Case{"", {"en", "de"}, "en"},
           Case{"de", {"en", "de"}, "de"},
           Case{"DE", {"en", "de"}, "de"},
           Case{"fr", {"en", "de"}, kNone},
           Case{"fr, *;q=0.1", {"en", "de"}, "en"},
           Case{"da, en-gb;q=0.8, en;q=0.7", {"en", "en-GB"}, "en-GB"},
           Case{"de", {"en", "de-CH"}, "de-CH"},
           Case{"de-CH", {"en", "de"}, "de"},
           Case{"de-CH,de;q=0.9,en;q=0.8", {"en", "de"}, "de"},
           Case{"de-CH, en", {"en", "de"}, "de"},
           Case{"en, zh-Hant", {"zh-Hant", "en"}, "en"},
           Case{"de", {"den", "en"}, kNone},
           Case{"den", {"de"}, kNone},
           Case{"en, de-CH;q=0", {"de", "de-CH", "en"}, "en"},
           Case{"*, de;q=0", {"de", "en"}, "en"},
       }) {
    EXPECT_EQ(best_language(each.accept, each.languages).value_or(kNone), each.best) << each.accept;
  }
}

TEST(BestEncoding, IsTheOneThatTheClientLikesBest) {
  struct Case {
    std::string_view accept;
    List codings;
    std::string_view best;
  };
  const List both = {"br", "gzip"};
  for (const Case& each : {
           Case{"", both, "identity"}, Case{"gzip, deflate, br", both, "br"},
           Case{"gzip, br;q=0.9", both, "gzip"}, Case{"x-gzip", both, "gzip"},
           Case{"*", both, "br"}, Case{"*, br;q=0", both, "gzip"},
           Case{"gzip;q=0, br;q=0", both, "identity"}, Case{"deflate", both, "identity"},
           Case{"identity;q=0", both, kNone}, Case{"*;q=0", both, kNone},
           Case{"*;q=0, identity", both, "identity"},
           Case{"gzip;q=0.5, identity", {"gzip", "identity"}, "identity"},
           Case{"gzip;q=0.5, identity", {"gzip"}, "identity"},
           Case{"gzip;q=0.5, *", {"gzip"}, "identity"}, Case{"gzip, identity", {"gzip"}, "gzip"},
           Case{"gzip;q=0.5", {"gzip"}, "gzip"},
           Case{"gzip;q=1.0, identity; q=0.5, *;q=0", both, "gzip"},  // RFC 9110 §12.5.3
       }) {
    EXPECT_EQ(best_encoding(each.accept, each.codings).value_or(kNone), each.best) << each.accept;
  }
}

TEST(BestOf, ReadsAllFieldsOfTheRequest) {
  const RequestForTest one{.headers = {{"Accept", "application/json;q=0.1"},
                                       {"accept-language", "de"},
                                       {"accept-encoding", "gzip"}}};
  EXPECT_EQ(best_of(one.made(), {"text/html", "application/json"}), "application/json");
  EXPECT_EQ(best_language(one.made(), {"en", "de"}), "de");
  EXPECT_EQ(best_encoding(one.made(), {"gzip"}), "gzip");
  const RequestForTest two{
      .headers = {{"Accept", "application/json;q=0.1"}, {"accept", "text/html"}}};
  EXPECT_EQ(best_of(two.made(), {"application/json", "text/html"}), "text/html");
  const RequestForTest none;
  EXPECT_EQ(best_of(none.made(), {"text/html", "application/json"}), "text/html");
  EXPECT_EQ(best_encoding(none.made(), {"gzip"}), "identity");
}

}  // namespace
}  // namespace ofn
