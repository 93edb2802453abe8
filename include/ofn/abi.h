// The interface between the host and a function's program: plain tables that the host reads, and
// that inline code from <ofn/function.h> fills. A function's .so has no undefined `ofn` symbol, and
// the host exports nothing: everything crosses here, by pointer.
//
// Both sides share C++ types (Request, Response, CloudEvent), so both must be compiled with the
// same settings, which kBuild describes. <ofn/register.h> puts kBuild into an ELF note of every
// object, and the host reads that note before it loads anything.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include <ofn/cloud_event.h>
#include <ofn/context.h>
#include <ofn/event.h>
#include <ofn/host.h>
#include <ofn/request.h>
#include <ofn/response.h>
#include <ofn/task.h>
#include <ofn/writer.h>

// Increase it with every change of a type that crosses the interface.
#define OFN_ABI_NUMBER 9  // NOLINT(modernize-macro-to-enum): its text is wanted

// NOLINTBEGIN(cppcoreguidelines-macro-usage): only the preprocessor knows these facts.
#define OFN_INTERNAL_TEXT_OF(x) #x
#define OFN_INTERNAL_TEXT(x) OFN_INTERNAL_TEXT_OF(x)

#if defined(__clang__)
#define OFN_INTERNAL_COMPILER "clang-" OFN_INTERNAL_TEXT(__clang_major__)
#else
#define OFN_INTERNAL_COMPILER "gcc-" OFN_INTERNAL_TEXT(__GNUC__)
#endif

#if defined(_LIBCPP_VERSION)
#define OFN_INTERNAL_LIBRARY "libc++"
#define OFN_INTERNAL_RELEASE OFN_INTERNAL_TEXT(_LIBCPP_VERSION)
#define OFN_INTERNAL_STRING "libc++"
#else
#define OFN_INTERNAL_LIBRARY "libstdc++"
#define OFN_INTERNAL_RELEASE OFN_INTERNAL_TEXT(_GLIBCXX_RELEASE)
#if _GLIBCXX_USE_CXX11_ABI
#define OFN_INTERNAL_STRING "cxx11"
#else
#define OFN_INTERNAL_STRING "cxx98"
#endif
#endif

#if defined(_GLIBCXX_DEBUG)
#define OFN_INTERNAL_DEBUG "yes"
#else
#define OFN_INTERNAL_DEBUG "no"
#endif

#if defined(__has_feature)
#define OFN_INTERNAL_HAS_FEATURE(x) __has_feature(x)
#else
#define OFN_INTERNAL_HAS_FEATURE(x) 0
#endif
#if defined(__SANITIZE_ADDRESS__) || OFN_INTERNAL_HAS_FEATURE(address_sanitizer)
#define OFN_INTERNAL_SANITIZER "address"
#elif defined(__SANITIZE_THREAD__) || OFN_INTERNAL_HAS_FEATURE(thread_sanitizer)
#define OFN_INTERNAL_SANITIZER "thread"
#elif OFN_INTERNAL_HAS_FEATURE(memory_sanitizer)
#define OFN_INTERNAL_SANITIZER "memory"
#else
#define OFN_INTERNAL_SANITIZER "none"
#endif

// "name=value" lines. The first four and the sanitizer must be compatible with the host's; the
// others are for messages.
#define OFN_INTERNAL_BUILD                                                           \
  "ofn=" OFN_INTERNAL_TEXT(OFN_ABI_NUMBER) "\nlibrary=" OFN_INTERNAL_LIBRARY         \
                                           "\nstring=" OFN_INTERNAL_STRING           \
                                           "\ndebug=" OFN_INTERNAL_DEBUG             \
                                           "\nsanitizer=" OFN_INTERNAL_SANITIZER     \
                                           "\ncompiler=" OFN_INTERNAL_COMPILER       \
                                           "\nlibrary-release=" OFN_INTERNAL_RELEASE \
                                           "\ncxx-abi=" OFN_INTERNAL_TEXT(__GXX_ABI_VERSION) "\n"
// NOLINTEND(cppcoreguidelines-macro-usage)

