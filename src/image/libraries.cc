#include "image/libraries.h"

#include <algorithm>
#include <map>
#include <ranges>
#include <utility>

#include "base/joined.h"
#include "loader/process.h"

namespace ofn::image {

namespace {

namespace fs = std::filesystem;

constexpr std::string_view kCLibrary = "libc.so.6";

// The words with which the loader says that it cannot go on are its last line.
std::string last_line(std::string_view text) {
  while (text.ends_with('\n')) text.remove_suffix(1);
  return std::string(text.substr(text.rfind('\n') + 1));
}

Result<std::vector<ListedLibrary>> list(const LibraryQuery& query, const fs::path& file,
                                        const std::vector<std::string>& opened) {
  // Not the variants of libraries for this machine's processor: the image may run on another one.
  loader::Command command{.arguments = {query.linker, "--glibc-hwcaps-mask", "none"}};
  if (!opened.empty()) {
    command.arguments.insert(command.arguments.end(), {"--preload", joined(opened, " ")});
  }
  command.arguments.insert(command.arguments.end(), {"--list", file});
  const auto run = loader::run(command, {});
  if (!run) {
    return fail(Code::kInternal, "cannot list the libraries of " + file.native() + ": " +
                                     query.linker.native() + ": " + run.error().message());
  }
  auto listed = parse_library_list(run->output);
  for (const ListedLibrary& library : listed) {
    if (library.file.empty()) {
      return fail(Code::kNotFound, file.native() + " needs the library " + library.name +
                                       ", which is not found on this machine; install it, or name "
                                       "its folder in LD_LIBRARY_PATH");
    }
  }
  if (!run->ok()) {
    return fail(Code::kInternal,
                "cannot list the libraries of " + file.native() + ": " + last_line(run->output));
  }
  for (const std::string& name : opened) {
    if (std::ranges::find(listed, name, &ListedLibrary::name) == listed.end()) {
      return fail(Code::kNotFound, "the library " + name +
                                       " is not found on this machine; install it, or name its "
                                       "folder in LD_LIBRARY_PATH");
    }
  }
  return listed;
}

}  // namespace

std::vector<ListedLibrary> parse_library_list(std::string_view text) {
  std::vector<ListedLibrary> libraries;
  for (const auto part : std::views::split(text, '\n')) {
    std::string_view line(part);
    // Messages begin at the line's beginning.
    if (!line.starts_with('\t')) continue;
    line.remove_prefix(1);
    if (line.ends_with(')')) line = line.substr(0, line.rfind(" (0x"));
    constexpr std::string_view kArrow = " => ";
    const std::size_t arrow = line.find(kArrow);
    if (arrow != std::string_view::npos) {
      const std::string_view file = line.substr(arrow + kArrow.size());
      libraries.push_back({.name = std::string(line.substr(0, arrow)),
                           .file = file == "not found" ? std::string() : std::string(file)});
    } else if (line.starts_with('/')) {
      libraries.push_back({.name = std::string(line), .file = std::string(line)});
    }
  }
  return libraries;
}

Result<std::vector<Library>> libraries_of(const LibraryQuery& query) {
  std::map<std::string, Library> found;
  std::vector<fs::path> files = query.files;
  if (!query.opened.empty()) files.push_back(query.files.front());
  for (std::size_t i = 0; i < files.size(); ++i) {
    auto listed =
        list(query, files[i], i < query.files.size() ? std::vector<std::string>() : query.opened);
    if (!listed) return std::unexpected(std::move(listed).error());
    for (const ListedLibrary& library : *listed) {
      found.try_emplace(
          library.name,
          Library{
              .name = library.name, .file = library.file, .place = library.name, .needed_by = i});
    }
  }
  const auto c_library = found.find(std::string(kCLibrary));
  if (c_library == found.end()) {
    return fail(Code::kInternal, query.files.front().native() + " does not need " +
                                     std::string(kCLibrary) + ", so its libraries are unknown");
  }
  const fs::path folder = c_library->second.file.parent_path();
  std::vector<Library> libraries;
  for (auto& [name, library] : found) {
    if (!name.contains('/')) library.place = (folder / name).native();
    libraries.push_back(std::move(library));
  }
  std::ranges::sort(libraries, {}, &Library::place);
  return libraries;
}

}  // namespace ofn::image
