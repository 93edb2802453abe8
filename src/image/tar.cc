#include "image/tar.h"

#include <algorithm>
#include <charconv>
#include <optional>
#include <system_error>
#include <utility>

namespace ofn::image {

namespace {

constexpr std::size_t kBlock = 512;  // bytes
constexpr std::size_t kNameBytes = 100;
constexpr std::size_t kMaxExtensionBytes = std::size_t{1} << 20U;
constexpr unsigned kModeBits = 07777;

// A field of the header: where it begins, and its bytes.
struct Field {
  std::size_t at;
  std::size_t size;
};
constexpr Field kName{.at = 0, .size = kNameBytes};
constexpr Field kMode{.at = 100, .size = 8};
constexpr Field kUser{.at = 108, .size = 8};
constexpr Field kGroup{.at = 116, .size = 8};
constexpr Field kSize{.at = 124, .size = 12};
constexpr Field kTime{.at = 136, .size = 12};
constexpr Field kChecksum{.at = 148, .size = 8};
constexpr std::size_t kType = 156;
constexpr Field kLink{.at = 157, .size = kNameBytes};
constexpr Field kMagic{.at = 257, .size = 8};
constexpr Field kPrefix{.at = 345, .size = 155};

// Types that are no entries of their own.
constexpr char kExtended = 'x';  // pax: about the next entry
constexpr char kGlobal = 'g';    // pax: about all further ones
constexpr char kLongPath = 'L';  // GNU
constexpr char kLongLink = 'K';  // GNU
constexpr char kSparse = 'S';    // GNU

std::string_view text_of(std::string_view header, Field field) {
  const std::string_view text = header.substr(field.at, field.size);
  return text.substr(0, text.find('\0'));
}

// Octal digits; or, if the first bit is set, a number of base 256 (GNU). Empty fields are zeros.
std::optional<std::uint64_t> number_of(std::string_view header, Field field) {
  std::string_view text = header.substr(field.at, field.size);
  if ((static_cast<unsigned char>(text.front()) & 0x80U) != 0) {
    std::uint64_t value = static_cast<unsigned char>(text.front()) & 0x7fU;
    for (const char c : text.substr(1)) {
      if (value >> 55U != 0) return std::nullopt;  // also a negative number
      value = value << 8U | static_cast<unsigned char>(c);
    }
    return value;
  }
  text = text.substr(0, text.find('\0'));
  const std::size_t begin = text.find_first_not_of(' ');
  if (begin == std::string_view::npos) return 0;
  text = text.substr(begin, text.find_last_not_of(' ') + 1 - begin);
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, 8);
  const bool is_number = error == std::errc() && end == text.data() + text.size();
  return is_number ? std::optional(value) : std::nullopt;
}

bool fits(std::uint64_t value, Field field) { return value >> (3 * (field.size - 1)) == 0; }

void put_number(std::string& header, Field field, std::uint64_t value) {
  for (std::size_t i = field.size - 1; i-- > 0; value >>= 3U) {
    header[field.at + i] = static_cast<char>('0' + (value & 7U));
  }
}

std::uint64_t checksum_of(std::string header) {
  header.replace(kChecksum.at, kChecksum.size, kChecksum.size, ' ');
  std::uint64_t sum = 0;
  for (const char c : header) sum += static_cast<unsigned char>(c);
  return sum;
}

std::string header_block(std::string_view name, char type, const TarEntry& entry,
                         std::uint64_t size) {
  std::string header(kBlock, '\0');
  name = name.substr(0, kNameBytes);
  header.replace(kName.at, name.size(), name);
  put_number(header, kMode, entry.mode & kModeBits);
  put_number(header, kUser, fits(entry.user, kUser) ? entry.user : 0);
  put_number(header, kGroup, fits(entry.group, kGroup) ? entry.group : 0);
  put_number(header, kSize, fits(size, kSize) ? size : 0);
  put_number(header, kTime, 0);
  header[kType] = type;
  const std::string_view link = std::string_view(entry.link).substr(0, kNameBytes);
  header.replace(kLink.at, link.size(), link);
  // The magic with its zero, and the version.
  header.replace(kMagic.at, kMagic.size, std::string_view("ustar\00000", kMagic.size));
  put_number(header, {.at = kChecksum.at, .size = kChecksum.size - 1}, checksum_of(header));
  header[kChecksum.at + kChecksum.size - 1] = ' ';
  return header;
}

// An extended header's record says its own length.
std::string record(std::string_view key, std::string_view value) {
  const std::size_t rest = key.size() + value.size() + 3;  // a blank, '=' and a line feed
  std::size_t size = rest;
  while (size != rest + std::to_string(size).size()) size = rest + std::to_string(size).size();
  return std::to_string(size) + " " + std::string(key) + "=" + std::string(value) + "\n";
}

std::uint64_t padding_of(std::uint64_t size) { return (kBlock - size % kBlock) % kBlock; }

// Returns the path as an absolute one in normal form; nullopt if it leaves the root.
std::optional<std::string> normal_path(std::string_view text) {
  std::string path;
  while (!text.empty()) {
    const std::string_view part = text.substr(0, text.find('/'));
    text.remove_prefix(std::min(part.size() + 1, text.size()));
    if (part == "..") return std::nullopt;
    if (!part.empty() && part != ".") path += "/" + std::string(part);
  }
  return path.empty() ? "/" : path;
}

std::unexpected<Error> damaged(std::string_view what) {
  return fail(Code::kDataLoss, std::string(what));
}

}  // namespace

