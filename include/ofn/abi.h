// The interface between the host and a function's program: plain tables that the host reads, and
// that inline code from <ofn/function.h> fills. A function's .so has no undefined `ofn` symbol, and
// the host exports nothing: everything crosses here, by pointer.
//
// Both sides share C++ types (Request, Response, CloudEvent), so both must be compiled with the
// same settings, which kBuild describes. <ofn/register.h> puts kBuild into an ELF note of every
// object, and the host reads that note before it loads anything.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
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
#define OFN_ABI_NUMBER 12  // NOLINT(modernize-macro-to-enum): its text is wanted

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

// The kinds of types that have a JSON form (<ofn/fields.h>). They say which JSON is valid, and how the
// host accesses the author's object without knowing its type.
enum class Kind : std::uint32_t {
  kBool = 1,
  kInteger = 2,
  kReal = 3,
  kText = 4,
  kEnum = 5,
  kObject = 6,
  kList = 7,
  kMap = 8,
  kOptional = 9,
  kArray = 10,     // a list with a fixed number of elements
  kTuple = 11,     // the same, and each element has a type of its own
  kVariant = 12,   // an object whose member `tag` names one of several struct types
  kTime = 13,      // a point in time, RFC 3339: "2026-11-30T06:37:28Z"
  kDuration = 14,  // ISO 8601: "PT1.5S"
  kBytes = 15,     // base64, RFC 4648 §4
  kRaw = 16,       // any JSON value, as its text
  kThrough = 17,   // has the JSON form of another type, into which the author's code converts it
};

// The value of anything that is not an object or a list.
struct Scalar {
  // The value of a kBool or a kEnum, or of a kInteger, whose negative values are in two's complement. A kTime has here the whole seconds
  // since 1970, and a kDuration its whole seconds, both rounded down.
  std::uint64_t integer = 0;
  double real = 0;
  std::string_view text{};  // refers to the object's text; of kBytes the bytes, of kRaw the JSON
  std::uint32_t nanoseconds = 0;  // of kTime and kDuration, beside the seconds
};

struct Type;
using TypeFunction = const Type&() noexcept;
using Visit = void(void* visitor, std::string_view key, const void* element);
// Reads JSON into a new object of the type that stands for another. Returns false if it does not fit.
using Fill = bool(void* reader, void* object);

// A regular expression, which some part of a text must match. The host compiles it at the start or at its first use, and keeps that in
// `compiled`. Lives as long as the program.
struct Pattern {
  const char* text = nullptr;
  std::atomic<const void*> compiled = nullptr;
};

// What a field's value must be beside its type (OFN_FIELDS). A number has a least and a largest value. A text has a length in
// characters, a list or map has one in elements.
struct Limits {
  bool has_least = false;
  bool has_most = false;
  // Each number as an integer and as a real, because one of them may not be exact. Of a kInteger the integer counts.
  std::int64_t least = 0;
  std::int64_t most = 0;
  double least_real = 0;
  double most_real = 0;
  std::size_t shortest = 0;
  std::size_t longest = std::numeric_limits<std::size_t>::max();
  Pattern* pattern = nullptr;
};

struct TypeField {
  std::string_view name{};
  TypeFunction* type = nullptr;
  void* (*in)(void* object) =
      nullptr;  // returns the field of that object; of a kVariant: makes it that alternative
  bool may_be_absent = false;  // then it keeps its default
  bool as_text = false;        // an integer whose JSON is a string
  bool is_limited = false;
  Limits limits{};
};

struct TypeWord {
  std::string_view word{};
  std::uint64_t value = 0;
};

struct Type {
  Kind kind{};
  const char* name = nullptr;  // of kObject, kEnum and kVariant
  // Sets a scalar; may throw bad_alloc. A kOptional, kList or kMap is emptied, whatever the value is.
  void (*set)(void* object, const Scalar& value) = nullptr;
  Scalar (*get)(const void* object) = nullptr;
  std::int64_t min =
      0;  // of kInteger; negative only for signed types. Of kTime and kDuration in seconds
  std::uint64_t max = 0;  // the same
  double largest = 0;     // of kReal: the largest finite value
  std::size_t count =
      0;  // the number of fields, words, alternatives, or elements of a fixed number
  const TypeField* fields =
      nullptr;  // of kObject, kTuple (without names) and kVariant (the alternatives, with their words)
  const TypeWord* words = nullptr;  // of kEnum
  const char* tag = nullptr;        // of kVariant
  bool refuses_unknown = false;     // of kObject: other members are an error
  bool defaults_absent = false;     // of kObject: missing members keep their default
  bool is_set = false;              // of kThrough: the elements of the list differ
  TypeFunction* element =
      nullptr;  // of kList, kMap, kOptional, kArray; of kThrough: the other type
  // Adds an element and returns it; returns null if a map already has the key.
  void* (*add)(void* object, std::string_view key) = nullptr;
  void* (*at)(void* object, std::size_t index) = nullptr;  // of kArray: returns an element
  // Visits each element. A kVariant has one, its value, whose word is the key. A kThrough has one, its object of the other type.
  void (*each)(const void* object, void* visitor, Visit* visit) = nullptr;
  // A kThrough makes an object of the other type, has it filled, and converts it. If the author's code refuses it, the function sets
  // `refusal` and returns false.
  bool (*through)(void* object, void* reader, Fill* fill, std::string& refusal) = nullptr;
};

