#include "image/layer.h"

#include <utility>

#include "image/tar.h"

namespace ofn::image {

void Layer::add_folders_above(const std::string& path) {
  for (std::size_t end = path.find('/', 1); end != std::string::npos;
       end = path.find('/', end + 1)) {
    const std::string folder = path.substr(0, end);
    if (below_ && below_(folder)) continue;
    entries_.try_emplace(folder, Entry{.is_folder = true, .mode = 0755, .bytes = {}});
  }
}

void Layer::add_file(const std::string& path, unsigned mode, std::string bytes) {
  add_folders_above(path);
  entries_.insert_or_assign(path,
                            Entry{.is_folder = false, .mode = mode, .bytes = std::move(bytes)});
}

void Layer::add_folder(const std::string& path, unsigned mode) {
  add_folders_above(path);
  if (below_ && below_(path)) return;
  entries_.insert_or_assign(path, Entry{.is_folder = true, .mode = mode, .bytes = {}});
}

bool Layer::has_folder(const std::string& path) const {
  const auto found = entries_.find(path);
  return (found != entries_.end() && found->second.is_folder) || (below_ && below_(path));
}

std::size_t Layer::bytes() const {
  std::size_t sum = 0;
  for (const auto& [path, entry] : entries_) sum += entry.bytes.size();
  return sum;
}

std::string Layer::tar() const {
  std::string tar;
  tar.reserve(bytes() + std::size_t{1024} * (entries_.size() + 1));
  for (const auto& [path, entry] : entries_) {
    tar += tar_header({.path = path,
                       .type = entry.is_folder ? TarType::kFolder : TarType::kFile,
                       .mode = entry.mode,
                       .size = entry.bytes.size()});
    tar += entry.bytes;
    tar += tar_padding(entry.bytes.size());
  }
  return tar + tar_end();
}

}  // namespace ofn::image
