// Reads a file that a person wrote and the user names, such as a configuration.
//
//   auto text = os::read_small_file("dev.env");
//   if (!text) say(text.error().message());   // "there is no such file"
#pragma once

#include <cstddef>
#include <string>

#include "base/error.h"

namespace ofn::os {

inline constexpr std::size_t kMaxSmallFileBytes = std::size_t{1} * 1024 * 1024;

// Returns the whole content. Never waits: a pipe or a device is refused.
// Errors: a sentence without the file's name. kNotFound: there is no such file; kPermissionDenied;
// kInvalidArgument: it is not a regular file, or is larger than kMaxSmallFileBytes; kInternal.
Result<std::string> read_small_file(const std::string& path);

}  // namespace ofn::os
