// The third-party code in the program, for --version --verbose. cmake/OfnParts.cmake writes the
// definition when it configures the build.
#pragma once

#include <string_view>

namespace ofn::cli {

// One line for each library: its name, its version and its license.
std::string_view parts_text();

}  // namespace ofn::cli
