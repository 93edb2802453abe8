#include "function/response_check.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace ofn {
namespace {

using ::testing::HasSubstr;

TEST(ResponseCheck, Sendable) {
  EXPECT_EQ(response_problem(Response("x")), std::nullopt);
  EXPECT_EQ(response_problem(Response().status(200)), std::nullopt);
  EXPECT_EQ(response_problem(Response().status(599).header("X-!#$%&'*+.^_`|~09az", "a\tb é")),
            std::nullopt);
  EXPECT_EQ(response_problem(Response().header("empty", "").header("te-x", "1")), std::nullopt);
}

TEST(ResponseCheck, NotSendable) {
  const auto check = [](const Response& response, const char* reason) {
    const auto problem = response_problem(response);
    ASSERT_TRUE(problem.has_value()) << reason;
    EXPECT_THAT(*problem, HasSubstr(reason));
  };
  for (const int status : {0, 99, 100, 199, 600, -1}) {
    check(Response().status(status), "which is not within 200");
  }
  for (const char* name : {"", "a b", "a:", "a\r\nb", "é", "a\x7F"}) {
    check(Response().header(name, "x"), "the header name '");
  }
  for (const char* name : {"Connection", "content-length", "KEEP-ALIVE", "Proxy-Connection", "TE",
                           "Trailer", "Transfer-Encoding", "Upgrade"}) {
    check(Response().header(name, "x"), "is set only by the server");
  }
  check(Response().header("a", "b\r\nc: d"), "of the header 'a' has a line break in it");
  check(Response().header("a", "b\nc"), "a line break");
  check(Response().header("a", std::string("b\0c", 3)), "a NUL");
  check(Response().header("a", "b\x1B"), "a control character");
  check(Response().header("ok", "1").header("a", "\x7F"), "a control character");
}

}  // namespace
}  // namespace ofn
