#include "cli/write_files.h"

#include <cstdlib>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>
#include <system_error>

#include "cli/command_table.h"
#include "cli/command_texts.h"
#include "cli/completion.h"
#include "cli/docs_command.h"
#include "cli/streams.h"

namespace ofn::cli {

namespace {

namespace fs = std::filesystem;

std::string date_of(const Environment& env) {
  std::time_t now = std::time(nullptr);
  if (const auto given = non_empty(env, "SOURCE_DATE_EPOCH"))
    now = static_cast<std::time_t>(std::atoll(given->c_str()));
  std::tm date{};
  char text[32];
  if (::gmtime_r(&now, &date) == nullptr) return "1970-01-01";
  return {text, std::strftime(text, sizeof text, "%Y-%m-%d", &date)};
}

// Returns the file that cannot be written, or an empty path.
class Folder {
 public:
  explicit Folder(fs::path root) : root_(std::move(root)) {}

  void write(const fs::path& name, std::string_view text) {
    std::error_code error;
    const fs::path path = root_ / name;
    fs::create_directories(path.parent_path(), error);
    std::ofstream out(path, std::ios::binary | std::ios::trunc);
    out << text;
    out.close();
    if (!out) failed_ = path;
  }
  void link(const fs::path& name, const fs::path& target) {
    std::error_code error;
    fs::remove(root_ / name, error);
    fs::create_symlink(target, root_ / name, error);
    if (error) failed_ = root_ / name;
  }
  const fs::path& failed() const { return failed_; }

 private:
  fs::path root_;
  fs::path failed_;
};

}  // namespace

int write_files(const WriteFilesCommand& command, const Environment& env) {
  Folder folder(command.folder);
  const Edition edition{OFN_VERSION, date_of(env)};
  const fs::path pages = "man/man1";
  for (const CommandRow* row : command_table()) {
    if (row->is_hidden) continue;
    const std::string name = page_name(*row);
    folder.write(pages / (name + ".1"), manual_page(*row, edition));
    // "functions-framework-build.1" is also "ff-build.1".
    folder.link(pages / ("ff" + name.substr(std::string_view("functions-framework").size()) + ".1"),
                name + ".1");
  }
  folder.write("doc/functions-framework-cpp/llms.txt", llms_text());
  folder.write("bash-completion/completions/functions-framework", completion_script("bash"));
  folder.link("bash-completion/completions/ff", "functions-framework");
  folder.write("zsh/site-functions/_functions-framework", completion_script("zsh"));
  folder.write("fish/vendor_completions.d/functions-framework.fish", completion_script("fish"));
  folder.link("fish/vendor_completions.d/ff.fish", "functions-framework.fish");
  if (folder.failed().empty()) return kExitOk;
  return complain("cannot write " + folder.failed().native(), kExitFailure);
}

}  // namespace ofn::cli
