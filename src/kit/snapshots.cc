#include "kit/snapshots.h"

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <sstream>
#include <system_error>
#include <vector>

namespace ofn::kit {

namespace {

namespace fs = std::filesystem;

bool is_set(const char* variable) {
  const char* const value = std::getenv(variable);
  return value != nullptr && *value != '\0';
}

bool is_name(std::string_view name) {
  return !name.empty() && name.front() != '.' && std::ranges::all_of(name, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '-' || c == '.';
  });
}

std::vector<std::string> lines_of(std::string_view text) {
  std::vector<std::string> lines;
  std::istringstream stream{std::string(text)};
  for (std::string line; std::getline(stream, line);) lines.push_back(line);
  return lines;
}

// Returns the first line that differs, from both.
std::string first_difference(std::string_view expected, std::string_view actual) {
  const auto wanted = lines_of(expected);
  const auto got = lines_of(actual);
  std::size_t line = 0;
  while (line < wanted.size() && line < got.size() && wanted[line] == got[line]) ++line;
  const auto at = [line](const std::vector<std::string>& lines) {
    return line < lines.size() ? lines[line] : std::string("(the end)");
  };
  return "  line " + std::to_string(line + 1) + "\n  - " + at(wanted) + "\n  + " + at(got);
}

std::string write(const fs::path& file, std::string_view text) {
  std::error_code failed;
  fs::create_directories(file.parent_path(), failed);
  std::ofstream out(file, std::ios::binary);
  out << text;
  out.close();
  return out ? std::string() : "whose snapshot cannot be written: " + file.string();
}

}  // namespace

std::string snapshot_problem(std::string_view source, std::string_view name,
                             std::string_view text) {
  if (!is_name(name))
    return "whose snapshot needs a name of letters, digits, '_', '-' and '.': " + std::string(name);
  const fs::path file =
      fs::path(source).parent_path() / "testdata/snapshots" / (std::string(name) + ".txt");
  if (is_set("OFN_TEST_UPDATE")) return write(file, text);
  std::ifstream in(file, std::ios::binary);
  if (!in) {
    if (is_set("CI"))
      return "whose snapshot is missing: " + file.string() +
             "; run the test once without the variable CI, and commit the file";
    return write(file, text);
  }
  const std::string expected{std::istreambuf_iterator<char>(in), {}};
  if (expected == text) return {};
  return "which differs from " + file.string() + ":\n" + first_difference(expected, text) +
         "\n  OFN_TEST_UPDATE=1 takes the new answer";
}

}  // namespace ofn::kit
