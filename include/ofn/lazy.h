// How the author's headers offer many functions and cost a file only those that it calls.
//
//   OFN_INTERNAL_LAZY std::string error() const { … }
#pragma once

// Before an inline function: the compiler looks into its body only if the file calls it, because it is
// a template. The body of an ordinary inline function is looked into in every file that reads the
// header, and what it uses of the standard library's templates is instantiated there.
// NOLINTNEXTLINE(cppcoreguidelines-macro-usage)
#define OFN_INTERNAL_LAZY template <int = 0>
