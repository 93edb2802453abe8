// What a linker says, in the author's words: what is missing, who uses it, what to type.
//
//   explain_link("mold: error: undefined symbol: SHA256\n>>> referenced by f.cc\n>>> x.o:(hello())\n", "f.cc")
//     → "File f.cc does not link: nothing defines\n  SHA256, used in hello() of f.cc; …"
#pragma once

#include <string>
#include <string_view>

namespace ofn::loader {

// A function's name as an author writes it: "app::f(std::string)" for
// "app::f[abi:cxx11](std::__cxx11::basic_string<char, std::char_traits<char>, … >)".
std::string as_written(std::string text);

// A mangled name, demangled; another text stays as it is.
std::string demangled(const std::string& name);

// The library that has an undefined symbol, as the linker's flag and Debian's package, where the
// symbol's beginning is well known: {"-lcrypto", "libssl-dev"}. Else empty.
struct Library {
  std::string_view flags{};
  std::string_view package{};
};
Library library_of(std::string_view symbol);

// The whole message for `output`, of ld, gold, lld or mold. `shown`: the source as the user named it.
std::string explain_link(std::string_view output, std::string_view shown);

}  // namespace ofn::loader
