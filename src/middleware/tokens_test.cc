#include "middleware/tokens.h"

#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/base64.h"

namespace ofn {
namespace {

using ::testing::HasSubstr;

const Environment kSet = [](std::string_view name) -> std::optional<std::string> {
  if (name == "TOKENS") return "first second==";
  if (name == "PAIRS") return "ada:pass word\nbob:p:w\n";
  if (name == "BLANK") return " \n ";
  if (name == "ODD") return "good b\"ad";
  if (name == "NO_PAIR") return "ada";
  return std::nullopt;
};

Result<TokenCheck> check(const Tokens& options,
                         TokenCheck::Secrets secrets = TokenCheck::Secrets::kRead) {
  return TokenCheck::of(options, "a.cc:7", kSet, secrets);
}

std::string answer(const TokenCheck& tokens, const std::vector<Field>& fields) {
  NullLog log;
  const auto refused = tokens.refuse(fields, SteadyTime(), log);
  if (!refused) return "passes";
  std::string text = std::to_string(refused->status());
  for (const Header& header : refused->headers()) text += "|" + header.name + ": " + header.value;
  return text;
}

std::string given(const TokenCheck& tokens, const std::string& authorization) {
  const std::string value = authorization;
  return answer(tokens, {{"Authorization", value}});
}

TEST(TokenCheck, Bearer) {
  const TokenCheck tokens = *check({.bearer_variable = "TOKENS", .realm = "shop"});
  const std::string none = "401|WWW-Authenticate: Bearer realm=\"shop\"";
  const std::string invalid = none + ", error=\"invalid_token\"";
  const std::string malformed =
      "400|WWW-Authenticate: Bearer realm=\"shop\", error=\"invalid_request\"";
  EXPECT_EQ(answer(tokens, {}), none);
  EXPECT_EQ(given(tokens, "Bearer first"), "passes");
  EXPECT_EQ(given(tokens, "bearer  second== "), "passes");
  EXPECT_EQ(given(tokens, "Bearer second"), invalid);
  EXPECT_EQ(given(tokens, "Bearer firs"), invalid);
  EXPECT_EQ(given(tokens, "Bearer firstx"), invalid);
  EXPECT_EQ(given(tokens, "Bearer First"), invalid);
  EXPECT_EQ(given(tokens, "Bearer"), malformed);
  EXPECT_EQ(given(tokens, "Bearer first second"), malformed);
  EXPECT_EQ(given(tokens, "Bearer first,Bearer x"), malformed);
  EXPECT_EQ(given(tokens, "Basic first"), none);
  EXPECT_EQ(given(tokens, "first"), none);
  EXPECT_EQ(given(tokens, ""), none);
  EXPECT_EQ(answer(tokens, {{"authorization", "Bearer first"}, {"Authorization", "Bearer first"}}),
            malformed);
  EXPECT_EQ(given(tokens, "Bearer " + std::string(100000, 'a')), invalid);
}

TEST(TokenCheck, Basic) {
  const TokenCheck tokens = *check({.basic_variable = "PAIRS"});
  const std::string none = "401|WWW-Authenticate: Basic realm=\"functions\", charset=\"UTF-8\"";
  EXPECT_EQ(answer(tokens, {}), none);
  EXPECT_EQ(given(tokens, "Basic " + base64_encode("ada:pass word")), "passes");
  EXPECT_EQ(given(tokens, "BASIC " + base64_encode("bob:p:w")), "passes");
  EXPECT_EQ(given(tokens, "Basic " + base64_encode("bob:p")), none);
  EXPECT_EQ(given(tokens, "Basic " + base64_encode(std::string_view("bob:p:w\0x", 9))), none);
  EXPECT_EQ(given(tokens, "Basic !"), none);
  EXPECT_EQ(given(tokens, "Basic"), none);
}

TEST(TokenCheck, EitherOfBoth) {
  const TokenCheck tokens = *check({.bearer_variable = "TOKENS", .basic_variable = "PAIRS"});
  EXPECT_EQ(given(tokens, "Bearer first"), "passes");
  EXPECT_EQ(given(tokens, "Basic " + base64_encode("ada:pass word")), "passes");
  EXPECT_EQ(answer(tokens, {}),
            "401|WWW-Authenticate: Bearer realm=\"functions\"|WWW-Authenticate: Basic "
            "realm=\"functions\", charset=\"UTF-8\"");
}

TEST(TokenCheck, Paths) {
  const TokenCheck some = *check({.bearer_variable = "TOKENS",
                                  .paths = {"/admin/{rest...}", "POST /orders"},
                                  .exempt = {"/admin/health"}});
  EXPECT_TRUE(some.is_about("GET", "/admin/a/b"));
  EXPECT_TRUE(some.is_about("GET", "/%61dmin/a"));
  EXPECT_FALSE(some.is_about("GET", "/admin/health"));
  EXPECT_TRUE(some.is_about("GET", "/admin/health/"));
  EXPECT_TRUE(some.is_about("POST", "/orders"));
  EXPECT_FALSE(some.is_about("GET", "/orders"));
  const TokenCheck all = *check({.bearer_variable = "TOKENS", .exempt = {"/health"}});
  EXPECT_TRUE(all.is_about("GET", "/"));
  EXPECT_TRUE(all.is_about("OPTIONS", "*"));
  EXPECT_FALSE(all.is_about("GET", "/health"));
}

TEST(TokenCheck, MistakesAndSecretsThatAreMissing) {
  struct Case {
    Tokens options;
    const char* words;
  };
  for (const Case& one : {
           Case{{}, "it does not say where the tokens are"},
           Case{{.bearer_variable = "UNSET"}, "the variable UNSET is not set"},
           Case{{.bearer_variable = "BLANK"}, "the variable BLANK has no bearer token"},
           Case{{.bearer_variable = "ODD"}, "number 2 in the variable ODD is not a bearer token"},
           Case{{.basic_variable = "NO_PAIR"},
                "number 1 in the variable NO_PAIR is not a pair name:password"},
           Case{{.bearer_file = "/nowhere/tokens"}, "/nowhere/tokens cannot be opened"},
           Case{{.bearer_file = "/"}, "/ "},
           Case{{.bearer_variable = "TOKENS", .realm = "a\"b"}, "the realm has characters"},
           Case{{.bearer_variable = "TOKENS", .exempt = {"health"}}, "a.cc:7"},
       }) {
    const auto made = check(one.options);
    ASSERT_FALSE(made) << one.words;
    EXPECT_THAT(made.error().message(), HasSubstr(one.words));
    EXPECT_THAT(made.error().message(), ::testing::Not(HasSubstr("b\"ad")));
  }
  EXPECT_TRUE(check({.bearer_variable = "UNSET"}, TokenCheck::Secrets::kLeftOut));
  // Nothing passes then.
  EXPECT_NE(given(*check({.bearer_variable = "UNSET"}, TokenCheck::Secrets::kLeftOut), "Bearer x"),
            "passes");
}

}  // namespace
}  // namespace ofn
