// A name for content: equal bytes have equal names. The compile cache makes its keys with it.
//
//   Digest key;
//   key.add("-O2").add(source_text);
//   key.hex();   // 32 digits
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

namespace ofn::loader {

// FNV-1a with 128 bits. It protects against accidents, not against attackers: the person who can
// choose the hashed content (the author's own files) can run code anyway.
// A value. Cost: about 1 ns for each byte.
class Digest {
 public:
  // Adds the bytes and their number, so that ("ab", "c") and ("a", "bc") differ.
  Digest& add(std::string_view bytes) noexcept;
  std::string hex() const;

 private:
  __extension__ using Word = unsigned __int128;
  void mix(std::string_view bytes) noexcept;
  Word state_ = (Word{0x6c62272e07bb0142} << 64) | 0x62b821756295c58d;
};

// Returns the digest of a file's bytes; nullopt if it cannot be read.
std::optional<std::string> digest_file(const std::filesystem::path& path);
// Returns a file's bytes; nullopt if it cannot be read or is not a regular file.
std::optional<std::string> read_file(const std::filesystem::path& path);

}  // namespace ofn::loader
