// Reads parts of an ELF file without loading it: its notes, its symbols and the libraries that it
// needs.
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

// A value. Every offset and size in the file is checked before it is used, so a malicious file
// causes an Error and never a crash.
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
    // The folders of DT_RUNPATH, or else of DT_RPATH, as written.
    std::vector<std::string> run_path;
  };

  // A version of a library's symbols, such as GLIBC_2.36 of libc.so.6.
  struct NeededVersion {
    std::string library;
    std::string version;
  };

  // Errors: not an ELF file, built for another machine, or truncated. The message continues "File x
  // ".
  static Result<ElfFile> open(const std::filesystem::path& path);
  static Result<ElfFile> parse(std::string bytes);

  const std::string& bytes() const noexcept { return bytes_; }
  bool is_shared_object() const noexcept;
  // Returns the descriptors of all notes of that name and type, from the segments that a loader
  // uses.
  std::vector<std::string> notes(std::string_view name, std::uint32_t type) const;
  // Returns the symbols for functions in .symtab, defined or not (an undefined symbol has no type).
  // Empty if the file is stripped.
  std::vector<Symbol> function_symbols() const;
  // Returns the shared libraries that are loaded with it.
  Needs needs() const;
  // Returns the versions without which it cannot be loaded, and those that it has for others.
  std::vector<NeededVersion> needed_versions() const;
  std::vector<std::string> defined_versions() const;
  // Returns the path of the dynamic loader that starts it; empty for a shared object.
  std::string interpreter() const;
  // Returns the bytes that a process needs: the file without its symbols for debuggers and its other sections. What runs is
  // the same.
  std::string without_sections() const;
  // Returns the file's bytes without initializers and finalizers, so that loading them runs no
  // code.
  std::string without_start_up() const;

 private:
  explicit ElfFile(std::string bytes) : bytes_(std::move(bytes)) {}

  Result<void> check() const;
  // Calls f(offset in the file, tag, value) for each entry of the dynamic section, up to its end.
  template <class F>
  void each_dynamic(F f) const;
  // Returns the value of the last entry with that tag; 0 if there is none.
  std::uint64_t dynamic_value(std::int64_t tag) const;
  // Returns the bytes of the file from an address of the process on; empty if no segment has it.
  std::string_view from_address(std::uint64_t address) const;
  // Returns the name at that place of the dynamic section's names.
  std::string dynamic_name(std::uint64_t at) const;
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
