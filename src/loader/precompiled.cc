// Makes and finds two files that all compilations with the same flags share: the precompiled header, and the object with the
// code that this header only declares.
#include <algorithm>
#include <array>
#include <system_error>

#include "loader/compiler.h"
#include "loader/digest.h"
#include "loader/explain.h"

namespace ofn::loader {

namespace {

namespace fs = std::filesystem;

// The text of the header. For GCC it is kept in a file beside the precompiled header.
constexpr std::string_view kFirstInclude =
    "#define OFN_INTERNAL_CODE_IS_KEPT\n#include <ofn/precompiled.h>\n";
// What each file of Clang includes after the precompiled header.
constexpr std::string_view kEntriesOfClang = "OFN_INTERNAL_ENTRIES()\n";
// Compiled behind that text: defines the code that the text only declares.
constexpr std::string_view kKeptCode = "OFN_INTERNAL_KEPT_CODE()\n";

// The kinds of the two shared files, as Builder::key_of() takes them.
constexpr std::string_view kHeaderKey = "precompiled 3";
constexpr std::string_view kCodeKey = "kept code 1";

}  // namespace

std::string Builder::header_key() const {
  return more_header_.empty() ? key_of(kHeaderKey, {})
                              : key_of(kHeaderKey, std::array{more_header_});
}

std::string Builder::first_include() const {
  if (more_header_.empty()) return std::string(kFirstInclude);
  // Its code is kept nowhere, so that objects with and without it can be linked.
  return "#include <ofn/precompiled.h>\n#include <" + more_header_ + ">\n";
}

bool Builder::can_precompile() const {
  if (!more_header_.empty() && !compiler_.is_gcc) return false;
  // GCC reads the header itself after another -include. Clang would read the author's file twice.
  return compiler_.is_gcc || std::ranges::none_of(compiler_.flags, [](const std::string& flag) {
           return flag.starts_with("-include") || flag.starts_with("-imacros");
         });
}

std::optional<Builder::Precompiled> Builder::find_precompiled() const {
  if (!can_precompile()) return std::nullopt;
  auto header = cache_.find(header_key(), compiler_.is_gcc ? ".h.gch" : ".pch");
  auto code = more_header_.empty() ? cache_.find(key_of(kCodeKey, {}), ".o") : header;
  if (!header || !code) return std::nullopt;
  // GCC appends ".gch" itself. If it cannot use that file, for example after an -include of the
  // author, it reads the header.
  fs::path text = *header;
  text.replace_extension(compiler_.is_gcc ? "" : ".entries");
  const std::string content = compiler_.is_gcc ? first_include() : std::string(kEntriesOfClang);
  if (read_file(text) != content && !write_atomically(text, content)) return std::nullopt;
  if (compiler_.is_gcc) return Precompiled{.header = text, .code = *code, .entries = {}};
  return Precompiled{.header = *header, .code = *code, .entries = text};
}

Result<void> Builder::precompile() {
  if (!can_precompile() || find_precompiled()) return {};
  log_.write(Level::kInfo, "precompiling",
             {{"header", more_header_.empty() ? "ofn/function.h" : more_header_}});
  const fs::path folder = cache_.scratch("");
  std::error_code error;
  fs::create_directory(folder, error);
  const fs::path header = folder / "first.h";
  const fs::path code = folder / "kept.cc";
  const bool is_gcc = compiler_.is_gcc;
  Result<void> result = write_atomically(header, first_include());
  if (result) result = write_atomically(code, kKeptCode);
  if (result && is_gcc) {
    const fs::path made = header.native() + ".gch";
    result = make_for_all(header_key(), {"-x", "c++-header", header.native()}, made, ".h.gch");
  } else if (result) {
    // Clang's file refers to the text from which it was made, so that must stay.
    result = make_for_all(header_key(),
                          {"-x", "c++-header", (include_dir_ / "ofn" / "precompiled.h").native(),
                           "-DOFN_INTERNAL_CODE_IS_KEPT", "-DOFN_INTERNAL_ENTRIES_FOLLOW",
                           "-fpch-instantiate-templates"},
                          folder / "first.pch", ".pch");
  }
  // The precompiled header has been moved into the cache, so the compiler reads the text here.
  if (result && more_header_.empty()) {
    result = make_for_all(key_of(kCodeKey, {}),
                          {"-x", "c++", "-c", code.native(), "-include", header.native()},
                          folder / "kept.o", ".o");
  }
  fs::remove_all(folder, error);
  return result;
}

// Makes one file that many compilations use, and keeps it in the cache.
Result<void> Builder::make_for_all(std::string_view key, const std::vector<std::string>& arguments,
                                   const fs::path& made, std::string_view extension) {
  const std::int64_t begin = Cache::begin();
  const fs::path listed = made.native() + ".d";
  Command command{.arguments = {compiler_.path}, .in_background = limits_.in_background};
  std::vector<std::string>& all = command.arguments;
  all.insert(all.end(), arguments.begin(), arguments.end());
  for (const std::string& each :
       {std::string("-o"), made.native(), std::string("-MD"), std::string("-MF"), listed.native()})
    all.push_back(each);
  all.insert(all.end(), compiler_.flags.begin(), compiler_.flags.end());
  auto finished = run_counted(std::span(&command, 1));
  if (!finished) return std::unexpected(finished.error());
  if (!finished->front().ok()) {
    return fail(Code::kInternal,
                "the header <" + (more_header_.empty() ? "ofn/function.h" : more_header_) +
                    "> cannot be precompiled:\n" + shortened(finished->front().output));
  }
  const auto read = without_own(parse_dependencies(read_file(listed).value_or("")));
  auto kept = cache_.keep(key, extension, made, read, begin);
  if (!kept) return std::unexpected(kept.error());
  return {};
}

// Notes that a compilation had no precompiled header. Precompiling pays from the second such compilation on.
void Builder::note_compilation_without_header() {
  if (!can_precompile()) return;
  // Making it costs four plain compilations of GCC, or two of Clang. It saves three quarters of each
  // later compilation.
  const fs::path marker = cache_.directory() / (header_key() + ".first");
  std::error_code error;
  work_.precompiling_pays = fs::exists(marker, error);
  if (!work_.precompiling_pays) (void)write_atomically(marker, "");
}

}  // namespace ofn::loader
