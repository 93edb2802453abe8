// The test kit: calls the functions of a test program in any way in which they can be called, without a server and without a sidecar.
//
//   #include <ofn/testing/gtest.h>      // with GoogleTest; <ofn/testing/catch2.h> with Catch2
//
//   void test_greeting() {
//     ofn::testing::Program program;
//     const ofn::testing::Result result = program.get("/?name=Ann");
//     // EXPECT_THAT(result, ofn::testing::HasBody("hello Ann\n"));
//   }
//
// The program links ofn::testing, or `functions-framework test` builds and runs it.
#pragma once

#include <ofn/testing/call.h>     // IWYU pragma: export
#include <ofn/testing/checks.h>   // IWYU pragma: export
#include <ofn/testing/program.h>  // IWYU pragma: export
#include <ofn/testing/result.h>   // IWYU pragma: export
#include <ofn/testing/sidecar.h>  // IWYU pragma: export
#include <ofn/testing/web.h>      // IWYU pragma: export
