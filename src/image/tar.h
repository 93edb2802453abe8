// Tar files: the bytes that stand for an entry, and the entries of a file that comes in pieces.
//
//   std::string tar = tar_header({.path = "/usr/bin/ff", .mode = 0755, .size = text.size()});
//   tar += text;
//   tar += tar_padding(text.size());
//
// Spec: POSIX.1-2017 pax, "ustar" and "pax" interchange formats; GNU tar manual, "Basic Tar Format".
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/error.h"

namespace ofn::image {

enum class TarType : char {
  kFile = '0',
  kHardLink = '1',
  kSymbolicLink = '2',
  kCharacterDevice = '3',
  kBlockDevice = '4',
  kFolder = '5',
  kPipe = '6',
};

struct TarEntry {
  std::string path;  // absolute and in normal form: "/usr/bin"; "/" for the root itself
  TarType type = TarType::kFile;
  unsigned mode = 0644;
  std::uint64_t user = 0;
  std::uint64_t group = 0;
  // A symbolic link has its text here. A hard link has the path of its file, in the form of `path`.
  std::string link = {};
  std::uint64_t size = 0;  // bytes of a file
};

// Returns the header of an entry, whose time is 0. The content follows, and its padding.
std::string tar_header(const TarEntry& entry);
std::string tar_padding(std::uint64_t content_size);
// Returns what follows the last entry.
std::string tar_end();

// Gets each entry of a tar file, in its order.
class TarListener {
 public:
  virtual ~TarListener() = default;
  virtual Result<void> on_entry(const TarEntry& entry) = 0;
  virtual void on_content(std::string_view bytes) = 0;  // of the last entry, in pieces
  virtual void on_content_end() = 0;
};

// Reads a tar file as POSIX, GNU tar and Go write it. Owners, times, device numbers and attributes are not read.
// Memory: names of up to 1 MiB. Threads: one at a time.
// Errors: each says what is wrong, and continues "the layer x ". A path with ".." is one.
class TarReader {
 public:
  explicit TarReader(TarListener& listener) : listener_(listener) {}

  // Takes the next bytes. After an error nothing else may be called.
  Result<void> add(std::string_view bytes);
  // Call it after the last bytes.
  Result<void> end();

 private:
  // What the bytes are that come next.
  enum class State : std::uint8_t { kHeader, kContent, kExtension, kPassedOver, kPadding, kEnd };

  Result<void> take_block();
  Result<void> take_entry(TarEntry entry, char type);
  Result<void> take_extension();
  Result<void> begin_content(State state, std::uint64_t size);
  void end_content();

  TarListener& listener_;
  State state_ = State::kHeader;
  std::string buffer_;         // a header, or an extension
  std::uint64_t left_ = 0;     // bytes of the content
  std::uint64_t padding_ = 0;  // bytes after it
  char extension_ = 0;         // the type of the extension that is read
  // For the next entry, from extensions.
  std::string long_path_;
  std::string long_link_;
  std::string long_size_;
};

}  // namespace ofn::image
