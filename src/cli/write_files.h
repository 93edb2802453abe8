// `functions-framework __write-files DIR`: writes the files that packages install beside the
// program.
//
//   return write_files(WriteFilesCommand{"build/share"}, env);
#pragma once

#include "cli/command_line.h"
#include "context/environment.h"

namespace ofn::cli {

// Writes the manual pages (man/man1) and the completions of all shells. Returns the exit code.
// SOURCE_DATE_EPOCH, if it is set, is the pages' date.
int write_files(const WriteFilesCommand& command, const Environment& env);

}  // namespace ofn::cli
