// Code and rules around the functions of a program, registered beside them.
//
//   std::optional<ofn::Response> check(const ofn::Request& request) {
//     if (request.header("x-shop") == "tea") return std::nullopt;  // the call goes on
//     return ofn::Response("unknown shop\n").status(403);
//   }
//   OFN_BEFORE("/orders/{rest...}", check)
//
//   void stamp(const ofn::Request&, ofn::Response& response) { response.header("X-Frame-Options", "DENY"); }
//   OFN_AFTER(stamp)
//
//   OFN_CORS(.origins = {"https://shop.example"}, .headers = {"Content-Type"})
//   OFN_TOKENS(.bearer_variable = "API_TOKENS", .exempt = {"/health"})
//   OFN_COMPRESSION()
//   OFN_DECOMPRESSION()
//   OFN_ETAGS()
//
// Nothing of it is on unless it is registered. It is about requests over HTTP, whatever the signature of the function: a request with a
// CloudEvent or a batch of them passes once. Deliveries of a sidecar (docs/async.md) pass none of it. Hooks of the context (<ofn/plugin.h>)
// run inside: OFN_BEFORE, pre-hooks, the function, post-hooks, OFN_AFTER. docs/middleware.md has the whole order.
//
// To wrap one function in plain C++, write a template: docs/middleware.md shows one.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <type_traits>

#include <ofn/context.h>
#include <ofn/register.h>
#include <ofn/request.h>
#include <ofn/response.h>

