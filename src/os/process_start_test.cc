#include "os/process_start.h"

#include <chrono>

#include <gtest/gtest.h>

namespace ofn::os {
namespace {

TEST(ProcessStart, IsBeforeNowAndTheSameEachTime) {
  using std::chrono::milliseconds;
  const SystemTime start = process_start();
  const SystemTime now = std::chrono::system_clock::now();
  EXPECT_LE(start, now);
  EXPECT_GT(start, now - std::chrono::hours(1));
  EXPECT_LT(std::chrono::abs(process_start() - start), milliseconds(1));
}

}  // namespace
}  // namespace ofn::os
