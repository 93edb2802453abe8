#include "dev/output_match.h"

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

namespace ofn::dev {
namespace {

TEST(OutputMatch, ComparesNamesPathsAndMetadata) {
  struct Case {
    std::string_view name;
    OutputMatch match;
    bool fits;
  };
  const Sent sent{
      .output = "archive",
      .content = {.fields = {{"fileName", "a.txt"}},
                  .body = R"({"id":7,"a.b":"dot","order":{"items":[{"name":"x"}],"paid":true}})"}};
  const std::vector<Case> cases = {
      {"any output", {}, true},
      {"its name", {.output = "archive"}, true},
      {"another name", {.output = "other"}, false},
      {"a number", {.conditions = {{"id", "7"}}}, true},
      {"another number", {.conditions = {{"id", "8"}}}, false},
      {"a path", {.conditions = {{"order.items.0.name", "x"}}}, true},
      {"a place that is not there", {.conditions = {{"order.items.1.name", "x"}}}, false},
      {"a bool", {.conditions = {{"order.paid", "true"}}}, true},
      {"a name with a dot", {.conditions = {{"a.b", "dot"}}}, true},
      {"two that hold", {.conditions = {{"id", "7"}, {"a.b", "dot"}}}, true},
      {"one of two", {.conditions = {{"id", "7"}, {"a.b", "x"}}}, false},
      {"metadata", {.conditions = {{"@filename", "a.txt"}}}, true},
      {"other metadata", {.conditions = {{"@fileName", "b.txt"}}}, false},
      {"the whole", {.conditions = {{"", sent.content.body}}}, true},
      {"a part", {.conditions = {{"", "id"}}}, false},
  };
  for (const Case& each : cases) EXPECT_EQ(each.match.fits(sent), each.fits) << each.name;
}

TEST(OutputMatch, LooksIntoEventsAndNotAtWhatFailed) {
  const OutputMatch match{.conditions = {{"id", "7"}}};
  Sent event{.content = {.body = R"({"specversion":"1.0","id":"e1","data":{"id":7}})"}};
  EXPECT_TRUE(match.fits(event));
  EXPECT_TRUE((OutputMatch{.conditions = {{"id", "e1"}}}).fits(event));
  event.outcome = "failed: UNAVAILABLE";
  EXPECT_FALSE(match.fits(event));
  EXPECT_FALSE(match.fits(Sent{.content = {.body = "no JSON"}}));
}

}  // namespace
}  // namespace ofn::dev
