#include "loop/memory_return.h"

#include <vector>

#include <gtest/gtest.h>

namespace ofn {
namespace {

constexpr std::size_t kMib = std::size_t{1024} * 1024;

struct Look {
  std::size_t resident;  // MiB
  bool busy;
  MemoryReturnAct act;
  std::size_t after = 0;  // MiB that are resident after kGiveBack
};

void check(const char* about, const std::vector<Look>& looks) {
  MemoryReturnPolicy policy;
  policy.begin(looks.front().resident * kMib);
  for (std::size_t i = 0; i < looks.size(); ++i) {
    EXPECT_EQ(policy.look(looks[i].resident * kMib,
                          looks[i].busy ? Connections::kOpen : Connections::kNone),
              looks[i].act)
        << about << ", look " << i;
    if (looks[i].act == MemoryReturnAct::kGiveBack) policy.given_back(looks[i].after * kMib);
  }
}

TEST(MemoryReturnPolicy, GivesBackWhenItIsWorthItAndNothingGrows) {
  using enum MemoryReturnAct;
  check("nothing to give back", {{10, true, kNothing}, {12, true, kNothing}, {12, false, kStop}});
  check("a crowd comes and goes", {{10, true, kNothing},
                                   {60, true, kNothing},
                                   {75, true, kNothing},
                                   {75, false, kGiveBack, 12},
                                   {12, false, kStop}});
  check("a crowd goes while other connections stay", {{10, true, kNothing},
                                                      {75, true, kNothing},
                                                      {75, true, kGiveBack, 12},
                                                      {12, true, kNothing},
                                                      {12, true, kNothing}});
  check("memory that cannot be returned is not requested again", {{10, true, kNothing},
                                                                  {75, false, kGiveBack, 70},
                                                                  {70, false, kGiveBack, 70},
                                                                  {70, false, kGiveBack, 70},
                                                                  {70, false, kGiveBack, 70},
                                                                  {70, false, kStop},
                                                                  {72, true, kNothing},
                                                                  {72, false, kStop}});
  check("workers return their memory later, when they have time", {{10, true, kNothing},
                                                                   {75, false, kGiveBack, 74},
                                                                   {74, false, kGiveBack, 74},
                                                                   {74, false, kGiveBack, 74},
                                                                   {30, false, kGiveBack, 30},
                                                                   {12, false, kStop}});
  check("memory that was in use at a return is free at the end", {{10, true, kNothing},
                                                                  {60, true, kNothing},
                                                                  {60, true, kGiveBack, 55},
                                                                  {55, false, kGiveBack, 12},
                                                                  {12, false, kStop}});
  check("memory that a load needs is left alone, longer each time", {{10, true, kNothing},
                                                                     {50, true, kNothing},
                                                                     {50, true, kGiveBack, 20},
                                                                     {50, true, kNothing},
                                                                     {50, true, kGiveBack, 20},
                                                                     {50, true, kNothing},
                                                                     {50, true, kNothing},
                                                                     {50, true, kGiveBack, 20},
                                                                     {50, true, kNothing}});
  check("the end of such a load is noticed at once", {{10, true, kNothing},
                                                      {50, true, kNothing},
                                                      {50, true, kGiveBack, 20},
                                                      {50, true, kNothing},
                                                      {50, false, kGiveBack, 12},
                                                      {12, false, kStop}});
}

}  // namespace
}  // namespace ofn
