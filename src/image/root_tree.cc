#include "image/root_tree.h"

#include <algorithm>
#include <utility>

namespace ofn::image {

namespace {

constexpr std::string_view kWhiteout = ".wh.";
constexpr std::string_view kOpaque = ".wh..wh..opq";
constexpr int kMostLinks = 40;  // as the kernel has it

std::string_view name_of(std::string_view path) { return path.substr(path.rfind('/') + 1); }
std::string folder_of(std::string_view path) {
  const std::string_view folder = path.substr(0, path.rfind('/'));
  return folder.empty() ? "/" : std::string(folder);
}
std::string below(const std::string& folder, std::string_view name) {
  return (folder == "/" ? "" : folder) + "/" + std::string(name);
}

}  // namespace

LibraryFacts facts_of(std::string bytes) {
  const auto file = loader::ElfFile::parse(std::move(bytes));
  if (!file) return {.problem = file.error().message()};
  return {.needed = file->needed_versions(), .defined = file->defined_versions()};
}

Result<void> RootTree::on_entry(const TarEntry& entry) {
  library_.clear();
  if (entries_.size() >= kMostEntries) {
    return fail(Code::kResourceExhausted,
                "has more than " + std::to_string(kMostEntries) + " files and folders");
  }
  if (entry.path == "/") return {};
  const auto place = place_of_entry(entry.path);
  if (!place) {
    return fail(Code::kDataLoss, "has the file " + entry.path + " in a folder that is none");
  }
  const std::string_view name = name_of(*place);
  if (name == kOpaque) {
    remove_below(folder_of(*place), layer_);
    return {};
  }
  if (name.starts_with(kWhiteout)) {
    remove(below(folder_of(*place), name.substr(kWhiteout.size())), layer_);
    return {};
  }
  for (std::string folder = folder_of(*place); folder != "/"; folder = folder_of(folder)) {
    entries_.try_emplace(folder, Entry{.layer = layer_});
  }
  Entry made{.type = entry.type, .link = entry.link, .layer = layer_};
  if (entry.type == TarType::kHardLink) {
    const auto target = place_of_entry(entry.link);
    const Entry* const same = target ? find(*target) : nullptr;
    if (same == nullptr) {
      return fail(Code::kDataLoss,
                  "has a hard link " + entry.path + " to " + entry.link + ", which does not exist");
    }
    made = *same;
    made.layer = layer_;
  }
  if (made.type != TarType::kFolder) remove_below(*place, layer_ + 1);
  entries_.insert_or_assign(*place, std::move(made));
  const bool is_library =
      entry.type == TarType::kFile && name.contains(".so") && entry.size <= kMostLibraryBytes;
  if (is_library) library_ = *place;
  return {};
}

void RootTree::on_content(std::string_view bytes) {
  if (!library_.empty()) content_ += bytes;
}

void RootTree::on_content_end() {
  if (!library_.empty()) entries_[library_].library = facts_of(std::exchange(content_, {}));
  library_.clear();
}

void RootTree::remove_below(const std::string& folder, std::size_t before_layer) {
  const std::string prefix = folder == "/" ? "/" : folder + "/";
  auto it = entries_.lower_bound(prefix);
  while (it != entries_.end() && it->first.starts_with(prefix)) {
    it = it->second.layer < before_layer ? entries_.erase(it) : std::next(it);
  }
}

void RootTree::remove(const std::string& path, std::size_t before_layer) {
  remove_below(path, before_layer);
  const auto found = entries_.find(path);
  if (found != entries_.end() && found->second.layer < before_layer) entries_.erase(found);
}

std::optional<std::string> RootTree::place_of(std::string_view path) const {
  std::string place = "/";
  std::string rest(path);
  int links = 0;
  while (!rest.empty()) {
    const std::string part = rest.substr(0, rest.find('/'));
    rest.erase(0, part.size() + 1);
    if (part.empty() || part == ".") continue;
    if (part == "..") {
      place = folder_of(place);
      continue;
    }
    const std::string next = below(place, part);
    const Entry* const entry = find(next);
    if (entry != nullptr && entry->type == TarType::kSymbolicLink) {
      if (++links > kMostLinks) return std::nullopt;
      if (entry->link.starts_with('/')) place = "/";
      rest = entry->link + "/" + rest;
      continue;
    }
    const bool is_last = rest.find_first_not_of('/') == std::string::npos;
    if (entry != nullptr && entry->type != TarType::kFolder && !is_last) return std::nullopt;
    place = next;
  }
  return place;
}

std::optional<std::string> RootTree::place_of_entry(const std::string& path) const {
  const auto folder = place_of(folder_of(path));
  if (!folder) return std::nullopt;
  // A layer may have a file below what a lower layer has as a file; then it has the folder as well, and that comes first.
  const Entry* const above = *folder == "/" ? nullptr : find(*folder);
  if (above != nullptr && above->type != TarType::kFolder) return std::nullopt;
  return below(*folder, name_of(path));
}

const RootTree::Entry* RootTree::find(const std::string& place) const {
  const auto found = entries_.find(place);
  return found == entries_.end() ? nullptr : &found->second;
}

bool RootTree::has_folder(const std::string& place) const {
  const Entry* const entry = find(place);
  return place == "/" || (entry != nullptr && entry->type == TarType::kFolder);
}

}  // namespace ofn::image
