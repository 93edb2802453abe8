#include <cstdlib>

#include <ofn/testing/gtest.h>

using namespace ofn::testing;

std::string signature_of(std::string_view body);
std::string on_push(const ofn::Request& request);

Result push(const std::string& body, const std::string& signature) {
  setenv("WEBHOOK_SECRET", "it-is", 1);
  return invoke<on_push>(
      {.method = "POST", .fields = {{"X-Hub-Signature-256", signature}}, .body = body});
}
constexpr const char* kPush = R"({"ref":"main","repository":{"full_name":"me/tea"}})";

TEST(OnPush, ReadsWhatIsGenuine) {
  setenv("WEBHOOK_SECRET", "it-is", 1);
  EXPECT_THAT(push(kPush, signature_of(kPush)), HasBody("me/tea: main\n"));
  EXPECT_THAT(push("{}", signature_of("{}")), HasStatus(400));
}

TEST(OnPush, RefusesWhatIsNot) {
  setenv("WEBHOOK_SECRET", "another", 1);
  const std::string other = signature_of(kPush);
  for (const std::string& signature : {other, std::string("sha256="), std::string()})
    EXPECT_THAT(push(kPush, signature), HasStatus(401));
}
