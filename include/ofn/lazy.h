// Lets the author's headers have many functions, while each file pays only for those that it calls.
//
//   OFN_INTERNAL_LAZY std::string error() const { … }
#pragma once

// Put it before an inline function. It turns the function into a template, so the compiler
// processes the body only if the file calls it. The body of an ordinary inline function is
// processed in every file that reads the header, and instantiates the standard library's templates
// that it uses.
// NOLINTNEXTLINE(cppcoreguidelines-macro-usage)
#define OFN_INTERNAL_LAZY template <int = 0>
