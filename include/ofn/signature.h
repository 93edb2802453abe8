// Decides from the C++ type of an author's function how the framework calls it. Only the type
// decides:
//
//   Response f(const Request&)      http         and any return type that converts to Response
//   void f(const CloudEvent&)       cloudevent   and returning a CloudEvent, or an optional one
//   void f(const EventData&, const EventContext&)   event
//   Out f(Context&, Bytes)          openfunction and any return type that converts to Out, or void
//   R f(const A&)                   typed        structs from and to JSON: in <ofn/typed.h>
//   void f(const Request&, Writer&) http         an answer in pieces
//   R f(const Request&, Reader&)    http         a body in pieces: in <ofn/reader.h>
//
// Functions of requests, events and the author's own types may take a Context& first; an
// openfunction function may leave out the Bytes. Each may be a coroutine that returns a task<R>
// instead of R. A new signature is a row of the table below; a new type of argument is a branch of
// argument().
#pragma once

#include <concepts>
#include <cstdint>
#include <optional>
#include <string_view>
#include <type_traits>
#include <utility>

#include <ofn/abi.h>
#include <ofn/cloud_event.h>
#include <ofn/context.h>
#include <ofn/event.h>
#include <ofn/request.h>
#include <ofn/response.h>
#include <ofn/task.h>
#include <ofn/writer.h>

// The message for an author if the type of a function is not supported. Few lines, because compilers add their own.
// NOLINTNEXTLINE(cppcoreguidelines-macro-usage): static_assert wants a literal.
#define OFN_INTERNAL_FORMS                                                                      \
  "\n  ofn::Response f(const ofn::Request&); void f(const ofn::CloudEvent&); void f(const "     \
  "ofn::EventData&, const ofn::EventContext&); ofn::Out f(ofn::Context&, ofn::Bytes);"          \
  "\n  void f(const ofn::Request&, ofn::Writer&); R f(const ofn::Request&, ofn::Reader&) with " \
  "<ofn/reader.h>; R f(const A&) with <ofn/typed.h>; each also with ofn::Context& first, and "  \
  "as ofn::task<R>"

// NOLINTNEXTLINE(cppcoreguidelines-macro-usage): the same
#define OFN_INTERNAL_UNSUPPORTED \
  "ofn: a function of this type is not supported; supported are" OFN_INTERNAL_FORMS

// Every program has its own copy of the framework's code, even if it is compiled without
// -fvisibility=hidden and shares a process with another program.
// NOLINTNEXTLINE(cppcoreguidelines-macro-usage)
#define OFN_INTERNAL_HIDDEN __attribute__((visibility("hidden")))

