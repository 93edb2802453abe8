// Puts a new content in the place of a file's: readers see the old content or the new one, and never a part.
//
//   const auto done = replace_file("func_context.json", before, after);
//   if (!done) return complain(done.error().message(), kExitFailure);
#pragma once

#include <string>
#include <string_view>

#include "base/error.h"

namespace ofn::cli {

// Writes a file beside it, with the same permissions, and renames it. If the name is a link, the file to which it leads is replaced.
// Errors: kFailedPrecondition, the file's content is not `before` any more; kPermissionDenied. The message names the file.
Result<void> replace_file(const std::string& file, std::string_view before, std::string_view after);

}  // namespace ofn::cli
