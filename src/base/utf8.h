// Checks text: UTF-8 as Unicode defines it has no overlong forms, no surrogates, and nothing above
// U+10FFFF.
//
//   if (!is_utf8(value)) return fail(Code::kInvalidArgument, "the value is not UTF-8");
#pragma once

#include <string_view>

namespace ofn {

// Spec: the Unicode Standard, table 3-7 (well-formed byte sequences). Cost: reads 32 bytes of
// ASCII at a time; allocates nothing.
bool is_utf8(std::string_view text) noexcept;

}  // namespace ofn