namespace ofn {

// Which pages of other origins a browser lets call the functions, and what their scripts may see.
// Spec: Fetch Standard, "CORS protocol". A preflight is answered for every path, before the functions' routes and before OFN_TOKENS; every
// answer to a request of the functions has the fields of CORS.
// Errors: found when the program is loaded, such as "*" together with credentials.
struct Cors {
  // Scheme, host and port as a browser sends them: "https://shop.example", "http://localhost:8080"; or only "*", for all. One is needed.
  std::initializer_list<const char*> origins{};
  // A variable of the environment. If it is set, its origins count instead, separated by blanks or commas.
  const char* origins_variable = nullptr;
  // Methods that a page may use. Default: GET, HEAD, POST, PUT, PATCH, DELETE.
  std::initializer_list<const char*> methods{};
  // Fields of requests that a page may set beside those that are always allowed; or only "*", for all but Authorization.
  std::initializer_list<const char*> headers{};
  // Fields of answers that a page's script may read beside those that it always may; or only "*".
  std::initializer_list<const char*> exposed{};
  // Cookies and Authorization of the browser are sent. Then no list may be "*".
  bool credentials = false;
  // For how long a browser need not ask again. Zero: by its default, 5 s.
  std::chrono::seconds max_age{};
};

// Requests need a token (RFC 6750) or a name with a password (RFC 7617); others are answered 401 before a route is looked for. With
// several of both, one that fits is enough, so that they can be changed one after the other. They are compared in a time that does not
// depend on how much of them is right.
//
// They come from outside the program: a variable, or a file such as a mounted secret, which is read again when it has changed. Bearer tokens
// are separated by blanks or lines, pairs "name:password" by lines. Errors: if none is found, the program does not start.
// Probes of the platform, the preflights of OFN_CORS, deliveries of a sidecar, the metrics and OpenAPI need no token. Several OFN_TOKENS: a request
// must satisfy each one that is about its path.
struct Tokens {
  const char* bearer_variable = nullptr;
  const char* bearer_file = nullptr;
  const char* basic_variable = nullptr;
  const char* basic_file = nullptr;
  const char* realm = "functions";  // for people: what the token is for
  // The paths that need a token, and those that need none, written as routes (OFN_ROUTE). Default: all need one.
  std::initializer_list<const char*> paths{};
  std::initializer_list<const char*> exempt{};
};

// Answers are compressed with gzip for clients that accept it. Outputs get the data uncompressed. An answer stays as it is if it is small,
// if its type is not among the types, or if it has Content-Encoding, Content-Range or Cache-Control: no-transform. Each piece of an answer in
// pieces reaches the client when it is written.
// Security: do not compress answers that contain both a secret and text that a stranger chooses (BREACH).
// Cost: about 20 ns for each byte, on the thread of the function; 32 KiB for an answer in pieces.
struct Compression {
  std::size_t least = 1024;  // bytes of the smallest body that is compressed
  // Media types: "text/html", "text/*", "application/*+json". Default: text, JSON, XML, JavaScript, SVG and NDJSON.
  std::initializer_list<const char*> types{};
  int level = 6;  // zlib's: 1 (fast) to 9 (small)
};

// Bodies of requests with `Content-Encoding: gzip` or `deflate` are decompressed before the function sees them; the function then finds no
// Content-Encoding. The decompressed body may have as many bytes as --max-body-size: else 413. A body that is not what it says: 400.
// Another encoding: 415 with Accept-Encoding. Without this, functions get such bodies as they are.
struct Decompression {};

// Answers to GET and HEAD with status 200 get a strong ETag, made from the body, unless the function has set one. Then the field
// If-None-Match is answered 304, and If-Match 412, as RFC 9110 §13 says. The function runs in any case; what is saved is the body on its way.
// Answers in pieces have none. Cost: about 4 ns for each byte of the body.
struct Etags {};

namespace abi {

enum class WrapperKind : std::uint32_t {
  kBefore = 1,
  kAfter = 2,
  kCors = 3,
  kTokens = 4,
  kCompression = 5,
  kDecompression = 6,
  kEtags = 7
};

// One piece of middleware of a program. Lives as long as the program.
struct WrapperRegistration {
  std::uint32_t size = sizeof(WrapperRegistration);
  WrapperKind kind{};
  const char* route = nullptr;  // of kBefore and kAfter; null: all paths
  // One of them is set, for kBefore and kAfter. Each throws what the author's function throws.
  std::optional<Response> (*before)(const Request&) = nullptr;
  std::optional<Response> (*before_in_context)(Context&, const Request&) = nullptr;
  void (*after)(const Request&, Response&) = nullptr;
  void (*after_in_context)(Context&, const Request&, Response&) = nullptr;
  const void* options = nullptr;  // of the other kinds: the struct of that name
  const char* name = nullptr;     // of the author's function, as written
  const char* file = nullptr;
  std::uint32_t line = 0;
};

}  // namespace abi

namespace internal {

// The registration of a function, with or without a route before it.
using BeforeHook = std::optional<Response>(const Request&);
using BeforeHookInContext = std::optional<Response>(Context&, const Request&);
using AfterHook = void(const Request&, Response&);
using AfterHookInContext = void(Context&, const Request&, Response&);

consteval abi::WrapperRegistration before(const char* route, BeforeHook* hook) {
  return {.kind = abi::WrapperKind::kBefore, .route = route, .before = hook};
}
consteval abi::WrapperRegistration before(const char* route, BeforeHookInContext* hook) {
  return {.kind = abi::WrapperKind::kBefore, .route = route, .before_in_context = hook};
}
consteval abi::WrapperRegistration after(const char* route, AfterHook* hook) {
  return {.kind = abi::WrapperKind::kAfter, .route = route, .after = hook};
}
consteval abi::WrapperRegistration after(const char* route, AfterHookInContext* hook) {
  return {.kind = abi::WrapperKind::kAfter, .route = route, .after_in_context = hook};
}
consteval abi::WrapperRegistration before(BeforeHook* hook) { return before(nullptr, hook); }
consteval abi::WrapperRegistration before(BeforeHookInContext* hook) {
  return before(nullptr, hook);
}
consteval abi::WrapperRegistration after(AfterHook* hook) { return after(nullptr, hook); }
consteval abi::WrapperRegistration after(AfterHookInContext* hook) { return after(nullptr, hook); }

// Returns true for arguments that one of the functions above takes.
template <class Hook, class InContext, class... T>
constexpr bool kAreHook = false;
template <class Hook, class InContext, class F>
constexpr bool kAreHook<Hook, InContext, F> =
    std::is_convertible_v<F, Hook*> || std::is_convertible_v<F, InContext*>;
template <class Hook, class InContext, class F>
constexpr bool kAreHook<Hook, InContext, const char*, F> = kAreHook<Hook, InContext, F>;

template <class... T>
  requires(!kAreHook<BeforeHook, BeforeHookInContext, T...>)
consteval abi::WrapperRegistration before(T...) {
  static_assert(kAreHook<BeforeHook, BeforeHookInContext, T...>,
                "ofn: OFN_BEFORE takes std::optional<ofn::Response> f(const ofn::Request&), also "
                "with ofn::Context& first, and a route before it if it is not for all");
  return {};
}
template <class... T>
  requires(!kAreHook<AfterHook, AfterHookInContext, T...>)
consteval abi::WrapperRegistration after(T...) {
  static_assert(kAreHook<AfterHook, AfterHookInContext, T...>,
                "ofn: OFN_AFTER takes void f(const ofn::Request&, ofn::Response&), also with "
                "ofn::Context& first, and a route before it if it is not for all");
  return {};
}

constexpr abi::WrapperRegistration placed(abi::WrapperRegistration registration, const char* name,
                                          const char* file, std::uint32_t line) {
  registration.name = name;
  registration.file = file;
  registration.line = line;
  return registration;
}

}  // namespace internal
}  // namespace ofn

