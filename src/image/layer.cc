#include "image/layer.h"

#include <array>
#include <cstdint>
#include <string_view>
#include <utility>

namespace ofn::image {

namespace {

constexpr std::size_t kBlock = 512;  // bytes
constexpr std::size_t kNameBytes = 100;
// The header's fields: where they begin.
constexpr std::size_t kMode = 100;
constexpr std::size_t kUser = 108;
constexpr std::size_t kGroup = 116;
constexpr std::size_t kSize = 124;
constexpr std::size_t kTime = 136;
constexpr std::size_t kChecksum = 148;
constexpr std::size_t kType = 156;
constexpr std::size_t kMagic = 257;

enum class Type : char { kFile = '0', kFolder = '5', kExtended = 'x' };

void put_number(std::string& header, std::size_t at, std::size_t digits, std::uint64_t value) {
  for (std::size_t i = digits; i-- > 0; value >>= 3) {
    header[at + i] = static_cast<char>('0' + (value & 7));
  }
}

void append_padded(std::string& tar, std::string_view bytes) {
  tar += bytes;
  tar.append((kBlock - bytes.size() % kBlock) % kBlock, '\0');
}

void append_header(std::string& tar, std::string_view name, Type type, unsigned mode,
                   std::uint64_t size) {
  std::string header(kBlock, '\0');
  name = name.substr(0, kNameBytes);
  header.replace(0, name.size(), name);
  put_number(header, kMode, 7, mode);
  put_number(header, kUser, 7, 0);
  put_number(header, kGroup, 7, 0);
  put_number(header, kSize, 11, size);
  put_number(header, kTime, 11, 0);
  header[kType] = static_cast<char>(type);
  // The magic with its zero, and the version.
  header.replace(kMagic, 8, std::string_view("ustar\00000", 8));
  header.replace(kChecksum, 8, 8, ' ');
  std::uint64_t sum = 0;
  for (const char c : header) sum += static_cast<unsigned char>(c);
  put_number(header, kChecksum, 6, sum);
  header[kChecksum + 6] = '\0';
  tar += header;
}

// An extended header's record says its own length.
std::string record(std::string_view key, std::string_view value) {
  const std::size_t rest = key.size() + value.size() + 3;  // a blank, '=' and a line feed
  std::size_t size = rest;
  while (size != rest + std::to_string(size).size()) size = rest + std::to_string(size).size();
  return std::to_string(size) + " " + std::string(key) + "=" + std::string(value) + "\n";
}

void append_entry(std::string& tar, std::string_view path, const Layer::Entry& entry) {
  std::string name(path.substr(1));
  if (entry.is_folder) name += '/';
  if (name.size() > kNameBytes) {
    const std::string path_record = record("path", name);
    append_header(tar, name, Type::kExtended, 0644, path_record.size());
    append_padded(tar, path_record);
  }
  append_header(tar, name, entry.is_folder ? Type::kFolder : Type::kFile, entry.mode,
                entry.bytes.size());
  append_padded(tar, entry.bytes);
}

}  // namespace

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
  tar.reserve(bytes() + 2 * kBlock * (entries_.size() + 1));
  for (const auto& [path, entry] : entries_) append_entry(tar, path, entry);
  tar.append(2 * kBlock, '\0');
  return tar;
}

}  // namespace ofn::image
