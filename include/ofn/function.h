// Everything that an author of functions includes. It uses only the standard library and compiles
// fast.
//
//   #include <ofn/function.h>
//
//   ofn::Response hello(const ofn::Request& request) {
//     return "hello, " + std::string(request.query("name").value_or("world")) + "\n";
//   }
//
// That file is a whole program for `functions-framework --source hello.cc --target hello`.
#pragma once

// GCC 10 says 201709 for -std=c++20.
#if __cplusplus < 201709L
#error "ofn: functions need C++20; compile them with -std=c++20 or a later one"
#endif

#include <ofn/cloud_event.h>  // IWYU pragma: export
#include <ofn/context.h>      // IWYU pragma: export
#include <ofn/event.h>        // IWYU pragma: export
#include <ofn/failure.h>      // IWYU pragma: export
#include <ofn/request.h>      // IWYU pragma: export
#include <ofn/response.h>     // IWYU pragma: export
#include <ofn/signature.h>    // IWYU pragma: export
#include <ofn/task.h>         // IWYU pragma: export
#include <ofn/writer.h>       // IWYU pragma: export
// Behind <ofn/signature.h>, so that a message about a function names one header less.
#include <ofn/register.h>  // IWYU pragma: export
