// The threads of functions that wait: one runs at a time.
#include "kit/function_threads.h"

#include <string>

#include <gtest/gtest.h>

namespace ofn::kit {
namespace {

TEST(FunctionThreads, TakeTurns) {
  FunctionThreads threads;
  std::string order;
  bool first = false;
  bool second = false;
  EXPECT_FALSE(threads.is_here());
  EXPECT_TRUE(threads.post([&] {
    EXPECT_TRUE(threads.is_here());
    order += "a";
    threads.wait([&] { return first; });
    order += "A";
  }));
  EXPECT_TRUE(threads.post([&] {
    order += "b";
    threads.wait([&] { return second; });
    order += "B";
    threads.wait([&] { return second; });
    order += "!";
  }));
  EXPECT_TRUE(threads.post([&] { order += "c"; }));
  EXPECT_FALSE(threads.is_here());
  EXPECT_EQ(order, "abc");
  EXPECT_FALSE(threads.go_on());
  second = true;
  EXPECT_TRUE(threads.go_on());
  EXPECT_EQ(order, "abcB!");
  first = true;
  EXPECT_TRUE(threads.go_on());
  EXPECT_FALSE(threads.go_on());
  EXPECT_EQ(order, "abcB!A");
}

TEST(FunctionThreads, AreManyAtOnce) {
  FunctionThreads threads;
  bool over = false;
  int ended = 0;
  for (int i = 0; i < 50; ++i) {
    EXPECT_TRUE(threads.post([&] {
      threads.wait([&] { return over; });
      ++ended;
    }));
  }
  EXPECT_EQ(ended, 0);
  over = true;
  while (threads.go_on()) {
  }
  EXPECT_EQ(ended, 50);
}

}  // namespace
}  // namespace ofn::kit
