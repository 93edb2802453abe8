// The help and the manual page of a command, made of its row in the command table.
//
//   const std::string text = help_text(*find_command("build"), 80);
//   const std::string page = manual_page(*find_command("build"), {"0.1.0", "2026-11-30"});
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "cli/command_table.h"

namespace ofn::cli {

// "functions-framework build".
std::string full_name(const CommandRow& row);

// "functions-framework build [OPTIONS] --output FILE".
std::string usage_text(const CommandRow& row);

// `columns`: lines are wrapped there; 0: each flag has one line, so that `grep` finds all of it.
std::string help_text(const CommandRow& row, std::size_t columns);

struct Edition {
  std::string version;
  std::string date;  // of the page, such as 2026-11-30
};
// "functions-framework-build", without the section.
std::string page_name(const CommandRow& row);
// The source of the page in section 1 of the manual.
// Spec: man(7).
std::string manual_page(const CommandRow& row, const Edition& edition);

}  // namespace ofn::cli
