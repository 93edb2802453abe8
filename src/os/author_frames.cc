#include "os/author_frames.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <string_view>

#include "os/process_state.h"

namespace ofn::os {

namespace {

constexpr std::size_t kMostShown = 10;
// Template arguments that are longer say less than they hide.
constexpr std::size_t kLongestArguments = 24;

bool starts_with_any(std::string_view text, auto... beginnings) {
  return (text.starts_with(beginnings) || ...);
}

bool contains(std::string_view text, std::string_view part) {
  return text.find(part) != std::string_view::npos;
}

// Returns a mangled name from its outermost namespace or class on (Itanium C++ ABI, section 5.1).
std::string_view from_outermost(std::string_view mangled) {
  if (!mangled.starts_with("_Z")) return {};
  mangled.remove_prefix(2);
  // Thunks: an offset before the name, or two.
  for (const std::string_view thunk : {"Th", "Tv"}) {
    if (!mangled.starts_with(thunk)) continue;
    for (std::size_t offsets = thunk == "Th" ? 1 : 2; offsets > 0; --offsets)
      mangled.remove_prefix(std::min(mangled.find('_'), mangled.size() - 1) + 1);
  }
  mangled.remove_prefix(std::min(mangled.find_first_not_of("ZNKVRO"), mangled.size()));
  return mangled;
}

bool is_in_framework(std::string_view name) { return name.starts_with("3ofn"); }
bool is_in_author_header(std::string_view name) { return name.starts_with("3ofn8internal"); }
bool is_in_standard_library(std::string_view name) {
  return starts_with_any(name, "St", "Sa", "Sb", "Ss", "Si", "So", "Sd", "9__gnu_cxx",
                         "10__cxxabiv1");
}

bool is_system_module(std::string_view path) {
  return starts_with_any(path, "/lib/", "/lib64/", "/usr/lib/", "/usr/lib64/", "linux-vdso") ||
         starts_with_any(path.substr(path.rfind('/') + 1), "libstdc++.", "libgcc_s.", "libc.so",
                         "libasan.", "libtsan.", "libubsan.");
}

bool is_library_file(std::string_view path) {
  return starts_with_any(path, "/usr/include/", "/usr/lib/", "/usr/local/include/") ||
         contains(path, "/include/c++/") || contains(path, "/include/ofn/");
}

std::string_view text_or_empty(const char* text) { return text == nullptr ? "" : text; }

bool is_authors(const CodePlace& place, std::uintptr_t program) {
  const std::string_view name = from_outermost(text_or_empty(place.function));
  const std::string_view symbol = from_outermost(text_or_empty(place.symbol));
  if (place.module == nullptr || is_system_module(place.module)) return false;
  // The executable has the framework in it, and perhaps also the author's functions, into which the framework's header is
  // inlined, or the other way round.
  const bool is_program = place.base == program;
  if (is_program && is_in_framework(symbol) && !is_in_author_header(symbol)) return false;
  if (is_in_framework(name)) return false;
  // Of its C functions, main() and those that stand in front of the libraries' (throw_sites.cc) are not the author's; the others are
  // too few to be told apart from a sanitizer's.
  if (is_program && place.symbol != nullptr && symbol.empty()) return false;
  if (place.file != nullptr) return !is_library_file(place.file);
  if (is_in_standard_library(name)) return false;
  return !is_program || !name.empty();
}

std::string_view shown_path(std::string_view path) {
  // The loader's own lines of a source, "<target hello>", are in no folder, but the compiler adds the one in which it ran.
  const std::size_t last = path.rfind('/');
  if (last != std::string_view::npos && path.substr(last + 1).starts_with('<'))
    return path.substr(last + 1);
  const std::string_view folder = process_state.folder.data();
  if (folder.size() > 1 && path.size() > folder.size() && path.starts_with(folder) &&
      path[folder.size()] == '/')
    path.remove_prefix(folder.size() + 1);
  return path;
}

void add_name(const CodePlace& place, std::uintptr_t address, FixedText& text) {
  if (place.function == nullptr) return add_unnamed(address, place, text);
  std::array<char, 4096> room;
  FixedText name(room);
  add_demangled(place.function, name);
  add_short_name(name.text(), text);
}

// Returns the size of the part that begins with a bracket and ends with its counterpart.
std::size_t size_of_brackets(std::string_view text) {
  std::size_t depth = 0;
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (contains("(<{[", text.substr(at, 1))) ++depth;
    if (contains(")>}]", text.substr(at, 1)) && --depth == 0) return at + 1;
  }
  return text.size();
}

// Returns the size of "operator()", "operator<<" or "operator std::string": up to the parameters.
std::size_t size_of_operator(std::string_view text) {
  constexpr std::string_view kCall = "operator()";
  if (text.starts_with(kCall)) return kCall.size();
  return std::min(text.find('('), text.size());
}

}  // namespace

