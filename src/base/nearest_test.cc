#include "base/nearest.h"

#include <vector>

#include <gtest/gtest.h>

namespace ofn {
namespace {

TEST(NearestWord, IsTheOneThatWasMeant) {
  struct Case {
    std::string word;
    std::vector<std::string> candidates;
    std::string nearest;
  };
  const std::vector<Case> cases = {
      {"auht", {"auth", "metrics"}, "auth"},
      {"auth", {"auth", "auht"}, "auth"},
      {"Auth", {"metrics", "auth"}, "auth"},
      {"metric", {"auth", "metrics"}, "metrics"},
      {"--taget", {"--target", "--timeout"}, "--target"},
      {"auth", {"metrics"}, ""},
      {"ab", {"ba", "ac"}, "ba"},  // the first of two that are equally near
      {"x", {"y"}, ""},
      {"", {"auth"}, ""},
      {"auth", {}, ""},
  };
  for (const Case& one : cases)
    EXPECT_EQ(nearest_word(one.word, one.candidates), one.nearest) << one.word;
}

TEST(Nearest, CertainWord) {
  struct Case {
    std::string word;
    std::vector<std::string> candidates;
    std::string certain;
  };
  const std::vector<Case> cases = {
      {"archve", {"archive", "events"}, "archive"},
      {"acrhiv", {"archive", "events"}, "archive"},
      {"arch", {"archive"}, ""},          // three characters are missing
      {"file1", {"file2", "file3"}, ""},  // two are equally near
      {"file1", {"file2", "file33"}, "file2"},
      {"file1", {"file2", "file2"}, "file2"},
      {"abcd", {"abxy"}, ""},  // half of it differs
      {"ab", {"ac"}, ""},
      {"", {"a"}, ""},
  };
  for (const Case& one : cases)
    EXPECT_EQ(certain_word(one.word, one.candidates), one.certain) << one.word;
}

}  // namespace
}  // namespace ofn
