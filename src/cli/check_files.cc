#include "cli/check_files.h"

#include <algorithm>
#include <array>
#include <filesystem>
#include <optional>
#include <set>
#include <system_error>
#include <utility>

#include "cli/env_files.h"
#include "cli/named_file.h"
#include "context/settings.h"
#include "loader/project.h"
#include "os/small_file.h"

namespace ofn::cli {

namespace {

namespace fs = std::filesystem;
using check::Hides;
using check::Text;

constexpr std::size_t kMostEntries = 20'000;
constexpr std::size_t kMostFolders = 64;  // one in the other
constexpr std::array<std::string_view, 2> kContextNames = {"context", "func_context"};
constexpr std::array<std::string_view, 3> kContextEndings = {".json", ".yaml", ".yml"};

bool ends_like_yaml(const fs::path& path) {
  return path.extension() == ".yaml" || path.extension() == ".yml";
}

bool is_header(const fs::path& path) {
  constexpr std::array<std::string_view, 4> kEndings = {".h", ".hpp", ".hh", ".hxx"};
  return std::ranges::find(kEndings, path.extension().native()) != kEndings.end();
}

bool is_test(const fs::path& path) {
  return path.stem().native().ends_with("_test") || path.stem().native().ends_with("_tests");
}

bool is_context(const fs::path& path) {
  return std::ranges::find(kContextNames, path.stem().native()) != kContextNames.end() &&
         std::ranges::find(kContextEndings, path.extension().native()) != kContextEndings.end();
}

bool is_env_file(const fs::path& path) {
  return path.extension() == ".env" || path.filename() == ".env";
}

// A line at the beginning of which `word` stands.
bool has_line(std::string_view text, std::string_view word) {
  return text.starts_with(word) || text.contains("\n" + std::string(word));
}

// Objects of Kubernetes, or services of Compose; not the texts from which Helm makes them.
bool is_manifest(std::string_view text) {
  return !text.contains("{{") && ((has_line(text, "apiVersion:") && has_line(text, "kind:")) ||
                                  has_line(text, "services:"));
}

class Search {
 public:
  Search(const std::string& path, const Flags& flags, const Environment& process)
      : flags_(flags), process_(process) {
    const std::string source = path.empty() ? flags[Flag::kSource].value_or("") : path;
    std::error_code error;
    found_.source = source.empty() ? "." : source;
    if (fs::is_directory(found_.source, error)) {
      folder_ = found_.source;
    } else if (fs::exists(found_.source, error)) {
      file_ = found_.source;
      folder_ = file_.parent_path().empty() ? "." : file_.parent_path();
    } else {
      found_.problems.push_back(found_.source +
                                ": there is no such file or folder; name a folder or a source");
    }
  }

  CheckFiles run() && {
    if (!found_.problems.empty()) return std::move(found_);
    read_env();
    const Environment env = with_variables(process_, variables_);
    read_context(env);
    read_components(env);
    read_sources();
    for (const fs::path& path : files_below()) take_manifest(path);
    set_target();
    check::Project& project = found_.project;
    project.environment = process_;
    if (!given_text(flags_, env, Flag::kPlugin).text.empty()) project.has_all_sources = false;
    found_.counts = {.contexts = project.contexts.size(),
                     .components = project.components.size(),
                     .env_files = project.env_files.size(),
                     .sources = project.sources.size(),
                     .manifests = project.manifests.size()};
    return std::move(found_);
  }

 private:
  // As the user would name it: without "./" before it.
  static std::string shown(const fs::path& path) { return path.lexically_normal().native(); }

  std::optional<Text> text_of(const fs::path& path, Hides hides = Hides::kNothing) {
    auto content = os::read_small_file(path.native());
    if (!content) return std::nullopt;
    taken_.insert(path.lexically_normal());
    return Text{.name = shown(path), .content = *std::move(content), .hides = hides};
  }

  // A file that a flag or a variable names. A variable of a file means a name beside that file, too.
  std::optional<Text> named_text(const GivenText& given, Hides hides) {
    std::error_code error;
    fs::path path = given.text;
    if (!fs::exists(path, error) && fs::exists(folder_ / path, error)) path = folder_ / path;
    auto content = read_named_file(path.native(), given.origin);
    if (!content) {
      found_.problems.push_back(content.error().text());
      return std::nullopt;
    }
    taken_.insert(path.lexically_normal());
    return Text{.name = shown(path), .content = *std::move(content), .hides = hides};
  }

