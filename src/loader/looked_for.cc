#include "loader/looked_for.h"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <fstream>
#include <string_view>
#include <system_error>

#include "loader/diagnostics.h"

namespace ofn::loader {
namespace {

namespace fs = std::filesystem;

// Returns the values of each flag that begins with one of `names`: "-I dir", "-Idir".
std::vector<std::string> values_of(std::span<const std::string> flags,
                                   std::span<const std::string_view> names) {
  std::vector<std::string> values;
  for (std::size_t i = 0; i < flags.size(); ++i) {
    for (const std::string_view name : names) {
      if (!flags[i].starts_with(name)) continue;
      const bool is_joined = flags[i].size() > name.size();
      if (is_joined) values.push_back(flags[i].substr(name.size()));
      if (!is_joined && i + 1 < flags.size()) values.push_back(flags[i + 1]);
      break;
    }
  }
  return values;
}

// Appends the parts of a list such as "a:b".
void append_parts(std::string_view list, char separator, std::vector<std::string>& parts) {
  for (std::size_t begin = 0, end = 0; begin < list.size(); begin = end + 1) {
    end = std::min(list.find(separator, begin), list.size());
    if (end > begin) parts.emplace_back(list.substr(begin, end - begin));
  }
}

// Headers of compilers and libraries include one another. An author's header is not among them.
bool is_systems(std::string_view file) {
  return file.starts_with("/usr/include/") || file.starts_with("/usr/lib/") ||
         file.starts_with("/usr/local/include/");
}

// Returns the line with that number, from 1; empty if there is none.
std::string line_of(const fs::path& path, unsigned number) {
  std::ifstream file(path);
  std::string line;
  while (number > 0 && std::getline(file, line)) --number;
  return number == 0 ? line : "";
}

// Returns the header of an #include line, and an empty text for other lines.
std::string included_name(std::string_view line) {
  const auto skip_blanks = [&] {
    line.remove_prefix(std::min(line.find_first_not_of(" \t"), line.size()));
  };
  skip_blanks();
  if (!line.starts_with('#')) return {};
  line.remove_prefix(1);
  skip_blanks();
  if (!line.starts_with("include")) return {};
  const auto begin = line.find_first_of("<\"");
  if (begin == std::string_view::npos) return {};
  const auto end = line.find(line[begin] == '<' ? '>' : '"', begin + 1);
  if (end == std::string_view::npos) return {};
  return std::string(line.substr(begin + 1, end - begin - 1));
}

}  // namespace

std::set<std::string> headers_looked_for(std::span<const std::string> names,
                                         const LookedIn& places) {
  constexpr std::array<std::string_view, 4> kFlags = {"-I", "-isystem", "-iquote", "-idirafter"};
  std::vector<std::string> folders = places.folders;
  for (std::string& folder : values_of(places.flags, kFlags)) {
    folders.push_back(std::move(folder));
  }
  for (const char* name : {"CPATH", "CPLUS_INCLUDE_PATH"}) {
    if (const char* list = std::getenv(name)) append_parts(list, ':', folders);
  }
  for (const std::string& file : places.read) {
    if (!is_systems(file)) folders.push_back(fs::path(file).parent_path().native());
  }
  folders.insert(folders.end(), {"/usr/local/include", "/usr/include"});
  std::set<std::string> files;
  for (const std::string& name : names) {
    if (name.starts_with('/')) files.insert(name);
    for (const std::string& folder : folders) files.insert((fs::path(folder) / name).native());
  }
  return files;
}

Missing missing_headers(std::string_view messages, const fs::path& folder) {
  Missing missing;
  std::vector<std::string> lines;
  append_parts(messages, '\n', lines);
  for (const std::string& line : lines) {
    const auto place = place_of(line);
    if (!place) continue;
    const fs::path file = folder / place->file;
    const std::string name = included_name(line_of(file, place->line));
    if (name.empty()) continue;
    missing.names.push_back(name);
    missing.included_by.push_back(file.native());
  }
  return missing;
}

std::set<std::string> libraries_looked_for(std::span<const std::string> flags) {
  constexpr std::array<std::string_view, 1> kFolder = {"-L"};
  constexpr std::array<std::string_view, 1> kLibrary = {"-l"};
  std::set<std::string> files;
  for (const std::string& folder : values_of(flags, kFolder)) {
    for (const std::string& name : values_of(flags, kLibrary)) {
      for (const char* end : {".so", ".a"}) {
        files.insert((fs::path(folder) / ("lib" + name + end)).native());
      }
    }
  }
  // Everything else that is not a flag is an input. So are the linker's words in "-Wl,a.o,b.o".
  for (const std::string& flag : flags) {
    std::vector<std::string> parts;
    const bool is_list = flag.starts_with("-Wl,");
    append_parts(is_list ? std::string_view(flag).substr(4) : flag, is_list ? ',' : '\0', parts);
    for (std::string& part : parts) {
      std::error_code error;
      if (part.starts_with('-') || part.starts_with('@') || fs::is_directory(part, error)) continue;
      files.insert(std::move(part));
    }
  }
  return files;
}

}  // namespace ofn::loader