// NOLINTBEGIN(cppcoreguidelines-macro-usage)

// Registers a function that runs before the function of a request: OFN_BEFORE(f) or OFN_BEFORE("GET /orders/{rest...}", f), at namespace
// scope. The route is written as in OFN_ROUTE; request.param() has the parameters of the function's own route.
//
//   std::optional<ofn::Response> f(const ofn::Request&)   or   (ofn::Context&, const ofn::Request&)
//
// If it returns a response, the request is answered with it: later ones, hooks and the function do not run, those of OFN_AFTER do, and nothing is
// sent to outputs. A path without a function is answered 404 without it.
// Order: by the files' names, and then by the lines. Threads: that of the function, on which it may block.
// Errors: what it throws is answered as if the function had thrown it (<ofn/errors.h>).
#define OFN_BEFORE(...) \
  OFN_INTERNAL_WRAPPER(__COUNTER__, ::ofn::internal::before(__VA_ARGS__), #__VA_ARGS__)

// Registers a function that may change the answer: OFN_AFTER(f) or OFN_AFTER("/orders/{rest...}", f).
//
//   void f(const ofn::Request&, ofn::Response&)   or   (ofn::Context&, const ofn::Request&, ofn::Response&)
//
// It sees the answer of the function, of a hook or of OFN_BEFORE, also to a failure. Outputs get the changed answer of an http, typed or
// openfunction function. A status of 400 or more turns a success into a failure; a failure stays one. Of an answer in pieces it sees
// the head, without a body, just before that is sent; a body that it sets then is not sent. It does not see answers that the program
// gives without a function, such as 404, 503 or 504. The request's body is empty if the function has taken it.
// Order, threads, errors: as above. The others also run after one has thrown.
#define OFN_AFTER(...) \
  OFN_INTERNAL_WRAPPER(__COUNTER__, ::ofn::internal::after(__VA_ARGS__), #__VA_ARGS__)

// Each takes the fields of the struct of that name: OFN_CORS(.origins = {"*"}). Once in a program, except OFN_TOKENS.
#define OFN_CORS(...) OFN_INTERNAL_RULES(__COUNTER__, "OFN_CORS", Cors, __VA_ARGS__)
#define OFN_TOKENS(...) OFN_INTERNAL_RULES(__COUNTER__, "OFN_TOKENS", Tokens, __VA_ARGS__)
#define OFN_COMPRESSION(...) \
  OFN_INTERNAL_RULES(__COUNTER__, "OFN_COMPRESSION", Compression, __VA_ARGS__)
#define OFN_DECOMPRESSION() OFN_INTERNAL_RULES(__COUNTER__, "OFN_DECOMPRESSION", Decompression, )
#define OFN_ETAGS() OFN_INTERNAL_RULES(__COUNTER__, "OFN_ETAGS", Etags, )

#define OFN_INTERNAL_RULES(number, name, type, ...)                                         \
  namespace {                                                                               \
  constexpr ::ofn::type OFN_INTERNAL_JOIN(ofn_rules_, number) = {__VA_ARGS__};              \
  }                                                                                         \
  OFN_INTERNAL_WRAPPER(                                                                     \
      number,                                                                               \
      (::ofn::abi::WrapperRegistration{.kind = ::ofn::abi::WrapperKind::k##type,            \
                                       .options = &OFN_INTERNAL_JOIN(ofn_rules_, number)}), \
      name)

#define OFN_INTERNAL_WRAPPER(number, registration, name)                                           \
  namespace {                                                                                      \
  constexpr ::ofn::abi::WrapperRegistration OFN_INTERNAL_JOIN(ofn_wrapper_, number) =              \
      ::ofn::internal::placed(registration, name, __FILE__, __LINE__);                             \
  OFN_INTERNAL_KEPT("ofn_wrappers")                                                                \
  constexpr const ::ofn::abi::WrapperRegistration* OFN_INTERNAL_JOIN(ofn_wrapper_entry_, number) = \
      &OFN_INTERNAL_JOIN(ofn_wrapper_, number);                                                    \
  }

// NOLINTEND(cppcoreguidelines-macro-usage)
