#include "os/symbols.h"

#include <cerrno>
#include <dlfcn.h>
#include <link.h>
#include <string_view>
#include <unwind.h>
#include <utility>

#ifdef OFN_HAS_LIBBACKTRACE
#include <backtrace.h>
#endif

// libstdc++'s demangler without malloc: it passes the name to a callback, in pieces. A signal handler may not use
// abi::__cxa_demangle(), which allocates. CMakeLists.txt looks for the demangler; without it, names stay mangled.
#ifdef OFN_HAS_DEMANGLER
// NOLINTNEXTLINE: the name is libstdc++'s.
extern "C" int __gcclibcxx_demangle_callback(const char* mangled,
                                             void (*piece)(const char*, std::size_t, void*),
                                             void* opaque);
#endif

namespace ofn::os {

namespace {

// The maximum number of frames that are visited, because an endless recursion has too many.
constexpr std::size_t kMostVisited = 100'000;
// The demangler's memory on the stack grows with the name.
constexpr std::size_t kLongestName = 1024;

struct Taking {
  Frames& frames;
  std::uintptr_t interrupted;  // 0: no signal interrupted any code
  std::size_t visited = 0;
  bool found = false;
};

_Unwind_Reason_Code take_frame(_Unwind_Context* context, void* argument) {
  auto& taking = *static_cast<Taking*>(argument);
  Frames& taken = taking.frames;
  int is_exact = 0;
  const std::uintptr_t found = _Unwind_GetIPInfo(context, &is_exact);
  if (found == 0) return _URC_END_OF_STACK;
  // The frames of the handler itself come before the interrupted code.
  taking.found = taking.found || found == taking.interrupted;
  if (taking.interrupted != 0 && !taking.found) return _URC_NO_REASON;
  const std::uintptr_t address = is_exact != 0 ? found : found - 1;
  if (taken.count > 0 && taken.frames[taken.count - 1].address == address) {
    ++taken.frames[taken.count - 1].times;
  } else if (taken.count < taken.frames.size()) {
    taken.frames[taken.count++] = {.address = address, .times = 1};
  } else {
    return _URC_END_OF_STACK;
  }
  return ++taking.visited < kMostVisited ? _URC_NO_REASON : _URC_END_OF_STACK;
}

std::string_view base_name(const char* path) {
  std::string_view name = path == nullptr ? "" : path;
  name.remove_prefix(name.rfind('/') + 1);
  return name;
}

#ifdef OFN_HAS_LIBBACKTRACE

struct Visiting {
  void (*visit)(void*, const CodePlace&);
  void* argument;
  CodePlace place;
  bool any = false;
};

void ignore(void*, const char*, int) {}

int visit_line(void* argument, std::uintptr_t, const char* file, int line, const char* function) {
  auto& visiting = *static_cast<Visiting*>(argument);
  if (file == nullptr) return 0;
  visiting.any = true;
  CodePlace place = visiting.place;
  // With -g1, Clang's line table names only inlined functions.
  if (function != nullptr) place.function = function;
  place.file = file;
  place.line = line;
  visiting.visit(visiting.argument, place);
  return 0;
}

void take_symbol(void* argument, std::uintptr_t, const char* name, std::uintptr_t, std::uintptr_t) {
  if (name != nullptr) *static_cast<const char**>(argument) = name;
}

backtrace_state* as_state(void* state) { return static_cast<backtrace_state*>(state); }

#endif

struct LoadedModule {
  const char* path = nullptr;  // null: the address is in no module
  std::uintptr_t base = 0;
};

// Unlike dladdr(), it waits for no lock, which a thread holds while it runs a library's start-up code. Spec: glibc's manual, "Dynamic
// Linker Introspection".
LoadedModule module_at(std::uintptr_t address) {
  dl_find_object found{};
  // NOLINTNEXTLINE(performance-no-int-to-ptr): addresses are numbers here
  if (_dl_find_object(reinterpret_cast<void*>(address), &found) != 0) return {};
  const char* const path = found.dlfo_link_map->l_name;  // of the program it is empty
  return {.path = path == nullptr || *path == '\0' ? program_invocation_name : path,
          .base = reinterpret_cast<std::uintptr_t>(found.dlfo_map_start)};
}

// The name that the module exports; null: none.
const char* exported_name(std::uintptr_t address) {
  Dl_info symbol{};
  // NOLINTNEXTLINE(performance-no-int-to-ptr): addresses are numbers here
  if (dladdr(reinterpret_cast<void*>(address), &symbol) == 0) return nullptr;
  return symbol.dli_sname;
}

}  // namespace

std::uintptr_t program_base() {
  // The framework is linked statically, so that this function is in the executable.
  return module_at(reinterpret_cast<std::uintptr_t>(&program_base)).base;
}

void add_unnamed(std::uintptr_t address, const CodePlace& place, FixedText& text) {
  text.add(base_name(place.module));
  text.add('+');
  text.add_hex(address - place.base);
}

void Frames::take() {
  count = 0;
  Taking taking{.frames = *this, .interrupted = 0};
  _Unwind_Backtrace(take_frame, &taking);
}

void Frames::take_interrupted(const Place& place) {
  count = 0;
  if (place.code != 0) {
    Taking taking{.frames = *this, .interrupted = place.code};
    _Unwind_Backtrace(take_frame, &taking);
    if (count > 1) return;
    count = 0;
    frames[count++] = {.address = place.code, .times = 1};
  }
  if (place.stack == 0) return;
  const std::uintptr_t caller = *reinterpret_cast<const std::uintptr_t*>(place.stack);  // NOLINT
  if (caller != 0) frames[count++] = {.address = caller - 1, .times = 1};
}

void add_demangled(const char* name, FixedText& text) {
  // Only names of C++ functions begin with _Z. The name of a C function could also be read as the mangled name of a type.
  if (std::string_view(name).starts_with("_Z")) return add_type_name(name, text);
  text.add(std::string_view(name).substr(0, kLongestName));
}

void add_type_name(const char* name, FixedText& text) {
  const std::string_view mangled = name;
#ifdef OFN_HAS_DEMANGLER
  if (mangled.size() <= kLongestName) {
    const auto add = [](const char* piece, std::size_t length, void* to) {
      static_cast<FixedText*>(to)->add(std::string_view(piece, length));
    };
    if (__gcclibcxx_demangle_callback(name, add, &text) == 0) return;
  }
#endif
  text.add(mangled.substr(0, kLongestName));
}

Symbols::Symbols() {
#ifdef OFN_HAS_LIBBACKTRACE
  state_ = backtrace_create_state(nullptr, 0, ignore, nullptr);
#endif
}

void Symbols::each(std::uintptr_t address, void (*visit)(void*, const CodePlace&),
                   void* argument) const {
  CodePlace place;
  const LoadedModule module = module_at(address);
  place.module = module.path;
  place.base = module.base;
#ifdef OFN_HAS_LIBBACKTRACE
  if (state_ != nullptr) {
    // It also knows the functions that the module does not export.
    backtrace_syminfo(as_state(state_), address, take_symbol, ignore,
                      static_cast<void*>(&place.symbol));
    place.function = place.symbol;
    Visiting visiting{.visit = visit, .argument = argument, .place = place};
    backtrace_pcinfo(as_state(state_), address, visit_line, ignore, &visiting);
    if (visiting.any) return;
  }
#endif
  if (place.symbol == nullptr) place.symbol = exported_name(address);
  place.function = place.symbol;
  visit(argument, place);
}

void Symbols::describe(std::uintptr_t address, FixedText& text) const {
  bool any = false;
  each(address, [&](const CodePlace& place) {
    if (std::exchange(any, true)) text.add(" < ");
    if (place.file != nullptr) {
      add_demangled(place.function != nullptr ? place.function : "?", text);
      text.add(" (");
      text.add(place.file);
      if (place.line > 0) {
        text.add(':');
        text.add_number(static_cast<std::uint64_t>(place.line));
      }
      text.add(')');
    } else if (place.module == nullptr) {
      text.add(place.function != nullptr ? place.function : "?");
      text.add(' ');
      text.add_hex(address);
    } else if (place.function != nullptr) {
      add_demangled(place.function, text);
      text.add(" (");
      text.add(base_name(place.module));
      text.add(')');
    } else {
      add_unnamed(address, place, text);
    }
  });
}

void Symbols::describe(std::span<const Frames::Frame> frames, FixedText& text) const {
  bool any = false;
  for (const auto& [address, times] : frames) {
    const std::size_t before = text.text().size();
    if (any) text.add(" < ");
    const std::size_t begin = text.text().size();
    describe(address, text);
    if (text.text().substr(begin).starts_with("ofn::internal::")) {
      text.shorten(before);
      continue;
    }
    any = true;
    if (times == 1) continue;
    text.add(" (");
    text.add_number(times);
    text.add(" times)");
  }
}

}  // namespace ofn::os
