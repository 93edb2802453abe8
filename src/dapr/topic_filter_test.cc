#include "dapr/topic_filter.h"

#include <vector>

#include <gtest/gtest.h>

namespace ofn::dapr {
namespace {

TEST(TopicFilter, MatchesAsMqttDoes) {
  struct Case {
    std::string_view filter;
    std::string_view topic;
    bool is;
  };
  const std::vector<Case> cases = {
      {"a", "a", true},
      {"a", "b", false},
      {"a", "a/b", false},
      {"a/b", "a", false},
      {"a/", "a", false},
      {"a", "a/", false},
      {"a/", "a/", true},
      {"+", "a", true},
      {"+", "a/b", false},
      {"+/b", "a/b", true},
      {"a/+", "a/", true},
      {"a/+", "a", false},
      {"a/+/c", "a/b/c", true},
      {"#", "a", true},
      {"#", "a/b/c", true},
      {"a/#", "a/b/c", true},
      {"a/#", "a", true},
      {"a/#", "ab", false},
      {"a/#", "b/a", false},
      {"+/+", "/", true},
      {"/+", "/a", true},
      {"$share/g/a", "a", true},
      {"$share/g/a/+", "a/b", true},
      {"$share/g/a", "g/a", false},
  };
  for (const Case& given : cases) {
    EXPECT_EQ(is_topic_of(given.filter, given.topic), given.is)
        << given.filter << " and " << given.topic;
  }
}

}  // namespace
}  // namespace ofn::dapr
