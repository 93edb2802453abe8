#include "dev/call_filter.h"

#include <string>
#include <string_view>
#include <vector>

#include <gtest/gtest.h>

namespace ofn::dev {
namespace {

TEST(CallFilter, WantsWhatAllConditionsAllow) {
  struct Case {
    std::string_view query;
    bool wanted;
  };
  const CallEnded call{.build = 3,
                       .kind = "request",
                       .path = "/a b?c",
                       .function = "f",
                       .verdict = "success",
                       .status = 404};
  const std::vector<Case> cases = {
      {"", true},
      {"status=404", true},
      {"status=4xx", true},
      {"status=5xx", false},
      {"function=f&build=3", true},
      {"function=g", false},
      {"build=4", false},
      {"path=/a%20b", true},
      {"path=/a+b", true},
      {"path=/b", false},
      {"kind=topic", false},
      {"failed=true", false},
      {"failed=false&limit=7&follow=true", true},
  };
  for (const Case& each : cases) {
    const auto filter = CallFilter::parse(each.query);
    ASSERT_TRUE(filter) << each.query;
    EXPECT_EQ(filter->wants(call), each.wanted) << each.query;
  }
}

TEST(CallFilter, FailuresAreOfTheFunctionAndItsOutputs) {
  EXPECT_TRUE(has_failed({.status = 500}));
  EXPECT_TRUE(has_failed({.verdict = "crash"}));
  EXPECT_TRUE(has_failed({.status = 200, .outputs = {{.outcome = "refused"}}}));
  EXPECT_TRUE(has_failed({.kind = "topic", .verdict = "error"}));
  EXPECT_FALSE(has_failed({.kind = "request", .verdict = "error", .status = 404}));
  EXPECT_FALSE(has_failed({.status = 200, .outputs = {{.outcome = "captured"}}}));
  EXPECT_FALSE(CallFilter().wants({.refusal = "probe"}));
}

TEST(CallFilter, MistakesAreTold) {
  struct Case {
    std::string_view query;
    std::string_view words;
  };
  const std::vector<Case> cases = {
      {"fialed=true", "did you mean \"failed\"?"},
      {"failed=yes", "expected true or false"},
      {"status=abc", "expected a status"},
      {"status=40", "expected a status"},
      {"build=x", "expected a number"},
      {"limit=-1", "expected a number"},
  };
  for (const Case& each : cases) {
    const auto filter = CallFilter::parse(each.query);
    ASSERT_FALSE(filter) << each.query;
    EXPECT_NE(filter.error().message().find(each.words), std::string::npos)
        << filter.error().message();
  }
}

TEST(CallFilter, CodesPercents) {
  EXPECT_EQ(percent_decoded("a%2Fb+c%zz%2"), "a/b c%zz%2");
  EXPECT_EQ(percent_encoded("a/b c\xff~"), "a%2Fb%20c%FF~");
}

}  // namespace
}  // namespace ofn::dev
