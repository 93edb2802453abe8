#include "base/while_alive.h"

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include <gtest/gtest.h>

namespace ofn {
namespace {

TEST(WhileAlive, callback_runs_with_its_arguments_while_the_object_is_there) {
  WhileAlive while_alive;
  std::string seen;
  std::move_only_function<void(std::unique_ptr<int>, const std::string&)> callback =
      while_alive([&seen](const std::unique_ptr<int>& number, const std::string& text) {
        seen += text + std::to_string(*number);
      });
  callback(std::make_unique<int>(1), "a");
  callback(std::make_unique<int>(2), "b");
  EXPECT_EQ(seen, "a1b2");
}

TEST(WhileAlive, callback_does_nothing_after_the_object_has_gone) {
  std::optional<WhileAlive> while_alive(std::in_place);
  int runs = 0;
  const std::function<void()> first = (*while_alive)([&runs] { ++runs; });
  const std::function<void()> copy = first;
  first();
  while_alive.reset();
  first();
  copy();
  EXPECT_EQ(runs, 1);
}

TEST(WhileAlive, callback_does_nothing_after_the_end) {
  WhileAlive while_alive;
  int runs = 0;
  auto callback = while_alive([&runs] { ++runs; });
  while_alive.end();
  callback();
  EXPECT_EQ(runs, 0);
}

}  // namespace
}  // namespace ofn
