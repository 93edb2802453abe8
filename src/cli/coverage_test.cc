#include "cli/coverage.h"

#include <gtest/gtest.h>

#include "document/json.h"

namespace ofn::cli {
namespace {

Coverage two_files() {
  return {
      .files = {
          {.path = "/src/a.cc", .shown = "a.cc", .lines = {{3, 1}, {4, 0}, {6, 0}, {7, 2}, {9, 0}}},
          {.path = "/src/lib/price.h", .shown = "lib/price.h", .lines = {{1, 5}}}}};
}

TEST(Coverage, IsShownToPeople) {
  EXPECT_EQ(two_files().text(),
            "a.cc           2/5 lines   40.0 %  not run: 4-6, 9\n"
            "lib/price.h    1/1 lines  100.0 %\n"
            "3 of 6 lines ran (50.0 %)\n");
  EXPECT_EQ(Coverage().text(), "0 of 0 lines ran (100.0 %)\n");
}

TEST(Coverage, IsJson) {
  EXPECT_EQ(
      document::to_json(two_files().json()),
      R"({"covered":3,"lines":6,"percent":50.0,"files":[{"file":"a.cc","covered":2,"lines":5,"percent":40.0,)"
      R"("not_run":[{"first":4,"last":6},{"first":9,"last":9}]},)"
      R"({"file":"lib/price.h","covered":1,"lines":1,"percent":100.0,"not_run":[]}]})");
}

TEST(Coverage, IsAFileOfLcov) {
  EXPECT_EQ(two_files().lcov(),
            "TN:\nSF:/src/a.cc\nDA:3,1\nDA:4,0\nDA:6,0\nDA:7,2\nDA:9,0\nLF:5\nLH:2\nend_of_record\n"
            "TN:\nSF:/src/lib/price.h\nDA:1,5\nLF:1\nLH:1\nend_of_record\n");
}

}  // namespace
}  // namespace ofn::cli