namespace ofn::internal {

template <class R>
concept NoAnswer = std::is_void_v<Awaited<R>>;

template <class R>
concept HttpAnswer = !NoAnswer<R> && std::is_convertible_v<Awaited<R>, Response>;

template <class R>
concept EventAnswer = NoAnswer<R> || std::convertible_to<Awaited<R>, std::optional<CloudEvent>>;

template <class R>
concept OutAnswer = NoAnswer<R> || std::is_convertible_v<Awaited<R>, Out>;

// True for a reference to const, and for a value.
template <class A, class T>
concept Argument = std::same_as<A, const T&> || std::same_as<A, T>;

// The argument for a function that takes a T as A. `own` is set if the function may take it.
template <class A, class T>
  requires Argument<A, T>
A given(const T* borrowed, T* own) {
  if constexpr (std::same_as<A, T>) {
    // With Clang, a conditional expression of both would be a copy.
    if (own != nullptr) return std::move(*own);
    return *borrowed;
  } else {
    return *borrowed;
  }
}
// Returns the argument of type A for a function in a call.
template <class A>
A argument(const abi::Call& call, Writer* writer) {
  if constexpr (std::same_as<A, Context&>) {
    return *call.context;
  } else if constexpr (std::same_as<A, Writer&>) {
    return *writer;
  } else if constexpr (Argument<A, Request>) {
    return given<A>(call.request, call.own_request);
  } else if constexpr (Argument<A, CloudEvent>) {
    return given<A>(call.event, call.own_event);
  } else if constexpr (Argument<A, EventData>) {
    return call.background->data;
  } else if constexpr (Argument<A, EventContext>) {
    return call.background->context;
  } else {
    static_assert(Argument<A, Bytes>);
    return call.data;
  }
}

// Returns the place where the host finds the result of a function with that signature.
template <abi::Signature kSignature>
auto& place_in(abi::Outcome& outcome) {
  if constexpr (kSignature == abi::Signature::kCloudEvent) {
    return outcome.event;
  } else if constexpr (kSignature == abi::Signature::kOpenFunction) {
    return outcome.out;
  } else {
    return outcome.response;
  }
}

// Passes a call's coroutine to the host.
OFN_INTERNAL_HIDDEN inline void become(task<void> running, const abi::Call& call,
                                       abi::Outcome& outcome) {
  const auto handle = running.release();
  handle.promise().tasks = call.tasks;
  outcome.task = {.frame = handle.address(), .failure = [](void* frame) {
                    return task<void>::Handle::from_address(frame).promise().failure;
                  }};
}

template <abi::Signature kSignature, class T>
OFN_INTERNAL_HIDDEN task<void> keep_result(task<T> function, abi::Outcome& outcome) {
  place_in<kSignature>(outcome) = co_await function;
}

// Runs a function and stores its result.
template <abi::Signature kSignature>
void keep(const abi::Call& call, abi::Outcome& outcome, auto run) {
  using R = decltype(run());
  if constexpr (std::is_void_v<R>) {
    run();
  } else if constexpr (std::same_as<R, task<void>>) {
    become(run(), call, outcome);
  } else if constexpr (kIsTask<R>) {
    become(keep_result<kSignature>(run(), outcome), call, outcome);
  } else {
    place_in<kSignature>(outcome) = run();
  }
}

// Stands for a function that does not exist or cannot be served. The loader declares a function of
// this type under the target's name; it is found only if the author's file has no such function.
struct Absent {};

// The supported functions. For each row, signature_of() returns the signature of a function of that
// type, and select() returns the only function of an overload set that has it, without its
// noexcept.
#define OFN_INTERNAL_SERVES(signature, answer, ...)           \
  template <answer R>                                         \
  constexpr abi::Signature signature_of(R (*)(__VA_ARGS__)) { \
    return abi::Signature::signature;                         \
  }                                                           \
  template <answer R>                                         \
  constexpr auto select(R (*function)(__VA_ARGS__)) {         \
    return function;                                          \
  }
#define OFN_INTERNAL_SERVES_ALSO_WITH_CONTEXT(signature, answer, ...) \
  OFN_INTERNAL_SERVES(signature, answer, __VA_ARGS__)                 \
  OFN_INTERNAL_SERVES(signature, answer, Context&, __VA_ARGS__)

OFN_INTERNAL_SERVES(kHttp, HttpAnswer)
OFN_INTERNAL_SERVES_ALSO_WITH_CONTEXT(kHttp, HttpAnswer, const Request&)
OFN_INTERNAL_SERVES_ALSO_WITH_CONTEXT(kHttp, HttpAnswer, Request)
OFN_INTERNAL_SERVES_ALSO_WITH_CONTEXT(kHttp, NoAnswer, const Request&, Writer&)
OFN_INTERNAL_SERVES_ALSO_WITH_CONTEXT(kHttp, NoAnswer, Request, Writer&)
OFN_INTERNAL_SERVES_ALSO_WITH_CONTEXT(kCloudEvent, EventAnswer, const CloudEvent&)
OFN_INTERNAL_SERVES_ALSO_WITH_CONTEXT(kCloudEvent, EventAnswer, CloudEvent)
OFN_INTERNAL_SERVES_ALSO_WITH_CONTEXT(kEvent, NoAnswer, const EventData&, const EventContext&)
OFN_INTERNAL_SERVES_ALSO_WITH_CONTEXT(kEvent, NoAnswer, const EventData&, EventContext)
OFN_INTERNAL_SERVES_ALSO_WITH_CONTEXT(kEvent, NoAnswer, EventData, const EventContext&)
OFN_INTERNAL_SERVES_ALSO_WITH_CONTEXT(kEvent, NoAnswer, EventData, EventContext)
OFN_INTERNAL_SERVES(kOpenFunction, OutAnswer, Context&)
OFN_INTERNAL_SERVES(kOpenFunction, OutAnswer, Context&, const Bytes&)
OFN_INTERNAL_SERVES(kOpenFunction, OutAnswer, Context&, Bytes)

#undef OFN_INTERNAL_SERVES_ALSO_WITH_CONTEXT
#undef OFN_INTERNAL_SERVES

template <class F>
concept Served = requires(F function) { signature_of(function); };

// How to call a function of type F. Every supported type has kSignature, kTakesContext, kStreams
// and call(); the types of <ofn/typed.h> also have kTyped.
template <class F>
struct OFN_INTERNAL_HIDDEN Form;

template <class R, class... A>
OFN_INTERNAL_HIDDEN task<void> stream_later(R (*function)(A...), const abi::Call& call,
                                            abi::Outcome& outcome) {
  Writer writer(*call.stream);
  co_await function(argument<A>(call, &writer)...);
  if (!writer.begun()) outcome.response = writer.take_head();
}

template <class R, class... A>
  requires Served<R (*)(A...)>
struct OFN_INTERNAL_HIDDEN Form<R (*)(A...)> {
  static constexpr abi::Signature kSignature = signature_of(static_cast<R (*)(A...)>(nullptr));
  static constexpr bool kTakesContext = (std::same_as<A, Context&> || ...);
  static constexpr bool kStreams = (std::same_as<A, Writer&> || ...);

