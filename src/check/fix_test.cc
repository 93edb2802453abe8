#include "check/fix.h"

#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace ofn::check {
namespace {

TEST(Fix, ChangesOnlyWhatTheEditsName) {
  EXPECT_EQ(with_edits("0123456789", {{"f", 7, 9, "b"}, {"f", 2, 4, "aaa"}, {"f", 5, 5, "+"}}),
            "01aaa4+56b9");
  EXPECT_EQ(with_edits("0123", {}), "0123");
}

TEST(Fix, LeavesOutWhatOverlapsOrIsOutside) {
  EXPECT_EQ(with_edits("0123456789",
                       {{"f", 2, 5, "a"}, {"f", 4, 6, "b"}, {"f", 8, 20, "c"}, {"f", 7, 6, "d"}}),
            "01a56789");
}

TEST(Fix, FindsTheEditsOfAFile) {
  Finding one;
  one.fix = {{"a", 1, 2, "x"}, {"b", 1, 2, "y"}};
  const std::vector<Edit> edits = edits_of(std::vector<Finding>{one, one}, "b");
  EXPECT_EQ(edits, (std::vector<Edit>{{"b", 1, 2, "y"}, {"b", 1, 2, "y"}}));
}

}  // namespace
}  // namespace ofn::check