// The argument or result of a typed function: a JSON type, or another media type. If both are null,
// it has no body.
struct TypedEnd {
  TypeFunction* type = nullptr;
  const char* media_type = nullptr;
  bool may_be_none = false;  // the result is an optional: 404 if it is empty
  bool has_head =
      false;  // the function says the status and the headers: a Response or an ofn::Json
};
struct Typed {
  TypedEnd argument;
  TypedEnd result;
};

struct Call;
struct Incoming;             // <ofn/reader.h>
struct RouteOptions;         // <ofn/route.h>
struct ErrorRegistration;    // <ofn/errors.h>
struct WrapperRegistration;  // <ofn/middleware.h>
struct LifeRegistration;     // <ofn/life.h>

// The host's JSON. Threads: any.
struct JsonTable {
  // Returns true if the request has that media type. Otherwise sets `response` to an error.
  bool (*accept)(const Call& call, const char* media_type, Response& response) = nullptr;
  // Reads the request's JSON into a new object. If it does not fit, returns false and sets
  // `response` to an error.
  bool (*read_request)(const Call& call, const Type& type, void* object,
                       Response& response) = nullptr;
  // Sets `response` to an error: JSON (RFC 9457) if the client wants JSON, else a line of text.
  void (*refuse)(const Call& call, int status, std::string_view detail,
                 Response& response) = nullptr;
  // Reads a text into a new object. Returns what does not fit, or an empty text.
  std::string (*read)(std::string_view text, const Type& type, void* object) = nullptr;
  // Appends the object's JSON. Throws std::runtime_error for a value that JSON cannot represent.
  void (*write)(const Type& type, const void* object, std::string& out) = nullptr;
  // The same for whole events, in the CloudEvents JSON format.
  std::string (*read_event)(std::string_view text, CloudEvent& event) = nullptr;
  std::string (*write_event)(const CloudEvent& event) = nullptr;
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
  const JsonTable* json = nullptr;
  const Stream* stream = nullptr;      // set if the registration streams
  const Incoming* incoming = nullptr;  // set if the registration reads the body in pieces
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
  bool reads_pieces =
      false;  // it takes a Reader and may block on its client, so it runs on a worker
  const char* route = nullptr;  // "GET,PUT /users/{id}", from OFN_ROUTE; null if there is none
  const RouteOptions* options = nullptr;
  const Typed* typed = nullptr;  // if its argument or its result is one of the author's types
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
// registration without `invoke`, a plugin without `create` and null pointers are ignored.
struct Program {
  const Registration* const* begin = nullptr;
  const Registration* const* end = nullptr;
  const PluginRegistration* const* plugins_begin = nullptr;
  const PluginRegistration* const* plugins_end = nullptr;
  const MetricRegistration* const* metrics_begin = nullptr;
  const MetricRegistration* const* metrics_end = nullptr;
  const ErrorRegistration* const* errors_begin = nullptr;
  const ErrorRegistration* const* errors_end = nullptr;
  const WrapperRegistration* const* wrappers_begin = nullptr;
  const WrapperRegistration* const* wrappers_end = nullptr;
  const LifeRegistration* const* life_begin = nullptr;
  const LifeRegistration* const* life_end = nullptr;
  HostSlot* host = nullptr;  // where the program looks for what the host lends
};
using ProgramFunction = void(Program*) noexcept;
inline constexpr char kProgramSymbol[] = "ofn_program";

// The ELF note that contains kBuild.
inline constexpr char kNoteSection[] = ".note.ofn";
inline constexpr char kNoteName[] = "ofn";
inline constexpr std::uint32_t kNoteType = 1;

}  // namespace ofn::abi
