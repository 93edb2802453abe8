// The test kit with Catch2 2.13:
//
//   #include <ofn/testing/catch2.h>
//
//   TEST_CASE("the greeting names the caller") {
//     ofn::testing::Program program;
//     CHECK_THAT(program.get("/?name=Ann"), ofn::testing::HasBody("hello Ann\n"));
//   }
#pragma once

#include <catch2/catch.hpp>  // IWYU pragma: export

#include <ofn/testing.h>  // IWYU pragma: export