  static void call(R (*function)(A...), const abi::Call& call, abi::Outcome& outcome) {
    if constexpr (!kStreams) {
      keep<kSignature>(call, outcome, [&] { return function(argument<A>(call, nullptr)...); });
    } else if constexpr (kIsTask<R>) {
      become(stream_later(function, call, outcome), call, outcome);
    } else {
      Writer writer(*call.stream);
      function(argument<A>(call, &writer)...);
      // If the function wrote nothing, the Writer's head is the whole response.
      if (!writer.begun()) outcome.response = writer.take_head();
    }
  }
};

constexpr auto select(Absent (*)(Absent)) { return Absent(); }

template <class F>
constexpr bool kIsSupported = requires { Form<F>::kSignature; };
template <class R, class... A>
constexpr bool kIsSupported<R (*)(A...) noexcept> = kIsSupported<R (*)(A...)>;

// The loader reads F from the compilers' messages about this assertion: both GCC and Clang repeat
// its condition, which begins with this word (src/loader/unit.cc).
inline constexpr std::string_view kUnsupportedMarker = "kIsSupported<";

template <class F>
  requires(!kIsSupported<F>)
constexpr auto select(F) {
  static_assert(kIsSupported<F>, OFN_INTERNAL_UNSUPPORTED);
  return Absent();
}

// The result of select() for a function of any type: Absent if the type is not supported.
template <class R, class... A>
constexpr auto offer(R (*function)(A...)) {
  if constexpr (kIsSupported<R (*)(A...)>) {
    return function;
  } else {
    return Absent();
  }
}
constexpr Absent offer(...) { return {}; }

template <auto kFunction>
OFN_INTERNAL_HIDDEN void invoke(const abi::Call& call, abi::Outcome& outcome) {
  Form<decltype(kFunction)>::call(kFunction, call, outcome);
}

// The registration of the function that select() returned.
template <auto kFunction>
constexpr abi::Registration registration(abi::Origin origin, const char* name, const char* file,
                                         std::uint32_t line, const char* route) {
  if constexpr (std::is_same_v<std::remove_const_t<decltype(kFunction)>, Absent>) {
    return {};
  } else {
    const abi::Typed* typed = nullptr;
    if constexpr (requires { Form<decltype(kFunction)>::kTyped; })
      typed = &Form<decltype(kFunction)>::kTyped;
    constexpr bool kReadsPieces = requires { Form<decltype(kFunction)>::kReadsPieces; };
    return {.signature = Form<decltype(kFunction)>::kSignature,
            .origin = origin,
            .name = name,
            .invoke = &invoke<kFunction>,
            .file = file,
            .line = line,
            .takes_context = Form<decltype(kFunction)>::kTakesContext,
            .streams = Form<decltype(kFunction)>::kStreams,
            .reads_pieces = kReadsPieces,
            .route = route,
            .typed = typed};
  }
}

}  // namespace ofn::internal
