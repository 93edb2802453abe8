#include "os/symbols.h"

#include <dlfcn.h>
#include <string_view>
#include <unwind.h>

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

struct Describing {
  FixedText& text;
  const char* named = nullptr;  // the function at the address, as the symbol table names it
  bool any = false;
};

void ignore(void*, const char*, int) {}

int add_line(void* argument, std::uintptr_t, const char* file, int line, const char* function) {
  auto& describing = *static_cast<Describing*>(argument);
  if (file == nullptr && function == nullptr) return 0;
  if (file == nullptr) return 0;
  FixedText& text = describing.text;
  if (describing.any) text.add(" < ");
  describing.any = true;
  // With -g1, Clang's line table names only inlined functions.
  if (function == nullptr) function = describing.named;
  add_demangled(function != nullptr ? function : "?", text);
  text.add(" (");
  text.add(file);
  if (line > 0) {
    text.add(':');
    text.add_number(static_cast<std::uint64_t>(line));
  }
  text.add(')');
  return 0;
}

void take_symbol(void* argument, std::uintptr_t, const char* name, std::uintptr_t, std::uintptr_t) {
  if (name != nullptr) static_cast<Describing*>(argument)->named = name;
}

backtrace_state* as_state(void* state) { return static_cast<backtrace_state*>(state); }

#endif

}  // namespace

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

void Symbols::describe(std::uintptr_t address, FixedText& text) const {
  const char* symbol = nullptr;
#ifdef OFN_HAS_LIBBACKTRACE
  if (state_ != nullptr) {
    Describing describing{text};
    backtrace_syminfo(as_state(state_), address, take_symbol, ignore, &describing);
    backtrace_pcinfo(as_state(state_), address, add_line, ignore, &describing);
    if (describing.any) return;
    symbol = describing.named;
  }
#endif
  Dl_info module{};
  if (dladdr(reinterpret_cast<void*>(address), &module) ==
      0) {  // NOLINT: addresses are numbers here
    text.add(symbol != nullptr ? symbol : "?");
    text.add(' ');
    return text.add_hex(address);
  }
  if (symbol == nullptr) symbol = module.dli_sname;
  if (symbol != nullptr) {
    add_demangled(symbol, text);
    text.add(" (");
    text.add(base_name(module.dli_fname));
    text.add(')');
  } else {
    text.add(base_name(module.dli_fname));
    text.add('+');
    text.add_hex(address - reinterpret_cast<std::uintptr_t>(module.dli_fbase));
  }
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
