#include "dev/content.h"

#include <string>

#include <gtest/gtest.h>

namespace ofn::dev {
namespace {

TEST(Content, KnowsTheNamesOfSecrets) {
  for (const char* name :
       {"Authorization", "proxy-authorization", "COOKIE", "Set-Cookie", "dapr-api-token",
        "X-CSRF-Token", "client_secret", "Password", "x-api-key", "apikey", "API_KEY", "passwd"})
    EXPECT_TRUE(is_secret(name)) << name;
  for (const char* name : {"", "Accept", "Content-Type", "Idempotency-Key", "Cookies", "toke"})
    EXPECT_FALSE(is_secret(name)) << name;
}

TEST(Content, HidesSecretsOfQueries) {
  const struct {
    const char* target;
    const char* shown;
  } cases[] = {
      {"/token=1", "/token=1"},
      {"/a?", "/a?"},
      {"/a?b=1&c", "/a?b=1&c"},
      {"/a?access_token=x=y&b=1", "/a?access_token=(redacted)&b=1"},
      {"/a?b=1&API-Key=", "/a?b=1&API-Key=(redacted)"},
      {"/a?&token&&secret=1&", "/a?&token&&secret=(redacted)&"},
  };
  for (const auto& one : cases) EXPECT_EQ(without_secrets(one.target), one.shown);
  EXPECT_TRUE(is_redacted_parameter("token=(redacted)"));
  EXPECT_FALSE(is_redacted_parameter("token=1"));
  EXPECT_FALSE(is_redacted_parameter("b=(redacted)"));
  EXPECT_FALSE(is_redacted_parameter("(redacted)"));
}

TEST(Content, KeepsTheBeginningOfABodyInPieces) {
  Content content;
  add_body(content, "ab");
  add_body(content, std::string(Content::kMostKept - 3, 'c'));
  add_body(content, "de");
  add_body(content, "f");
  EXPECT_EQ(content.body.size(), Content::kMostKept);
  EXPECT_TRUE(content.body.ends_with("cd"));
  EXPECT_EQ(content.size, Content::kMostKept + 2);
}

}  // namespace
}  // namespace ofn::dev
