#include "os/module.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace ofn::os {
namespace {

TEST(Module, OpensTheFirstThatIsThere) {
  auto module = Module::open({"libofn-no-such.so.1", "libm.so.6"});
  ASSERT_TRUE(module);
  double (*cosine)(double) = nullptr;
  ASSERT_TRUE(module->bind("cos", cosine));
  EXPECT_EQ(cosine(0), 1.0);
  EXPECT_FALSE(module->bind("ofn_no_such_function", cosine));
  EXPECT_EQ(cosine, nullptr);
}

TEST(Module, SaysWhichIsMissing) {
  auto module = Module::open({"libofn-no-such.so.1", "libofn-nor-this.so.1"});
  ASSERT_FALSE(module);
  EXPECT_EQ(module.error().code(), Code::kNotFound);
  EXPECT_THAT(module.error().message(), ::testing::HasSubstr("libofn-no-such.so.1"));
}

}  // namespace
}  // namespace ofn::os
