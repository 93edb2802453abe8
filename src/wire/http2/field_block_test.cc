#include "wire/http2/field_block.h"

#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace ofn::wire::http2 {
namespace {

using ::testing::ElementsAre;
using ::testing::FieldsAre;
using ::testing::IsEmpty;

TEST(FieldBlock, WhatWasAddedBeforeItGrewIsStillThere) {
  for (const std::size_t size : {0U, 1U, 14U, 15U, 16U, 255U, 256U, 257U, 70'000U}) {
    FieldBlock block;
    block.add("a", "");
    block.add("name", std::string(size, 'v'));
    for (int i = 0; i < 100; ++i) block.add("n" + std::to_string(i), "v" + std::to_string(i));
    ASSERT_EQ(block.size(), 102U);
    EXPECT_THAT(block.seal()[0], FieldsAre("a", "")) << size;
    EXPECT_THAT(block.seal()[1], FieldsAre("name", std::string(size, 'v')));
    for (int i = 0; i < 100; ++i) {
      EXPECT_THAT(block.seal()[i + 2], FieldsAre("n" + std::to_string(i), "v" + std::to_string(i)));
    }
  }
}

TEST(FieldBlock, CrumbsAreOneCookieBehindTheRest) {
  FieldBlock block;
  block.add("cookie", "a=1");
  block.add("host", "h");
  EXPECT_THAT(block.seal(), ElementsAre(FieldsAre("cookie", "a=1"), FieldsAre("host", "h")));
  block.add("cookie", "b=2");
  block.add("cookie", "");
  EXPECT_THAT(block.seal(), ElementsAre(FieldsAre("host", "h"), FieldsAre("cookie", "a=1; b=2; ")));
}

TEST(FieldBlock, IsUsedAgain) {
  FieldBlock block;
  block.add("cookie", std::string(9000, 'c'));
  block.add("cookie", "d");
  block.clear();
  EXPECT_THAT(block.fields(), IsEmpty());
  block.add("cookie", "e");
  EXPECT_THAT(block.seal(), ElementsAre(FieldsAre("cookie", "e")));
}

}  // namespace
}  // namespace ofn::wire::http2
