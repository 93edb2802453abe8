// The test kit with GoogleTest 1.12 or later:
//
//   #include <ofn/testing/gtest.h>
//
//   TEST(Greeting, NamesTheCaller) {
//     ofn::testing::Program program;
//     EXPECT_THAT(program.get("/?name=Ann"), ofn::testing::HasBody("hello Ann\n"));
//   }
#pragma once

#include <gmock/gmock.h>  // IWYU pragma: export
#include <gtest/gtest.h>  // IWYU pragma: export

#include <ofn/testing.h>  // IWYU pragma: export