std::string tar_header(const TarEntry& entry) {
  const bool is_folder = entry.type == TarType::kFolder;
  const std::string name = entry.path.substr(1) + (is_folder ? "/" : "");
  TarEntry shown = entry;
  if (entry.type == TarType::kHardLink) shown.link = entry.link.substr(1);
  std::string records;
  if (name.size() > kNameBytes) records += record("path", name);
  if (shown.link.size() > kNameBytes) records += record("linkpath", shown.link);
  if (!fits(entry.size, kSize)) records += record("size", std::to_string(entry.size));
  if (!fits(entry.user, kUser)) records += record("uid", std::to_string(entry.user));
  if (!fits(entry.group, kGroup)) records += record("gid", std::to_string(entry.group));
  std::string tar;
  if (!records.empty()) {
    tar += header_block(name, kExtended, {.path = {}, .mode = 0644}, records.size());
    tar += records + tar_padding(records.size());
  }
  return tar + header_block(name, static_cast<char>(entry.type), shown, entry.size);
}

std::string tar_padding(std::uint64_t content_size) {
  std::string padding(padding_of(content_size), '\0');
  return padding;
}

std::string tar_end() {
  std::string end(2 * kBlock, '\0');
  return end;
}

Result<void> TarReader::add(std::string_view bytes) {
  while (!bytes.empty()) {
    switch (state_) {
      case State::kHeader: {
        const std::size_t piece = std::min(bytes.size(), kBlock - buffer_.size());
        buffer_ += bytes.substr(0, piece);
        bytes.remove_prefix(piece);
        if (buffer_.size() < kBlock) break;
        if (auto taken = take_block(); !taken) return taken;
        break;
      }
      case State::kContent:
      case State::kExtension:
      case State::kPassedOver: {
        const std::size_t piece = std::min<std::uint64_t>(bytes.size(), left_);
        if (state_ == State::kContent) listener_.on_content(bytes.substr(0, piece));
        if (state_ == State::kExtension) buffer_ += bytes.substr(0, piece);
        bytes.remove_prefix(piece);
        left_ -= piece;
        if (left_ > 0) break;
        if (state_ == State::kExtension) {
          if (auto taken = take_extension(); !taken) return taken;
        }
        end_content();
        break;
      }
      case State::kPadding: {
        const std::size_t piece = std::min<std::uint64_t>(bytes.size(), padding_);
        bytes.remove_prefix(piece);
        padding_ -= piece;
        if (padding_ == 0) state_ = State::kHeader;
        break;
      }
      case State::kEnd:
        return {};  // what follows is no part of it
    }
  }
  return {};
}

Result<void> TarReader::end() {
  // Some writers leave out the end, or a part of the last padding.
  const bool is_whole = state_ == State::kEnd || state_ == State::kPadding ||
                        (state_ == State::kHeader && buffer_.empty());
  if (!is_whole) return damaged("is cut short in its tar file");
  return {};
}

