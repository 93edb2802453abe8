#include "cli/image_command.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdio>
#include <ctime>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include "base/joined.h"
#include "cli/function_build.h"
#include "cli/json_result.h"
#include "cli/streams.h"
#include "cli/work_folder.h"
#include "context/flag_table.h"
#include "image/image.h"

namespace ofn::cli {

namespace {

namespace fs = std::filesystem;

// Libraries that the program opens when a configuration needs them, and for what.
struct OpenedLibrary {
  std::string_view name;
  std::string_view use;
};
constexpr std::array<OpenedLibrary, 3> kOpened = {
    {{"libcurl.so.4",
      "telemetry to https addresses, HTTP requests of tasks, and bindings.http of the local "
      "sidecar"},
     {"libmosquitto.so.1", "MQTT of the local sidecar"},
     {"libpcre2-8.so.0", "patterns of fields (ofn::pattern)"}}};

constexpr std::string_view kTitle = "org.opencontainers.image.title";

std::string size_text(std::size_t bytes) {
  char text[32];
  std::snprintf(text, sizeof text, "%8.3f MB", static_cast<double>(bytes) / 1e6);
  return text;
}

// "hello.so" of hello.cc, of a folder hello/, and of hello.so.1.
std::string shared_object_name(const std::string& source) {
  fs::path path = fs::path(source).lexically_normal();
  if (!path.has_filename()) path = path.parent_path();
  const std::string name = path.filename().native();
  const std::string stem = name.substr(0, name.find('.'));
  return (stem.empty() ? "function" : stem) + ".so";
}

// Reproducible builds set this variable: https://reproducible-builds.org/specs/source-date-epoch
std::optional<std::string> created(const Environment& env) {
  const std::string text = non_empty(env, "SOURCE_DATE_EPOCH").value_or("0");
  std::time_t seconds = 0;
  const char* const end = text.data() + text.size();
  const auto read = std::from_chars(text.data(), end, seconds);
  // RFC 3339 has years of four digits.
  constexpr std::time_t kEnd = 253402300800;
  std::tm date{};
  char shown[32];
  if (read.ec != std::errc() || read.ptr != end || seconds < 0 || seconds >= kEnd ||
      ::gmtime_r(&seconds, &date) == nullptr) {
    return std::nullopt;
  }
  return std::string(shown, std::strftime(shown, sizeof shown, "%Y-%m-%dT%H:%M:%SZ", &date));
}

std::string variable_of(Flag flag) { return std::string(flag_spec(flag).variable); }

void add_list(image::ImageRequest& request, Flag flag, const std::vector<std::string>& items) {
  if (!items.empty()) request.variables.emplace_back(variable_of(flag), joined(items, ","));
}

std::string content_of(const image::Image& made) {
  std::vector<image::ImageFile> files = made.files;
  std::ranges::sort(files, {}, &image::ImageFile::path);
  std::string text;
  for (const image::ImageFile& file : files) {
    text += "  " + size_text(file.bytes) + "  " + file.path;
    if (!file.needed_by.empty()) text += "  (for " + file.needed_by + ")";
    text += "\n";
  }
  text += "  " + size_text(made.bytes) + "  in all; " + size_text(made.compressed_bytes).substr(2) +
          " compressed\n";
  return text;
}

// What the image has of its base.
std::string base_text(const ImageCommand& command, const image::Image& made) {
  if (!made.base) return "";
  const image::ImageBase& base = *made.base;
  std::string text = "on the base " + command.base +
                     (base.digest.empty() ? std::string() : " (" + base.digest + ")") + ": " +
                     std::to_string(base.layers) + (base.layers == 1 ? " layer," : " layers,") +
                     size_text(base.compressed_bytes) + " compressed\n";
  if (!base.libraries.empty()) text += "of the base: " + joined(base.libraries) + "\n";
  if (!base.left_out.empty()) {
    text += "left out of the base: " + std::to_string(base.left_out.size()) +
            " devices, sockets and pipes, such as " + base.left_out.front() + "\n";
  }
  return text;
}

std::string left_out(const ImageCommand& command) {
  std::string text;
  for (const OpenedLibrary& library : kOpened) {
    if (std::ranges::find(command.opened, library.name) != command.opened.end()) continue;
    text += "left out: " + std::string(library.name) + ", for " + std::string(library.use) +
            "; to add it: --with " + std::string(library.name) + "\n";
  }
  return text;
}

// The functions of the program, and the variables that make the image's process serve them.
void add_function(image::ImageRequest& request, const FunctionBuild& function,
                  const LoadedProgram& program, const fs::path& built) {
  const Settings& settings = function.settings();
  const std::string& source = settings.source.value;
  const std::string folder = std::string(image::kFunctionFolder) + "/";
  const std::string name = shared_object_name(source);
  std::error_code error;
  // A built .so may look for libraries beside itself.
  const bool is_built = fs::path(source).filename().native().find(".so") != std::string::npos &&
                        fs::is_regular_file(source, error);
  request.functions.push_back(
      {.file = built, .name = name, .original = is_built ? fs::absolute(source, error) : built});
  request.variables.emplace_back(variable_of(Flag::kSource), folder + name);
  if (program.functions.size() == 1) {
    request.variables.emplace_back(variable_of(Flag::kTarget), program.functions.front().name);
  }
  std::vector<std::string> plugins;
  for (const std::string& file : settings.plugins) {
    const fs::path path = fs::absolute(file, error);
    request.functions.push_back({.file = path, .name = path.filename(), .original = path});
    plugins.push_back(folder + path.filename().native());
  }
  add_list(request, Flag::kPlugin, plugins);
  add_list(request, Flag::kOptionalHooks, settings.optional_hooks);
}

Exit print_image(const ImageCommand& command, const image::Image& made,
                 const document::Node& functions) {
  using document::Node;
  std::vector<Node> files;
  for (const image::ImageFile& file : made.files) {
    files.push_back(Node::object({{"path", file.path}, {"bytes", Node::number(file.bytes)}}));
  }
  return print_result("image", {{"image", command.layout + ":" + command.tag},
                                {"digest", made.digest},
                                {"functions", functions},
                                {"files", Node::list(std::move(files))},
                                {"bytes", Node::number(made.bytes)},
                                {"compressed_bytes", Node::number(made.compressed_bytes)}});
}

}  // namespace

int make_image(const ImageCommand& command, const Environment& process,
               const abi::Program* linked) {
  FunctionBuild function(command.flags, process);
  if (function.problem()) return *function.problem();
  const auto date = created(function.environment());
  if (!date) {
    return complain(function.environment().label("SOURCE_DATE_EPOCH") +
                        ": expected a number of seconds since 1970",
                    kExitUsage);
  }
  std::error_code error;
  image::ImageRequest request{.layout = command.layout,
                              .tag = command.tag,
                              .base = command.base,
                              .program = fs::read_symlink("/proc/self/exe", error),
                              .functions = {},
                              .opened = command.opened,
                              .has_certificates = command.has_certificates,
                              .labels = command.labels,
                              .created = *date};
  std::string summary = "the functions of this program";
  document::Node functions = document::Node::list();
  std::optional<WorkFolder> folder;
  if (linked == nullptr) {
    auto made = WorkFolder::make(function.request().cache_dirs);
    if (!made) return complain(made.error().message(), kExitFailure);
    folder.emplace(*std::move(made));
    const fs::path built = folder->path() / "function.so";
    const auto program = function.into(built, image::kFunctionFolder);
    if (!program) return program.error();
    if (program->functions.empty()) {
      return complain("File " + function.settings().source.value +
                          " registers plugins and no function; name it with --plugin, beside a "
                          "function",
                      kExitLoad);
    }
    add_function(request, function, *program, built);
    summary = summary_of(*program);
    functions = functions_of(*program);
    request.labels.try_emplace(std::string(kTitle), program->functions.front().name);
  }
  const auto made = write_image(request);
  if (!made) return complain(made.error().message(), kExitFailure);
  if (command.json) return print_image(command, *made, functions);
  return print(command.layout + ":" + command.tag + ": " + summary + "\n" + made->digest + "\n" +
               content_of(*made) + base_text(command, *made) + left_out(command));
}

}  // namespace ofn::cli