void add_short_name(std::string_view name, FixedText& text) {
  constexpr std::string_view kUnnamed = "(anonymous namespace)::";
  const std::size_t begin = text.text().size();
  bool has_parameters = false;
  bool is_call =
      false;  // the parameters of operator() are not written: it has the brackets in its name
  while (!name.empty()) {
    std::size_t size = 1;
    if (name.starts_with("operator") && !name.starts_with("operator_")) {
      size = size_of_operator(name);
      is_call = name.substr(0, size).ends_with("()");
      text.add(name.substr(0, size));
    } else if (name.starts_with(kUnnamed)) {
      size = kUnnamed.size();
    } else if (name.starts_with("{lambda")) {
      size = size_of_brackets(name);
      text.add("{lambda}");
    } else if (name.front() == '(') {
      size = size_of_brackets(name);
      if (!is_call) text.add("()");
      has_parameters = true;
      is_call = false;
      name.remove_prefix(size);
      size = 0;
      // Qualifiers of the function, and the part of it that the compiler has cloned.
      while (starts_with_any(name, " const", " volatile", " &", " [clone"))
        name.remove_prefix(name.starts_with(" [")
                               ? name.size()
                               : std::min(name.find_first_of(" :", 1), name.size()));
    } else if (name.front() == '<') {
      size = size_of_brackets(name);
      text.add(size <= kLongestArguments ? name.substr(0, size) : "<…>");
    } else if (name.front() == '[') {  // [abi:cxx11]
      size = size_of_brackets(name);
    } else if (name.front() == ' ') {  // the return type is before it
      text.shorten(begin);
      has_parameters = false;
    } else {
      text.add(name.front());
    }
    name.remove_prefix(size);
  }
  if (!has_parameters && !is_call) text.add("()");
}

AuthorFrameCount each_author_frame(const Symbols& symbols, std::span<const Frames::Frame> frames,
                                   VisitAuthorFrame visit, void* argument) {
  AuthorFrameCount count;
  const std::uintptr_t program = program_base();
  std::array<char, 1024> room;
  for (const auto& [address, times] : frames) {
    symbols.each(address, [&](const CodePlace& place) {
      if (!is_authors(place, program) || count.shown == kMostShown) {
        ++count.left_out;
        return;
      }
      ++count.shown;
      FixedText name(room);
      add_name(place, address, name);
      visit(argument, {.function = name.text(),
                       .file = shown_path(text_or_empty(place.file)),
                       .path = place.file,
                       .line = place.line,
                       .times = times});
    });
  }
  return count;
}

void add_frame(const AuthorFrame& frame, FixedText& text) {
  text.add(frame.function);
  if (!frame.file.empty()) {
    text.add(" (");
    text.add(frame.file);
    text.add(':');
    text.add_number(static_cast<std::uint64_t>(frame.line));
    text.add(')');
  }
  if (frame.times == 1) return;
  text.add(" (");
  text.add_number(frame.times);
  text.add(" times)");
}

}  // namespace ofn::os
