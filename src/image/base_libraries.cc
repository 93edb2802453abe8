#include "image/base_libraries.h"

#include <algorithm>
#include <cstring>
#include <map>
#include <optional>
#include <string_view>
#include <utility>

#include "loader/digest.h"

namespace ofn::image {

namespace {

// The version of symbols by which the parts of the C library refer to each other.
constexpr std::string_view kOfOneBuild = "GLIBC_PRIVATE";

// A library of the image.
struct Provided {
  std::string place;
  LibraryFacts facts;
  bool is_of_base = false;
};

std::string folder_of(std::string_view path) {
  return std::string(path.substr(0, path.rfind('/')));
}

bool is_loader(const Library& library) { return library.name.contains('/'); }

// Distributions with and without a merged /usr have libraries in both of these.
std::vector<std::string> both_folders(const std::string& folder) {
  constexpr std::string_view kUsr = "/usr";
  return {folder,
          folder.starts_with("/usr/") ? folder.substr(kUsr.size()) : std::string(kUsr) + folder};
}

// Returns the place of the base's library; nullopt if it has none.
std::optional<std::string> find(const RootTree& base, const std::string& path) {
  const auto place = base.place_of(path);
  const RootTree::Entry* const entry = place ? base.find(*place) : nullptr;
  return entry != nullptr && entry->type == TarType::kFile ? place : std::nullopt;
}

bool has(const std::vector<std::string>& versions, std::string_view version) {
  return std::ranges::find(versions, version) != versions.end();
}

bool belongs_to_c_library(const LibraryFacts& facts) {
  return has(facts.defined, kOfOneBuild) ||
         std::ranges::find(facts.needed, kOfOneBuild, &loader::ElfFile::NeededVersion::version) !=
             facts.needed.end();
}

// "GLIBC_" of "GLIBC_2.36".
std::string_view family_of(std::string_view version) {
  return version.substr(0, version.rfind('_') + 1);
}

// Returns true for GLIBC_2.36, and false for GLIBC_ABI_DT_RELR.
bool is_numbered(std::string_view version) {
  const std::string_view number = version.substr(family_of(version).size());
  return !number.empty() && number.front() >= '0' && number.front() <= '9';
}

bool is_older(const std::string& one, const std::string& other) {
  return ::strverscmp(one.c_str(), other.c_str()) < 0;
}

// A version that a library of the base lacks.
struct Lack {
  std::string file;  // that needs it
  std::string library;
  std::string version;
};

// A number says how much newer the base must be.
bool says_more(const Lack& one, const Lack& other) {
  if (is_numbered(one.version) != is_numbered(other.version)) return is_numbered(one.version);
  return one.library == other.library && is_older(other.version, one.version);
}

std::string text_of(const Lack& lack, const Provided& library) {
  std::string newest;
  for (const std::string& version : library.facts.defined) {
    if (family_of(version) == family_of(lack.version) && version != kOfOneBuild &&
        (newest.empty() || is_older(newest, version)))
      newest = version;
  }
  return lack.file + " needs the symbol version " + lack.version + " of " + lack.library +
         ", and " + library.place + " of the base has " +
         (newest.empty() ? "none of that kind" : "none newer than " + newest) +
         "; take a newer base, or run this command on a distribution that is as old as the base";
}

// Returns the folder for libraries: where the base has its C library, or else where the image would have it. The loader knows this folder
// by itself.
std::string library_folder(const LibraryNeeds& needs, const RootTree& base,
                           const std::optional<std::string>& base_loader) {
  const auto c_library = std::ranges::find(needs.libraries, "libc.so.6", &Library::name);
  const std::string ours = folder_of(c_library->place);
  std::vector<std::string> folders = both_folders(ours);
  if (base_loader) {
    for (const std::string& folder : both_folders(folder_of(*base_loader)))
      folders.push_back(folder);
  }
  for (const std::string& folder : folders) {
    if (const auto place = find(base, folder + "/" + c_library->name)) return folder_of(*place);
  }
  return base_loader ? folder_of(*base_loader) : ours;
}

}  // namespace

Result<ChosenLibraries> choose_libraries(const LibraryNeeds& needs, const RootTree& base) {
  const auto linker = std::ranges::find_if(needs.libraries, is_loader);
  const auto base_loader =
      linker == needs.libraries.end() ? std::nullopt : find(base, linker->place);
  const std::string folder = library_folder(needs, base, base_loader);

  ChosenLibraries chosen;
  std::map<std::string, Provided> provided;
  std::vector<LibraryNeeds::File> files = needs.files;
  std::optional<std::string> ours_of_c_library;
  std::optional<std::string> bases_of_c_library;
  for (const Library& library : needs.libraries) {
    const auto bytes = loader::read_file(library.file);
    if (!bytes) return fail(Code::kPermissionDenied, "cannot read " + library.file.native());
    const LibraryFacts ours = facts_of(*bytes);
    std::optional<std::string> place = is_loader(library) ? base_loader : std::nullopt;
    for (const std::string& each : both_folders(folder)) {
      if (!place && !is_loader(library)) place = find(base, each + "/" + library.name);
    }
    if (belongs_to_c_library(ours)) (place ? bases_of_c_library : ours_of_c_library) = library.name;
    if (!place) {
      Library added = library;
      if (!is_loader(library)) added.place = folder + "/" + library.name;
      files.push_back({.shown = added.place, .file = library.file});
      provided[library.name] = {.place = added.place, .facts = ours};
      chosen.added.push_back(std::move(added));
      continue;
    }
    const auto& facts = base.find(*place)->library;
    if (!facts || !facts->problem.empty()) {
      return fail(Code::kFailedPrecondition,
                  "--base: the file " + *place + " of the base " +
                      (facts ? facts->problem : "is too large for a library") +
                      "; take a base for this machine");
    }
    provided[library.name] = {.place = *place, .facts = *facts, .is_of_base = true};
    chosen.of_base.push_back(library.name);
  }
  if (ours_of_c_library && bases_of_c_library) {
    return fail(Code::kFailedPrecondition,
                "--base: the base has " + *bases_of_c_library + " and lacks " + *ours_of_c_library +
                    ", which belongs to the same C library; install the C library in the base");
  }

  std::optional<Lack> worst;
  for (const LibraryNeeds::File& file : files) {
    const auto elf = loader::ElfFile::open(file.file);
    if (!elf)
      return fail(elf.error().code(), "File " + file.file.native() + " " + elf.error().message());
    for (const auto& needed : elf->needed_versions()) {
      const auto found = provided.find(needed.library);
      const bool is_lacking = found != provided.end() && found->second.is_of_base &&
                              !has(found->second.facts.defined, needed.version);
      if (!is_lacking) continue;
      Lack lack{.file = file.shown, .library = needed.library, .version = needed.version};
      if (!worst || says_more(lack, *worst)) worst = std::move(lack);
    }
  }
  if (worst) {
    return fail(Code::kFailedPrecondition,
                "--base: " + text_of(*worst, provided.at(worst->library)));
  }
  return chosen;
}

}  // namespace ofn::image
