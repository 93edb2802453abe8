// Reads what the loader needs of an ELF file, without loading it: its notes, its symbols and what it links.
//
//   auto file = ElfFile::open("hello.so");
//   for (const std::string& build : file->notes("ofn", 1)) …
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"

namespace ofn::loader {

// A value. Every offset and size in the file is checked before it is used: a file of hostile bytes
// is an Error, never a crash.
// Spec: System V ABI, chapters 4 and 5 (ELF-64).
class ElfFile {
 public:
  struct Symbol {
    std::string name;  // mangled
    bool is_defined = false;
    bool is_weak = false;
  };

  struct Needs {
    std::vector<std::string> libraries;  // DT_NEEDED
    std::vector<std::string> run_path;   // the folders of DT_RUNPATH, else of DT_RPATH, as written
  };

  // Errors: no ELF file, one for another machine, one that is cut short. The message continues
  // "File x ".
  static Result<ElfFile> open(const std::filesystem::path& path);
  static Result<ElfFile> parse(std::string bytes);

  bool is_shared_object() const noexcept;
  // The descriptors of all notes of that name and type, from the segments that a loader sees.
  std::vector<std::string> notes(std::string_view name, std::uint32_t type) const;
  // The symbols for functions in .symtab, defined or not (an undefined one has no type); empty when
  // the file is stripped.
  std::vector<Symbol> function_symbols() const;
  // The shared libraries that are loaded with it.
  Needs needs() const;
  // The file's bytes, changed so that loading it runs nothing: without initializers and finalizers.
  std::string without_start_up() const;

 private:
  explicit ElfFile(std::string bytes) : bytes_(std::move(bytes)) {}

  Result<void> check() const;
  // Calls with (offset in the file, tag, value) for each entry of the dynamic section, up to its end.
  template <class F>
  void each_dynamic(F f) const;
  bool inside(std::uint64_t offset, std::uint64_t size) const noexcept {
    return offset <= bytes_.size() && size <= bytes_.size() - offset;
  }
  std::string_view view(std::uint64_t offset, std::uint64_t size) const noexcept {
    return inside(offset, size) ? std::string_view(bytes_).substr(offset, size)
                                : std::string_view();
  }
  template <class T>
  std::vector<T> table(std::uint64_t offset, std::uint64_t count) const;

  std::string bytes_;
};

}  // namespace ofn::loader
