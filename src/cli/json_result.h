// What a command says with --json: one JSON object on one line (docs/json-output.md).
//
//   return print_result("build", {{"output", "a.so"}});
#pragma once

#include <initializer_list>
#include <string_view>

#include "cli/command_line.h"
#include "document/node.h"

namespace ofn::cli {

// The version of all these objects. It changes if a member gets another meaning or goes away; new
// members do not change it.
inline constexpr int kResultVersion = 1;

// {"version":1,"command":…} with the members behind.
document::Node result_of(std::string_view command,
                         std::initializer_list<document::Node::Member> members);
// Prints it. Returns kExitOk, or what a failed print returns.
[[nodiscard]] Exit print_result(std::string_view command,
                                std::initializer_list<document::Node::Member> members);

}  // namespace ofn::cli