Result<void> TarReader::take_block() {
  const std::string header = std::exchange(buffer_, {});
  if (header.find_first_not_of('\0') == std::string::npos) {
    state_ = State::kEnd;
    return {};
  }
  if (number_of(header, kChecksum) != checksum_of(header)) {
    return damaged("has no tar file, or a damaged one: a header's checksum is wrong");
  }
  const char type = header[kType];
  const auto mode = number_of(header, kMode);
  auto size = number_of(header, kSize);
  if (!mode || !size) return damaged("has a damaged number in its tar file");
  if (type == kExtended || type == kGlobal || type == kLongPath || type == kLongLink) {
    if (*size > kMaxExtensionBytes) return damaged("has a name of more than 1 MiB in its tar file");
    extension_ = type;
    return begin_content(State::kExtension, *size);
  }
  if (type == kSparse) {
    return damaged("has a sparse file in GNU's format, which is not supported");
  }
  if (const std::string text = std::exchange(long_size_, {}); !text.empty()) {
    std::uint64_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc() || end != text.data() + text.size()) {
      return damaged("has a damaged number in its tar file");
    }
    size = value;
  }
  std::string path(text_of(header, kName));
  // GNU's own format has other things there. Its magic ends with blanks.
  const std::string_view prefix =
      text_of(header, kMagic) == "ustar" ? text_of(header, kPrefix) : "";
  if (!prefix.empty()) path = std::string(prefix) + "/" + path;
  if (!long_path_.empty()) path = std::exchange(long_path_, {});
  std::string link(text_of(header, kLink));
  if (!long_link_.empty()) link = std::exchange(long_link_, {});
  return take_entry({.path = std::move(path),
                     .mode = static_cast<unsigned>(*mode & kModeBits),
                     .link = std::move(link),
                     .size = *size},
                    type);
}

Result<void> TarReader::take_entry(TarEntry entry, char type) {
  const bool is_old_folder = (type == '\0' || type == '0') && entry.path.ends_with('/');
  auto path = normal_path(entry.path);
  if (!path) return damaged("has a path with \"..\" in its tar file");
  entry.path = *std::move(path);
  switch (type) {
    case '\0':
    case '7':  // contiguous
      type = '0';
      break;
    case '1': {
      auto link = normal_path(entry.link);
      if (!link) return damaged("has a link with \"..\" in its tar file");
      entry.link = *std::move(link);
      break;
    }
    default:
      break;
  }
  if (type < '0' || type > '6') {
    return damaged(std::string("has an entry of the unknown type \"") + type +
                   "\" in its tar file");
  }
  entry.type = is_old_folder ? TarType::kFolder : static_cast<TarType>(type);
  const std::uint64_t size = entry.size;
  const bool is_file = entry.type == TarType::kFile;
  if (!is_file) entry.size = 0;
  if (auto taken = listener_.on_entry(entry); !taken) return taken;
  // Only files have content; some writers give links the size of their file.
  return begin_content(is_file ? State::kContent : State::kPassedOver, is_file ? size : 0);
}

Result<void> TarReader::begin_content(State state, std::uint64_t size) {
  state_ = state;
  left_ = size;
  padding_ = padding_of(size);
  if (left_ > 0) return {};
  if (state == State::kExtension) {
    if (auto taken = take_extension(); !taken) return taken;
  }
  end_content();
  return {};
}

void TarReader::end_content() {
  if (state_ == State::kContent) listener_.on_content_end();
  buffer_.clear();
  state_ = padding_ > 0 ? State::kPadding : State::kHeader;
}

Result<void> TarReader::take_extension() {
  std::string_view text = buffer_;
  if (extension_ == kLongPath || extension_ == kLongLink) {
    (extension_ == kLongPath ? long_path_ : long_link_) = text.substr(0, text.find('\0'));
    return {};
  }
  if (extension_ == kGlobal) return {};
  while (!text.empty()) {
    std::size_t size = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), size);
    const auto digits = static_cast<std::size_t>(end - text.data());
    // "12 path=abc\n": at least a blank, a sign and a line feed beside the digits.
    if (error != std::errc() || size < digits + 3 || size > text.size()) {
      return damaged("has a damaged extended header in its tar file");
    }
    const std::string_view line = text.substr(digits + 1, size - digits - 2);
    text.remove_prefix(size);
    const std::size_t sign = std::min(line.find('='), line.size());
    const std::string_view key = line.substr(0, sign);
    const std::string_view value = line.substr(std::min(sign + 1, line.size()));
    if (key == "path") long_path_ = value;
    if (key == "linkpath") long_link_ = value;
    if (key == "size") long_size_ = value;
    if (key.starts_with("GNU.sparse.")) {
      return damaged("has a sparse file in GNU's format, which is not supported");
    }
  }
  return {};
}

}  // namespace ofn::image
