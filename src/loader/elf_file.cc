#include "loader/elf_file.h"

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstring>
#include <elf.h>
#include <optional>
#include <type_traits>
#include <utility>

#include "loader/digest.h"

namespace ofn::loader {
namespace {

static_assert(sizeof(void*) == 8, "the framework is built for 64-bit machines");

#if defined(__x86_64__)
constexpr Elf64_Half kMachine = EM_X86_64;
constexpr std::string_view kMachineName = "x86-64";
#elif defined(__aarch64__)
constexpr Elf64_Half kMachine = EM_AARCH64;
constexpr std::string_view kMachineName = "aarch64";
#elif defined(__riscv)
constexpr Elf64_Half kMachine = EM_RISCV;
constexpr std::string_view kMachineName = "riscv";
#elif defined(__powerpc64__)
constexpr Elf64_Half kMachine = EM_PPC64;
constexpr std::string_view kMachineName = "ppc64";
#elif defined(__s390x__)
constexpr Elf64_Half kMachine = EM_S390;
constexpr std::string_view kMachineName = "s390x";
#else
#error "add this machine's ELF number"
#endif

constexpr unsigned char kByteOrder =
    std::endian::native == std::endian::little ? ELFDATA2LSB : ELFDATA2MSB;

std::string machine_name(unsigned machine) {
  switch (machine) {
    case EM_X86_64:
      return "x86-64";
    case EM_386:
      return "i386";
    case EM_AARCH64:
      return "aarch64";
    case EM_ARM:
      return "arm";
    case EM_RISCV:
      return "riscv";
    default:
      return "machine number " + std::to_string(machine);
  }
}

// Returns the header of a file that is at least as long as a header.
Elf64_Ehdr header_of(std::string_view bytes) {
  Elf64_Ehdr header;
  std::memcpy(&header, bytes.data(), sizeof header);
  return header;
}

// A damaged file may have chains that refer to the same bytes again and again. glibc and libstdc++ define less than 100 versions each.
constexpr std::size_t kMostVersions = 4096;
constexpr std::size_t kLongestName = std::size_t{64} * 1024;

// Returns the entry at the beginning of the bytes; nullopt if they are too few.
template <class T>
std::optional<T> entry_at(std::string_view bytes) {
  static_assert(std::is_trivially_copyable_v<T>);
  T entry;
  if (bytes.size() < sizeof entry) return std::nullopt;
  bytes.copy(reinterpret_cast<char*>(&entry), sizeof entry);
  return entry;
}

// Returns the bytes of the next entry of a chain; empty after the last one, whose distance is 0.
std::string_view after(std::string_view bytes, std::uint64_t distance) {
  return distance == 0 || distance > bytes.size() ? std::string_view() : bytes.substr(distance);
}

constexpr std::uint64_t round_up(std::uint64_t size, std::uint64_t alignment) {
  return (size + alignment - 1) / alignment * alignment;
}

}  // namespace

Result<ElfFile> ElfFile::open(const std::filesystem::path& path) {
  auto bytes = read_file(path);
  if (!bytes) return fail(Code::kPermissionDenied, "cannot be read");
  return parse(std::move(*bytes));
}

Result<ElfFile> ElfFile::parse(std::string bytes) {
  ElfFile file(std::move(bytes));
  if (auto checked = file.check(); !checked) return std::unexpected(checked.error());
  return file;
}

template <class T>
std::vector<T> ElfFile::table(std::uint64_t offset, std::uint64_t count) const {
  static_assert(std::is_trivially_copyable_v<T>);
  if (count > bytes_.size() / sizeof(T) || !inside(offset, count * sizeof(T))) return {};
  std::vector<T> entries(static_cast<std::size_t>(count));
  if (count > 0) std::memcpy(entries.data(), bytes_.data() + offset, entries.size() * sizeof(T));
  return entries;
}

Result<void> ElfFile::check() const {
  if (!bytes_.starts_with(ELFMAG)) return fail(Code::kInvalidArgument, "is not an ELF file");
  if (bytes_.size() < sizeof(Elf64_Ehdr)) return fail(Code::kDataLoss, "is cut short");
  const Elf64_Ehdr header = header_of(bytes_);
  if (header.e_ident[EI_CLASS] != ELFCLASS64 || header.e_ident[EI_DATA] != kByteOrder ||
      header.e_machine != kMachine) {
    return fail(Code::kFailedPrecondition,
                "was built for another machine: " + machine_name(header.e_machine) +
                    (header.e_ident[EI_CLASS] == ELFCLASS64 ? "" : " with 32 bits") +
                    "; this one is " + std::string(kMachineName));
  }
  if ((header.e_phnum > 0 && header.e_phentsize != sizeof(Elf64_Phdr)) ||
      (header.e_shnum > 0 && header.e_shentsize != sizeof(Elf64_Shdr))) {
    return fail(Code::kDataLoss, "is damaged: its tables have entries of an unknown size");
  }
  const auto segments = table<Elf64_Phdr>(header.e_phoff, header.e_phnum);
  const auto sections = table<Elf64_Shdr>(header.e_shoff, header.e_shnum);
  const bool whole =
      segments.size() == header.e_phnum && sections.size() == header.e_shnum &&
      std::ranges::all_of(segments,
                          [&](const Elf64_Phdr& s) { return inside(s.p_offset, s.p_filesz); }) &&
      std::ranges::all_of(sections, [&](const Elf64_Shdr& s) {
        return s.sh_type == SHT_NOBITS || inside(s.sh_offset, s.sh_size);
      });
  if (!whole) return fail(Code::kDataLoss, "is damaged or cut short");
  return {};
}

template <class F>
void ElfFile::each_dynamic(F f) const {
  const Elf64_Ehdr header = header_of(bytes_);
  for (const Elf64_Phdr& segment : table<Elf64_Phdr>(header.e_phoff, header.e_phnum)) {
    if (segment.p_type != PT_DYNAMIC) continue;
    std::uint64_t offset = segment.p_offset;
    for (const Elf64_Dyn& entry :
         table<Elf64_Dyn>(segment.p_offset, segment.p_filesz / sizeof(Elf64_Dyn))) {
      if (entry.d_tag == DT_NULL) break;
      f(offset, entry.d_tag, entry.d_un.d_val);
      offset += sizeof entry;
    }
  }
}

std::uint64_t ElfFile::dynamic_value(std::int64_t wanted) const {
  std::uint64_t found = 0;
  each_dynamic([&](std::uint64_t, std::int64_t tag, std::uint64_t value) {
    if (tag == wanted) found = value;
  });
  return found;
}

std::string_view ElfFile::from_address(std::uint64_t address) const {
  const Elf64_Ehdr header = header_of(bytes_);
  for (const Elf64_Phdr& segment : table<Elf64_Phdr>(header.e_phoff, header.e_phnum)) {
    if (segment.p_type != PT_LOAD || address < segment.p_vaddr) continue;
    const std::uint64_t at = address - segment.p_vaddr;
    if (at < segment.p_filesz) return view(segment.p_offset + at, segment.p_filesz - at);
  }
  return {};
}

std::string ElfFile::dynamic_name(std::uint64_t at) const {
  const std::string_view names =
      from_address(dynamic_value(DT_STRTAB)).substr(0, dynamic_value(DT_STRSZ));
  const std::string_view rest = at < names.size() ? names.substr(at) : std::string_view();
  return std::string(rest.substr(0, std::min(rest.find('\0'), kLongestName)));
}

ElfFile::Needs ElfFile::needs() const {
  Needs needs;
  std::string run_path;
  std::string old_run_path;
  each_dynamic([&](std::uint64_t, std::int64_t tag, std::uint64_t value) {
    if (tag == DT_NEEDED) needs.libraries.push_back(dynamic_name(value));
    if (tag == DT_RUNPATH) run_path = dynamic_name(value);
    if (tag == DT_RPATH) old_run_path = dynamic_name(value);
  });
  if (run_path.empty()) run_path = std::move(old_run_path);
  for (std::size_t begin = 0; begin < run_path.size();) {
    const std::size_t end = std::min(run_path.find(':', begin), run_path.size());
    if (end > begin) needs.run_path.push_back(run_path.substr(begin, end - begin));
    begin = end + 1;
  }
  return needs;
}

// Spec: Linux Standard Base 5.0, generic part, "Symbol Versioning".
std::vector<ElfFile::NeededVersion> ElfFile::needed_versions() const {
  std::vector<NeededVersion> needed;
  std::size_t left = kMostVersions;
  std::string_view rest = from_address(dynamic_value(DT_VERNEED));
  while (const auto library = entry_at<Elf64_Verneed>(rest)) {
    std::string_view versions = after(rest, library->vn_aux);
    while (const auto version = entry_at<Elf64_Vernaux>(versions)) {
      if (left-- == 0) return needed;
      if ((version->vna_flags & VER_FLG_WEAK) == 0) {
        needed.push_back({.library = dynamic_name(library->vn_file),
                          .version = dynamic_name(version->vna_name)});
      }
      versions = after(versions, version->vna_next);
    }
    rest = after(rest, library->vn_next);
  }
  return needed;
}

std::vector<std::string> ElfFile::defined_versions() const {
  std::vector<std::string> defined;
  std::string_view rest = from_address(dynamic_value(DT_VERDEF));
  while (const auto version = entry_at<Elf64_Verdef>(rest)) {
    if (defined.size() == kMostVersions) return defined;
    // The first name is the version's own; others are those that it inherits from.
    const auto name = entry_at<Elf64_Verdaux>(after(rest, version->vd_aux));
    if (name && (version->vd_flags & VER_FLG_BASE) == 0) {
      defined.push_back(dynamic_name(name->vda_name));
    }
    rest = after(rest, version->vd_next);
  }
  return defined;
}

std::string ElfFile::without_start_up() const {
  // This tag is in the range for operating systems, and no loader uses it, so the entry is ignored
  // (System V ABI, chapter 5).
  constexpr std::int64_t kPassedOver = DT_LOOS;
  std::string bytes = bytes_;
  each_dynamic([&](std::uint64_t offset, std::int64_t tag, std::uint64_t) {
    if (tag == DT_INIT || tag == DT_INIT_ARRAY || tag == DT_FINI || tag == DT_FINI_ARRAY) {
      std::memcpy(bytes.data() + offset + offsetof(Elf64_Dyn, d_tag), &kPassedOver,
                  sizeof kPassedOver);
    }
  });
  return bytes;
}

std::string ElfFile::interpreter() const {
  for (const auto& segment :
       table<Elf64_Phdr>(header_of(bytes_).e_phoff, header_of(bytes_).e_phnum)) {
    if (segment.p_type != PT_INTERP) continue;
    const std::string_view path = view(segment.p_offset, segment.p_filesz);
    return std::string(path.substr(0, path.find('\0')));
  }
  return {};
}

std::string ElfFile::without_sections() const {
  Elf64_Ehdr header = header_of(bytes_);
  // Only segments are loaded, and linkers put everything else behind them.
  std::uint64_t end = header.e_phoff + header.e_phnum * sizeof(Elf64_Phdr);
  for (const Elf64_Phdr& segment : table<Elf64_Phdr>(header.e_phoff, header.e_phnum)) {
    end = std::max(end, segment.p_offset + segment.p_filesz);
  }
  header.e_shoff = 0;
  header.e_shnum = 0;
  header.e_shstrndx = SHN_UNDEF;
  std::string bytes = bytes_.substr(0, end);
  std::memcpy(bytes.data(), &header, sizeof header);
  return bytes;
}

bool ElfFile::is_shared_object() const noexcept { return header_of(bytes_).e_type == ET_DYN; }

std::vector<std::string> ElfFile::notes(std::string_view name, std::uint32_t type) const {
  std::vector<std::string> found;
  const Elf64_Ehdr header = header_of(bytes_);
  for (const Elf64_Phdr& segment : table<Elf64_Phdr>(header.e_phoff, header.e_phnum)) {
    if (segment.p_type != PT_NOTE) continue;
    const std::uint64_t alignment = segment.p_align == 8 ? 8 : 4;
    std::string_view rest = view(segment.p_offset, segment.p_filesz);
    while (rest.size() >= sizeof(Elf64_Nhdr)) {
      Elf64_Nhdr note;
      std::memcpy(&note, rest.data(), sizeof note);
      const std::uint64_t descriptor =
          round_up(sizeof note + std::uint64_t{note.n_namesz}, alignment);
      if (descriptor > rest.size() || note.n_descsz > rest.size() - descriptor) break;
      // The name and the framework's descriptors both end with a zero, which is counted.
      if (note.n_type == type && note.n_namesz == name.size() + 1 &&
          rest.substr(sizeof note).starts_with(name)) {
        const std::string_view text = rest.substr(descriptor, note.n_descsz);
        found.emplace_back(text.substr(0, text.find('\0')));
      }
      rest.remove_prefix(
          std::min<std::uint64_t>(round_up(descriptor + note.n_descsz, alignment), rest.size()));
    }
  }
  return found;
}

std::vector<ElfFile::Symbol> ElfFile::function_symbols() const {
  std::vector<Symbol> symbols;
  const Elf64_Ehdr header = header_of(bytes_);
  const auto sections = table<Elf64_Shdr>(header.e_shoff, header.e_shnum);
  for (const Elf64_Shdr& section : sections) {
    if (section.sh_type != SHT_SYMTAB || section.sh_link >= sections.size()) continue;
    const std::string_view names =
        view(sections[section.sh_link].sh_offset, sections[section.sh_link].sh_size);
    for (const Elf64_Sym& symbol :
         table<Elf64_Sym>(section.sh_offset, section.sh_size / sizeof(Elf64_Sym))) {
      const bool is_defined = symbol.st_shndx != SHN_UNDEF;
      if (symbol.st_name == 0 || symbol.st_name >= names.size()) continue;
      if (is_defined && ELF64_ST_TYPE(symbol.st_info) != STT_FUNC) continue;
      const std::string_view rest = names.substr(symbol.st_name);
      symbols.push_back({.name = std::string(rest.substr(0, rest.find('\0'))),
                         .is_defined = is_defined,
                         .is_weak = ELF64_ST_BIND(symbol.st_info) == STB_WEAK});
    }
  }
  return symbols;
}

}  // namespace ofn::loader