  void read_env() {
    std::vector<Note> notes;
    if (!given_text(flags_, process_, Flag::kEnvFile).origin.is_default()) {
      const EnvFiles given = read_env_files(flags_, process_);
      const GivenText named = given_text(flags_, process_, Flag::kEnvFile);
      for (const std::string& file : given.files) {
        if (auto text = named_text({file, named.origin}, Hides::kVariables))
          found_.project.env_files.push_back(*std::move(text));
      }
    } else {
      for (const fs::path& path : files_of_folder()) {
        if (!is_env_file(path)) continue;
        if (auto text = text_of(path, Hides::kVariables))
          found_.project.env_files.push_back(*std::move(text));
      }
    }
    for (const Text& text : found_.project.env_files) {
      auto variables = parse_env_file(text.name, text.content, notes);
      if (!variables) continue;
      variables_.insert(variables_.end(), variables->begin(), variables->end());
    }
    variables_ = lacking(process_, std::move(variables_), notes);
  }

  void read_context(const Environment& env) {
    const GivenText given = given_text(flags_, env, Flag::kContext);
    if (!given.origin.is_default()) {
      if (auto text = named_text(given, Hides::kProperties))
        found_.project.contexts.push_back(*std::move(text));
      return;
    }
    for (const fs::path& path : files_of_folder()) {
      if (!is_context(path)) continue;
      if (auto text = text_of(path)) found_.project.contexts.push_back(*std::move(text));
    }
  }

  void read_components(const Environment& env) {
    const GivenText given = given_text(flags_, env, Flag::kComponents);
    std::error_code error;
    fs::path folder = folder_ / "components";
    if (!given.origin.is_default()) {
      folder = given.text;
      if (!fs::is_directory(folder, error)) folder = folder_ / given.text;
      if (!fs::is_directory(folder, error)) {
        found_.problems.push_back(given.origin.name + ": expected a folder, found " +
                                  ofn::quoted(given.text, 4096));
        return;
      }
    }
    if (!fs::is_directory(folder, error)) return;
    found_.project.components_folder = shown(folder);
    for (const fs::path& path : files_of(folder)) {
      if (!ends_like_yaml(path)) continue;
      if (auto text = text_of(path, Hides::kProperties))
        found_.project.components.push_back(*std::move(text));
    }
  }

  void read_sources() {
    std::vector<fs::path> paths = {file_};
    if (file_.empty()) paths = files_below();
    for (const fs::path& path : paths) {
      const bool is_cxx = loader::is_source_file(path) || is_header(path);
      if (!is_cxx || is_test(path)) {
        found_.project.has_all_sources &= file_.empty();
        continue;
      }
      if (auto text = text_of(path)) found_.project.sources.push_back(*std::move(text));
    }
  }

  void take_manifest(const fs::path& path) {
    if (!ends_like_yaml(path) || taken_.contains(path.lexically_normal())) return;
    const auto content = os::read_small_file(path.native());
    if (!content || !is_manifest(*content)) return;
    found_.project.manifests.push_back(
        {.name = shown(path), .content = *content, .hides = Hides::kProperties});
  }

  void set_target() {
    const GivenText given = given_text(flags_, process_, Flag::kTarget);
    if (given.origin.is_default()) return;
    found_.project.target =
        Text{.name = given.origin.name, .content = given.text, .is_file = false};
  }

  std::vector<fs::path> files_of_folder() const { return files_of(folder_); }

  static std::vector<fs::path> files_of(const fs::path& folder) {
    std::vector<fs::path> files;
    std::error_code error;
    for (fs::directory_iterator entry(folder, error), end; !error && entry != end;
         entry.increment(error)) {
      std::error_code ignored;
      if (entry->is_regular_file(ignored)) files.push_back(entry->path());
      if (files.size() == kMostEntries) break;
    }
    std::ranges::sort(files);
    return files;
  }

  // Leaves out hidden files and folders, links to folders, and folders that other programs fill.
  std::vector<fs::path> files_below() const {
    std::vector<fs::path> files;
    std::error_code error;
    std::size_t entries = 0;
    for (fs::recursive_directory_iterator entry(folder_, error), end; !error && entry != end;
         entry.increment(error)) {
      std::error_code ignored;
      const std::string name = entry->path().filename().native();
      if (++entries > kMostEntries) break;
      if (entry->is_directory(ignored)) {
        const bool is_left_out = name.starts_with('.') || name == "node_modules" ||
                                 fs::exists(entry->path() / "CMakeCache.txt", ignored) ||
                                 entry.depth() >= static_cast<int>(kMostFolders);
        if (is_left_out) entry.disable_recursion_pending();
      } else if (!name.starts_with('.') && entry->is_regular_file(ignored)) {
        files.push_back(entry->path());
      }
    }
    std::ranges::sort(files);
    return files;
  }

  const Flags& flags_;
  const Environment& process_;
  fs::path folder_;
  fs::path file_;  // empty: the whole folder
  std::vector<FileVariable> variables_;
  std::set<fs::path> taken_;
  CheckFiles found_;
};

}  // namespace

CheckFiles read_check_files(const std::string& path, const Flags& flags, const Environment& env) {
  return Search(path, flags, env).run();
}

}  // namespace ofn::cli
