#include "typed/pattern.h"

#include <array>
#include <cstddef>
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>

#include "os/module.h"

namespace ofn {
namespace {

// The used part of PCRE2's binary interface, declared here so that the build needs no headers of PCRE2 (pcre2api(3), pcre2.h).
struct Code2;      // pcre2_code
struct MatchData;  // pcre2_match_data
struct Limits2;    // pcre2_match_context
constexpr std::uint32_t kDollarEndOnly = 0x00000010;
constexpr std::uint32_t kMatchUnsetBackReference = 0x00000200;
constexpr std::uint32_t kUtf = 0x00080000;
constexpr std::uint32_t kNeverBackslashC = 0x00100000;
constexpr std::uint32_t kAltBackslashUx = 0x00000002;
constexpr int kNoMatch = -1;

// A usual pattern needs less than 100 steps for a short text. This many take some milliseconds.
constexpr std::uint32_t kMostSteps = 200'000;
constexpr std::uint32_t kMostHeapKiB = 1024;

struct Library {
  Code2* (*compile)(const unsigned char* pattern, std::size_t size, std::uint32_t options,
                    int* error, std::size_t* place, void* context);
  int (*match)(const Code2* code, const unsigned char* text, std::size_t size, std::size_t start,
               std::uint32_t options, MatchData* data, Limits2* limits);
  int (*error_message)(int error, unsigned char* buffer, std::size_t size);
  void (*free_code)(Code2* code);
  MatchData* (*new_match_data)(std::uint32_t pairs, void* context);
  void (*free_match_data)(MatchData* data);
  Limits2* (*new_limits)(void* context);
  void (*free_limits)(Limits2* limits);
  int (*set_match_limit)(Limits2* limits, std::uint32_t most);
  int (*set_heap_limit)(Limits2* limits, std::uint32_t kib);
};

Result<Library> open_library() {
  const auto module = os::Module::open({"libpcre2-8.so.0", "libpcre2-8.so"});
  if (!module) {
    return fail(Code::kFailedPrecondition,
                "ofn::pattern needs PCRE2, which is not installed (Debian and Ubuntu: apt-get "
                "install libpcre2-8-0; in an image: --with libpcre2-8.so.0): " +
                    module.error().message());
  }
  Library pcre{};
  if (!module->bind("pcre2_compile_8", pcre.compile) ||
      !module->bind("pcre2_match_8", pcre.match) ||
      !module->bind("pcre2_get_error_message_8", pcre.error_message) ||
      !module->bind("pcre2_code_free_8", pcre.free_code) ||
      !module->bind("pcre2_match_data_create_8", pcre.new_match_data) ||
      !module->bind("pcre2_match_data_free_8", pcre.free_match_data) ||
      !module->bind("pcre2_match_context_create_8", pcre.new_limits) ||
      !module->bind("pcre2_match_context_free_8", pcre.free_limits) ||
      !module->bind("pcre2_set_match_limit_8", pcre.set_match_limit) ||
      !module->bind("pcre2_set_heap_limit_8", pcre.set_heap_limit)) {
    return fail(Code::kFailedPrecondition, "the installed PCRE2 cannot be used by ofn::pattern");
  }
  return pcre;
}

// What a pattern keeps. Lifetime: the process's, as the pattern's.
struct Compiled {
  explicit Compiled(const Library& library) : pcre(library) {}
  Compiled(const Compiled&) = delete;
  Compiled& operator=(const Compiled&) = delete;
  ~Compiled() {
    pcre.free_code(code);
    pcre.free_limits(limits);
  }

  Library pcre;
  Code2* code = nullptr;
  Limits2* limits = nullptr;
};

const unsigned char* bytes_of(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}

Result<std::unique_ptr<Compiled>> compiled(std::string_view text) {
  auto pcre = open_library();
  if (!pcre) return std::unexpected(pcre.error());
  auto made = std::make_unique<Compiled>(*pcre);
  int error = 0;
  std::size_t place = 0;
  made->code = pcre->compile(
      bytes_of(text), text.size(),
      kUtf | kDollarEndOnly | kMatchUnsetBackReference | kNeverBackslashC | kAltBackslashUx, &error,
      &place, nullptr);
  if (made->code == nullptr) {
    std::array<unsigned char, 256> message{};
    pcre->error_message(error, message.data(), message.size());
    return fail(Code::kInvalidArgument, "the pattern \"" + std::string(text) +
                                            "\" is wrong at offset " + std::to_string(place) +
                                            ": " + reinterpret_cast<const char*>(message.data()));
  }
  made->limits = pcre->new_limits(nullptr);
  if (made->limits == nullptr)
    return fail(Code::kResourceExhausted, "there is no memory for a pattern");
  pcre->set_match_limit(made->limits, kMostSteps);
  pcre->set_heap_limit(made->limits, kMostHeapKiB);
  return made;
}

const Compiled* kept(const abi::Pattern& pattern) {
  return static_cast<const Compiled*>(pattern.compiled.load(std::memory_order_acquire));
}

}  // namespace

Result<void> compile(abi::Pattern& pattern) {
  if (kept(pattern) != nullptr) return {};
  auto made = compiled(pattern.text);
  if (!made) return std::unexpected(made.error());
  const void* none = nullptr;
  // Another thread may have been first.
  if (pattern.compiled.compare_exchange_strong(none, made->get(), std::memory_order_acq_rel))
    static_cast<void>(made->release());
  return {};
}

PatternMatch match(abi::Pattern& pattern, std::string_view text) {
  if (const auto ready = compile(pattern); !ready) throw std::logic_error(ready.error().message());
  const Compiled& ready = *kept(pattern);
  MatchData* const data = ready.pcre.new_match_data(1, nullptr);
  if (data == nullptr) throw std::bad_alloc();
  const int result =
      ready.pcre.match(ready.code, bytes_of(text), text.size(), 0, 0, data, ready.limits);
  ready.pcre.free_match_data(data);
  if (result >= 0) return PatternMatch::kYes;
  return result == kNoMatch ? PatternMatch::kNo : PatternMatch::kTooDear;
}

}  // namespace ofn
