#include "cli/new_command.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <filesystem>
#include <iostream>
#include <string>
#include <string_view>
#include <system_error>
#include <unistd.h>
#include <utility>
#include <vector>

#include "base/nearest.h"
#include "cli/json_result.h"
#include "cli/streams.h"
#include "embedded/template_files.h"
#include "loader/loader.h"
#include "os/descriptor.h"

namespace ofn::cli {

namespace {

namespace fs = std::filesystem;
using embedded::EmbeddedFile;

// The template that the user of the terminal chooses; empty if the input has ended.
std::string ask_for_template() {
  std::string question = "Which template?\n";
  std::vector<std::string> names;
  for (const embedded::Template& each : embedded::templates()) {
    std::string name = "  " + std::string(each.name);
    name.resize(16, ' ');
    question += name + std::string(each.summary) + "\n";
    names.emplace_back(each.name);
  }
  for (std::string answer;;) {
    if (print(question + "Template [http]: ") != kExitOk || !std::getline(std::cin, answer))
      return "";
    if (answer.empty()) return "http";
    if (std::ranges::find(names, answer) != names.end()) return answer;
    const std::string nearest = nearest_word(answer, names);
    question = "There is no template \"" + answer + "\"" +
               (nearest.empty() ? "" : "; did you mean " + nearest + "?") + "\n";
  }
}

// The folder of the author's headers, if no compiler finds it by itself.
std::string include_folder(const Environment& env) {
  std::error_code error;
  const fs::path executable = fs::read_symlink("/proc/self/exe", error);
  const fs::path folder =
      find_include_dir(non_empty(env, "OFN_INCLUDE_DIR").value_or(""), executable)
          .lexically_normal();
  const bool is_found = folder == "/usr/include" || folder == "/usr/local/include";
  return is_found ? "" : folder.native();
}

// Returns the system's reason if the file cannot be written.
std::string write_file(const fs::path& path, std::string_view text, bool overwrites) {
  std::error_code error;
  fs::create_directories(path.parent_path(), error);
  if (error) return error.message();
  const int more = overwrites ? O_TRUNC : O_EXCL;
  const os::Descriptor file(
      ::open(path.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW | more, 0666));
  if (file.get() < 0) return std::strerror(errno);
  while (!text.empty()) {
    const ssize_t written = ::write(file.get(), text.data(), text.size());
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return std::strerror(errno);
    text.remove_prefix(static_cast<std::size_t>(written));
  }
  return "";
}

// The files as a tree: those of a folder below its name.
std::string tree_of(const fs::path& folder, const std::vector<EmbeddedFile>& files) {
  std::string text = folder.native() + "/\n";
  fs::path above;
  for (const EmbeddedFile& file : files) {
    const fs::path path(file.path);
    if (path.parent_path() != above) {
      above = path.parent_path();
      if (!above.empty()) text += "  " + above.native() + "/\n";
    }
    text += (above.empty() ? "  " : "    ") + path.filename().native() + "\n";
  }
  return text;
}

// What the shell needs around a path.
std::string quoted_for_shell(const std::string& path) {
  constexpr std::string_view kPlain =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-./";
  if (path.find_first_not_of(kPlain) == std::string::npos && !path.starts_with('-')) return path;
  std::string text = "'";
  for (const char c : path) text += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return text + "'";
}

}  // namespace

int write_project(const NewCommand& command, const Environment& env) {
  fs::path folder = fs::path(command.folder).lexically_normal();
  if (!folder.has_filename()) folder = folder.parent_path();
  std::error_code error;
  const auto names = embedded::names_for(fs::absolute(folder, error).filename().native());
  if (!names) {
    return complain("NAME: " + names.error().message() + ", found \"" + command.folder + "\"",
                    kExitUsage);
  }
  std::string chosen = command.template_name;
  if (chosen.empty()) {
    const bool may_ask =
        !command.json && ::isatty(STDIN_FILENO) == 1 && ::isatty(STDOUT_FILENO) == 1;
    chosen = may_ask ? ask_for_template() : "http";
    if (chosen.empty()) return complain("no template was chosen; nothing was written", kExitUsage);
  }
  std::vector<EmbeddedFile> files = embedded::project_files(chosen, *names, include_folder(env));
  // Folders come behind the files beside them.
  std::ranges::sort(files, {}, [](const EmbeddedFile& file) {
    return std::pair(fs::path(file.path).parent_path(), file.path);
  });
  std::string in_the_way;
  for (const EmbeddedFile& file : files) {
    if (fs::symlink_status(folder / file.path, error).type() != fs::file_type::not_found &&
        !command.overwrites)
      in_the_way += "\n  " + (folder / file.path).native();
  }
  if (!in_the_way.empty()) {
    return complain(
        "nothing was written, because these files exist; --force writes over them:" + in_the_way,
        kExitFailure);
  }
  std::vector<document::Node> paths;
  for (const EmbeddedFile& file : files) {
    const fs::path path = folder / file.path;
    if (const std::string why = write_file(path, file.text, command.overwrites); !why.empty())
      return complain("cannot write " + path.native() + ": " + why, kExitFailure);
    paths.emplace_back(file.path);
  }
  const auto templates = embedded::templates();
  const std::vector<std::string> next = {
      "cd " + quoted_for_shell(folder.native()), "ff dev --env-file dev.env",
      std::string(std::ranges::find(templates, chosen, &embedded::Template::name)->call)};
  if (command.json) {
    return print_result("new", {{"name", names->project},
                                {"function", names->target},
                                {"template", chosen},
                                {"folder", folder.native()},
                                {"files", document::Node::list(std::move(paths))},
                                {"next", document::Node::list({next.begin(), next.end()})}});
  }
  return print(tree_of(folder, files) + "\nNext:\n  " + next[0] + "\n  " + next[1] + "\n  " +
               next[2] + "\n");
}

}  // namespace ofn::cli
