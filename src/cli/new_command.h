// `functions-framework new`: writes a project of a template.
//
//   return write_project(NewCommand{.folder = "my-order", .template_name = "typed"}, env);
#pragma once

#include "cli/command_line.h"
#include "context/environment.h"

namespace ofn::cli {

// Without a template's name, asks for one if standard input and output are a terminal; otherwise
// takes http. Returns the exit code.
int write_project(const NewCommand& command, const Environment& env);

}  // namespace ofn::cli