namespace ofn::abi {

inline constexpr std::uint32_t kNumber = OFN_ABI_NUMBER;

// How this translation unit is compiled, as far as the interface depends on it.
inline constexpr char kBuild[] = OFN_INTERNAL_BUILD;

// A function's signature, deduced from its C++ type.
enum class Signature : std::uint32_t {
  kHttp = 1,
  kCloudEvent = 2,
  kEvent = 3,
  kOpenFunction = 4,
  kTyped = 5
};

// The kinds of a typed function's argument and result (<ofn/typed.h>). They say which JSON is
// valid, and how the host accesses the author's object without knowing its type.
enum class Kind : std::uint32_t {
  kBool = 1,
  kInteger = 2,
  kReal = 3,
  kText = 4,
  kEnum = 5,
  kObject = 6,
  kList = 7,
  kMap = 8,
  kOptional = 9
};

// The value of anything that is not an object or a list.
struct Scalar {
  std::uint64_t integer = 0;  // for kBool, kInteger (negative ones in two's complement) and kEnum
  double real = 0;
  std::string_view text{};  // refers to the object's text
};

struct Type;
using TypeFunction = const Type&() noexcept;
using Visit = void(void* visitor, std::string_view key, const void* element);

struct TypeField {
  const char* name = nullptr;
  TypeFunction* type = nullptr;
  void* (*in)(void* object) = nullptr;  // returns the field of that object
};

struct TypeWord {
  const char* word = nullptr;
  std::uint64_t value = 0;
};

struct Type {
  Kind kind{};
  const char* name = nullptr;  // of kObject and kEnum
  // Sets a scalar; may throw bad_alloc. A kOptional is emptied, whatever the value is.
  void (*set)(void* object, const Scalar& value) = nullptr;
  Scalar (*get)(const void* object) = nullptr;
  std::int64_t min = 0;               // of kInteger; negative only for signed types
  std::uint64_t max = 0;              // of kInteger
  double largest = 0;                 // of kReal: the largest finite value
  std::size_t count = 0;              // the number of fields or words
  const TypeField* fields = nullptr;  // of kObject
  const TypeWord* words = nullptr;    // of kEnum
  bool refuses_unknown = false;       // of kObject: other members are an error
  bool defaults_absent = false;       // of kObject: missing members keep their default
  TypeFunction* element = nullptr;    // of kList, kMap, kOptional
  // Adds an element and returns it; returns null if a map already has the key.
  void* (*add)(void* object, std::string_view key) = nullptr;
  void (*each)(const void* object, void* visitor, Visit* visit) = nullptr;
};

// The argument or result of a typed function: a JSON type, or another media type. If both are null,
// it has no body.
struct TypedEnd {
  TypeFunction* type = nullptr;
  const char* media_type = nullptr;
};
struct Typed {
  TypedEnd argument;
  TypedEnd result;
};

struct Call;

// The host's services for typed functions. Threads: any.
struct CodecTable {
  // Returns true if the request has that media type. Otherwise sets `response` to an error.
  bool (*accept)(const Call& call, const char* media_type, Response& response) = nullptr;
  // Reads the request's JSON into a new object. If it does not fit, returns false and sets
  // `response` to an error.
  bool (*read)(const Call& call, const Type& type, void* object, Response& response) = nullptr;
  // Writes the object as JSON. Throws std::runtime_error for a value that JSON cannot represent.
  void (*write)(const Type& type, const void* object, Response& response) = nullptr;
};

// The values that the host lends to one call. Pointers are valid until the call has ended: until
// invoke() has returned or, if the function is a coroutine, until the coroutine has ended.
struct Call {
  const Request* request = nullptr;             // set for kHttp and kTyped
  Request* own_request = nullptr;               // the same, if the function may take its body
  const CloudEvent* event = nullptr;            // set for kCloudEvent
  CloudEvent* own_event = nullptr;              // the same, if the function may take it
  const BackgroundEvent* background = nullptr;  // set for kEvent
  Context* context = nullptr;                   // set if the registration takes one
  Bytes data{};                                 // of kOpenFunction
  const CodecTable* codec = nullptr;            // of kTyped
  const Stream* stream = nullptr;               // set if the registration streams
  Tasks* tasks = nullptr;
};

// The results of a call. It is not moved until the call has ended.
struct Outcome {
  Response response{};                // of kHttp and kTyped
  std::optional<CloudEvent> event{};  // of kCloudEvent, if the function returns one
  Out out{};                          // of kOpenFunction
  Running task{};                     // of a function that is a coroutine; not started yet
};

// How the function was chosen.
enum class Origin : std::uint32_t {
  kAuthor = 1,   // OFN_FUNCTION in the author's source
  kTarget = 2,   // --target, when the program was compiled from plain source
  kDefault = 3,  // only its name is `function`; served only if no other function is named
  // Not named, but found in plain source. Served only if it is the program's only function.
  kFound = 4,
  kFoundLocal = 5,  // the same, but visible only in its own file
};

// One function of a program. Lives as long as the program.
struct Registration {
  std::uint32_t size = sizeof(Registration);
  Signature signature{};
  Origin origin{};
  const char* name = nullptr;  // "hello", "app::hello": as written, with blanks
  // Throws what the author's function throws. Threads: any, concurrently.
  void (*invoke)(const Call&, Outcome&) = nullptr;
  const char* file = nullptr;  // where it was registered
  std::uint32_t line = 0;
  bool takes_context = false;  // it may block on the sidecar, so it runs on a worker
  bool streams = false;  // it takes a Writer and may block on its client, so it runs on a worker
  const char* route = nullptr;   // "GET,PUT /users/{id}", from OFN_ROUTE; null if there is none
  const Typed* typed = nullptr;  // of kTyped
};

// One plugin of a program (<ofn/plugin.h>). Lives as long as the program.
struct PluginRegistration {
  std::uint32_t size = sizeof(PluginRegistration);
  const char* name = nullptr;
  const char* version = nullptr;
  bool required = false;  // a call fails if its hook fails
  Plugin* (*create)() = nullptr;
  void (*destroy)(Plugin*) = nullptr;
  const char* file = nullptr;
  std::uint32_t line = 0;
};

struct MetricRegistration;  // <ofn/metrics.h>

// All registrations of a program. Its only exported function, kProgramSymbol, fills this in. A
// registration without `invoke`, a plugin without `create` and a null metric are ignored.
struct Program {
  const Registration* const* begin = nullptr;
  const Registration* const* end = nullptr;
  const PluginRegistration* const* plugins_begin = nullptr;
  const PluginRegistration* const* plugins_end = nullptr;
  const MetricRegistration* const* metrics_begin = nullptr;
  const MetricRegistration* const* metrics_end = nullptr;
  HostSlot* host = nullptr;  // where the program looks for what the host lends
};
using ProgramFunction = void(Program*) noexcept;
inline constexpr char kProgramSymbol[] = "ofn_program";

// The ELF note that contains kBuild.
inline constexpr char kNoteSection[] = ".note.ofn";
inline constexpr char kNoteName[] = "ofn";
inline constexpr std::uint32_t kNoteType = 1;

}  // namespace ofn::abi
