// What a shell offers when a command line is completed.
//
//   const std::string_view script = completion_script("bash");  // `ff completion bash`
//   const std::vector<std::string> asked{"bash", "ff --log-f"};
//   const std::string answer = completions(asked);  // "--log-format\tjson, readable, …"
//
// A script for a shell only asks the program, and so agrees with the program that is installed.
#pragma once

#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace ofn::cli {

// The shells for which there is a script.
std::vector<std::string> shells();
// The script of one of them.
std::string_view completion_script(std::string_view shell);

// `arguments`: the shell, and the line up to the cursor (bash), or the line's words up to the
// cursor without the program's name. Each line of the answer is a word, a tab and what the word
// means. The last line says what else fits: ":none", ":folders", or ":files" and the endings of
// their names.
// Cost: may read the names of functions in a source, and the folder of running instances.
std::string completions(std::span<const std::string> arguments);

// The names of the functions that the sources register, as their text says.
// Cost: reads at most 1 MiB of each of at most 64 files.
std::vector<std::string> targets_in(const std::filesystem::path& source);

}  // namespace ofn::cli
