#include "base/request_id.h"

#include <set>
#include <string>

#include <gtest/gtest.h>

namespace ofn {
namespace {

TEST(RequestId, IsNewEachTime) {
  Random random(3);
  std::set<std::string> ids;
  std::set<char> digits;
  for (int i = 0; i < 100; ++i) {
    const RequestId id = RequestId::of({}, random);
    EXPECT_EQ(id.view().size(), 32U);
    digits.insert(id.view().begin(), id.view().end());
    EXPECT_TRUE(ids.emplace(id.view()).second);
  }
  EXPECT_EQ(std::string(digits.begin(), digits.end()), "0123456789abcdef");
}

TEST(RequestId, IsTheCallersOwnWhenItIsPlain) {
  const auto id = [](const std::string& given) {
    Random random(3);
    const Field field{"X-REQUEST-ID", given};
    return std::string(RequestId::of({&field, 1}, random).view());
  };
  EXPECT_EQ(id("a-1:B/2_c.d=@+"), "a-1:B/2_c.d=@+");
  EXPECT_EQ(id(std::string(64, 'x')), std::string(64, 'x'));
  for (const std::string given : {"", "a b", "a\"b", "é", "a,b"}) EXPECT_EQ(id(given).size(), 32U);
  EXPECT_EQ(id(std::string(65, 'x')).size(), 32U);
}

}  // namespace
}  // namespace ofn
