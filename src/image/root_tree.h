// The root file system of an image, as its layers make it: names, links, and what the libraries in it are good for.
//
//   RootTree tree;
//   tree.begin_layer();
//   TarReader reader(tree);          // … each layer, the lowest first
//   tree.place_of("/lib/x86_64-linux-gnu/libc.so.6");   // "/usr/lib/x86_64-linux-gnu/libc.so.6"
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "image/tar.h"
#include "loader/elf_file.h"

namespace ofn::image {

// A shared library, described without its bytes.
struct LibraryFacts {
  std::vector<loader::ElfFile::NeededVersion> needed{};
  std::vector<std::string> defined{};  // versions
  std::string
      problem{};  // why the file is no library for this machine; "was built for another machine: …"
};
LibraryFacts facts_of(std::string bytes);

// Memory: some hundred bytes for each entry, of which there are at most kMostEntries.
// Spec: OCI image format 1.1, layer.md: a layer's file replaces what is there, and ".wh." removes.
class RootTree final : public TarListener {
 public:
  static constexpr std::size_t kMostEntries = 2'000'000;
  static constexpr std::uint64_t kMostLibraryBytes = std::uint64_t{64} << 20U;  // of one library

  struct Entry {
    TarType type = TarType::kFolder;
    std::string link{};                     // of a symbolic link
    std::optional<LibraryFacts> library{};  // of a file with ".so" in its name
    std::size_t layer = 0;
  };

  void begin_layer() { ++layer_; }
  Result<void> on_entry(const TarEntry& entry) override;
  void on_content(std::string_view bytes) override;
  void on_content_end() override;

  // Returns where the file really is, or would be made: symbolic links are followed, also a link at the end. nullopt: links in a
  // circle, or a file where a folder should be.
  std::optional<std::string> place_of(std::string_view path) const;
  // Returns what is at a place; null if nothing is.
  const Entry* find(const std::string& place) const;
  bool has_folder(const std::string& place) const;

 private:
  void remove(const std::string& path, std::size_t before_layer);
  // Removes what is below the folder and came before that layer.
  void remove_below(const std::string& folder, std::size_t before_layer);
  // The same for the folders above a path only: a link at the end is not followed.
  std::optional<std::string> place_of_entry(const std::string& path) const;

  std::map<std::string, Entry, std::less<>> entries_;
  std::size_t layer_ = 0;
  std::string library_;  // the place of the library whose content comes; empty if none does
  std::string content_;
};

}  // namespace ofn::image
