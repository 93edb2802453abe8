// Turns a linker's error output into a message for the author: the missing symbol, the function
// that uses it, and how to correct it.
//
//   explain_link("mold: error: undefined symbol: SHA256\n>>> referenced by f.cc\n"
//                ">>> x.o:(hello())\n", "f.cc");
//   // "File f.cc does not link: no source or library of it defines\n  SHA256, used in hello() …"
#pragma once

#include <string>
#include <string_view>

namespace ofn::loader {

// Returns a function's name as an author writes it: "app::f(std::string)" for
// "app::f[abi:cxx11](std::__cxx11::basic_string<char, std::char_traits<char>, … >)".
std::string as_written(std::string text);

// Demangles a mangled name. Returns any other text unchanged.
std::string demangled(const std::string& name);

// The library that defines a symbol, as the linker's flags and Debian's package: {"-lcrypto", "libssl-dev"}. Both are empty if
// the symbol's prefix is not well known.
struct Library {
  std::string_view flags{};
  std::string_view package{};
};
Library library_of(std::string_view symbol);

// Removes the end, because the first lines of a long template error matter most. But if warnings
// would push the first error out of the limit, begins at that error.
std::string shortened(std::string_view text);

// Returns the whole message for the output of ld, gold, lld or mold; empty if the output names no
// undefined symbol. `shown`: the source's name as the user wrote it.
std::string explain_link(std::string_view output, std::string_view shown);

}  // namespace ofn::loader
