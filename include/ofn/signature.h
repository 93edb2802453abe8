// From the C++ type of an author's function to what the framework calls. The type alone decides:
//
//   Response f(const Request&)      http         and any return type that converts to Response
//   void f(const CloudEvent&)       cloudevent   and returning a CloudEvent, or an optional one
//   void f(const EventData&, const EventContext&)   event
//   Out f(Context&, Bytes)          openfunction and any return type that converts to Out, or void
//   R f(const A&)                   typed        structs from and to JSON: in <ofn/typed.h>
//   void f(const Request&, Writer&) http         an answer in pieces
//
// Those of requests, events and own types may take a Context& first, openfunction may do without the
// Bytes. Each may be a coroutine: a task<R> instead of R.
// A form is one specialisation of Form and one overload of select; a new signature adds its own
// below the last one.
#pragma once

#include <concepts>
#include <optional>
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

// What an author reads when the type of a function is none of the supported ones.
// NOLINTNEXTLINE(cppcoreguidelines-macro-usage): static_assert wants a literal.
#define OFN_INTERNAL_FORMS                                                                    \
  "\n  ofn::Response f(const ofn::Request&)      or returning std::string, or taking nothing" \
  "\n  void f(const ofn::CloudEvent&)            or returning ofn::CloudEvent"                \
  "\n  void f(const ofn::EventData&, const ofn::EventContext&)"                               \
  "\n  ofn::Out f(ofn::Context&, ofn::Bytes)     or returning void, or std::string"           \
  "\n  void f(const ofn::Request&, ofn::Writer&)"                                             \
  "\n  R f(const A&)                             A and R with OFN_FIELDS, <ofn/typed.h>"      \
  "\nor one of these with ofn::Context& first, or returning ofn::task of that"

// Every program has its own copy of the framework's code, also when it is compiled without
// -fvisibility=hidden and shares a process with another.
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

// By reference to const, or by value.
template <class A, class T>
concept Argument = std::same_as<A, const T&> || std::same_as<A, T>;

// What a function gets that takes a T as A, `own` if that may be taken.
template <class A, class T>
  requires Argument<A, T>
A given(const T* borrowed, T* own) {
  if constexpr (std::same_as<A, T>) {
    return own != nullptr ? std::move(*own) : *borrowed;
  } else {
    return *borrowed;
  }
}
template <Argument<Request> A>
A request_of(const abi::Call& call) {
  return given<A>(call.request, call.own_request);
}
template <Argument<CloudEvent> A>
A event_of(const abi::Call& call) {
  return given<A>(call.event, call.own_event);
}

// Where the host finds what a function of that signature returned.
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

// Hands a call's coroutine to the host.
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

// Runs a function, and keeps what it returns.
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

// How a function of type F is called. Supported types have kSignature, kTakesContext and call(); those
// with a Writer kStreams.
template <class F>
struct OFN_INTERNAL_HIDDEN Form;

template <HttpAnswer R>
struct OFN_INTERNAL_HIDDEN Form<R (*)()> {
  static constexpr abi::Signature kSignature = abi::Signature::kHttp;
  static constexpr bool kTakesContext = false;
  static void call(R (*function)(), const abi::Call& call, abi::Outcome& outcome) {
    keep<kSignature>(call, outcome, function);
  }
};

template <HttpAnswer R, Argument<Request> A>
struct OFN_INTERNAL_HIDDEN Form<R (*)(A)> {
  static constexpr abi::Signature kSignature = abi::Signature::kHttp;
  static constexpr bool kTakesContext = false;
  static void call(R (*function)(A), const abi::Call& call, abi::Outcome& outcome) {
    keep<kSignature>(call, outcome, [&] { return function(request_of<A>(call)); });
  }
};

template <EventAnswer R, Argument<CloudEvent> A>
struct OFN_INTERNAL_HIDDEN Form<R (*)(A)> {
  static constexpr abi::Signature kSignature = abi::Signature::kCloudEvent;
  static constexpr bool kTakesContext = false;
  static void call(R (*function)(A), const abi::Call& call, abi::Outcome& outcome) {
    keep<kSignature>(call, outcome, [&] { return function(event_of<A>(call)); });
  }
};

template <HttpAnswer R, Argument<Request> A>
struct OFN_INTERNAL_HIDDEN Form<R (*)(Context&, A)> {
  static constexpr abi::Signature kSignature = abi::Signature::kHttp;
  static constexpr bool kTakesContext = true;
  static void call(R (*function)(Context&, A), const abi::Call& call, abi::Outcome& outcome) {
    keep<kSignature>(call, outcome, [&] { return function(*call.context, request_of<A>(call)); });
  }
};

template <EventAnswer R, Argument<CloudEvent> A>
struct OFN_INTERNAL_HIDDEN Form<R (*)(Context&, A)> {
  static constexpr abi::Signature kSignature = abi::Signature::kCloudEvent;
  static constexpr bool kTakesContext = true;
  static void call(R (*function)(Context&, A), const abi::Call& call, abi::Outcome& outcome) {
    keep<kSignature>(call, outcome, [&] { return function(*call.context, event_of<A>(call)); });
  }
};

template <OutAnswer R, Argument<Bytes>... A>
  requires(sizeof...(A) <= 1)
struct OFN_INTERNAL_HIDDEN Form<R (*)(Context&, A...)> {
  static constexpr abi::Signature kSignature = abi::Signature::kOpenFunction;
  static constexpr bool kTakesContext = true;
  static void call(R (*function)(Context&, A...), const abi::Call& call, abi::Outcome& outcome) {
    keep<kSignature>(call, outcome, [&] {
      if constexpr (sizeof...(A) == 0) {
        return function(*call.context);
      } else {
        return function(*call.context, call.data);
      }
    });
  }
};

template <NoAnswer R, Argument<EventData> D, Argument<EventContext> C>
struct OFN_INTERNAL_HIDDEN Form<R (*)(D, C)> {
  static constexpr abi::Signature kSignature = abi::Signature::kEvent;
  static constexpr bool kTakesContext = false;
  static void call(R (*function)(D, C), const abi::Call& call, abi::Outcome& outcome) {
    keep<kSignature>(call, outcome,
                     [&] { return function(call.background->data, call.background->context); });
  }
};

template <NoAnswer R, Argument<EventData> D, Argument<EventContext> C>
struct OFN_INTERNAL_HIDDEN Form<R (*)(Context&, D, C)> {
  static constexpr abi::Signature kSignature = abi::Signature::kEvent;
  static constexpr bool kTakesContext = true;
  static void call(R (*function)(Context&, D, C), const abi::Call& call, abi::Outcome& outcome) {
    keep<kSignature>(call, outcome, [&] {
      return function(*call.context, call.background->data, call.background->context);
    });
  }
};

template <class A, class F>
auto call_with_writer(F function, const abi::Call& call, Writer& writer) {
  if constexpr (std::is_invocable_v<F, A, Writer&>) {
    return function(request_of<A>(call), writer);
  } else {
    return function(*call.context, request_of<A>(call), writer);
  }
}
// A Writer lives as long as the call. Nothing written: its head is the whole answer.
template <class A, class F>
OFN_INTERNAL_HIDDEN task<void> stream_later(F function, const abi::Call& call,
                                            abi::Outcome& outcome) {
  Writer writer(*call.stream);
  co_await call_with_writer<A>(function, call, writer);
  if (!writer.begun()) outcome.response = writer.take_head();
}
template <class A, class F>
void stream(F function, const abi::Call& call, abi::Outcome& outcome) {
  using R = decltype(call_with_writer<A>(function, call, std::declval<Writer&>()));
  if constexpr (kIsTask<R>) {
    become(stream_later<A>(function, call, outcome), call, outcome);
  } else {
    Writer writer(*call.stream);
    call_with_writer<A>(function, call, writer);
    if (!writer.begun()) outcome.response = writer.take_head();
  }
}

template <NoAnswer R, Argument<Request> A>
struct OFN_INTERNAL_HIDDEN Form<R (*)(A, Writer&)> {
  static constexpr abi::Signature kSignature = abi::Signature::kHttp;
  static constexpr bool kTakesContext = false;
  static constexpr bool kStreams = true;
  static void call(R (*function)(A, Writer&), const abi::Call& call, abi::Outcome& outcome) {
    stream<A>(function, call, outcome);
  }
};

template <NoAnswer R, Argument<Request> A>
struct OFN_INTERNAL_HIDDEN Form<R (*)(Context&, A, Writer&)> {
  static constexpr abi::Signature kSignature = abi::Signature::kHttp;
  static constexpr bool kTakesContext = true;
  static constexpr bool kStreams = true;
  static void call(R (*function)(Context&, A, Writer&), const abi::Call& call,
                   abi::Outcome& outcome) {
    stream<A>(function, call, outcome);
  }
};

// What the generated source of `--source file.cc` finds under the target's name when the author's
// file has no such function.
struct Absent {};

// The one function of an overload set that has a supported type, without its noexcept.
template <HttpAnswer R>
constexpr auto select(R (*function)()) {
  return function;
}
template <HttpAnswer R>
constexpr auto select(R (*function)(const Request&)) {
  return function;
}
template <HttpAnswer R>
constexpr auto select(R (*function)(Request)) {
  return function;
}
template <EventAnswer R>
constexpr auto select(R (*function)(const CloudEvent&)) {
  return function;
}
template <EventAnswer R>
constexpr auto select(R (*function)(CloudEvent)) {
  return function;
}
template <HttpAnswer R>
constexpr auto select(R (*function)(Context&, const Request&)) {
  return function;
}
template <HttpAnswer R>
constexpr auto select(R (*function)(Context&, Request)) {
  return function;
}
template <EventAnswer R>
constexpr auto select(R (*function)(Context&, const CloudEvent&)) {
  return function;
}
template <EventAnswer R>
constexpr auto select(R (*function)(Context&, CloudEvent)) {
  return function;
}
template <OutAnswer R>
constexpr auto select(R (*function)(Context&)) {
  return function;
}
template <OutAnswer R>
constexpr auto select(R (*function)(Context&, Bytes)) {
  return function;
}
template <OutAnswer R>
constexpr auto select(R (*function)(Context&, const Bytes&)) {
  return function;
}
template <NoAnswer R>
constexpr auto select(R (*function)(const EventData&, const EventContext&)) {
  return function;
}
template <NoAnswer R>
constexpr auto select(R (*function)(const EventData&, EventContext)) {
  return function;
}
template <NoAnswer R>
constexpr auto select(R (*function)(EventData, const EventContext&)) {
  return function;
}
template <NoAnswer R>
constexpr auto select(R (*function)(EventData, EventContext)) {
  return function;
}
template <NoAnswer R>
constexpr auto select(R (*function)(Context&, const EventData&, const EventContext&)) {
  return function;
}
template <NoAnswer R>
constexpr auto select(R (*function)(Context&, const EventData&, EventContext)) {
  return function;
}
template <NoAnswer R>
constexpr auto select(R (*function)(Context&, EventData, const EventContext&)) {
  return function;
}
template <NoAnswer R>
constexpr auto select(R (*function)(Context&, EventData, EventContext)) {
  return function;
}
template <NoAnswer R>
constexpr auto select(R (*function)(const Request&, Writer&)) {
  return function;
}
template <NoAnswer R>
constexpr auto select(R (*function)(Request, Writer&)) {
  return function;
}
template <NoAnswer R>
constexpr auto select(R (*function)(Context&, const Request&, Writer&)) {
  return function;
}
template <NoAnswer R>
constexpr auto select(R (*function)(Context&, Request, Writer&)) {
  return function;
}
constexpr auto select(Absent (*)(Absent)) { return Absent(); }

template <class F>
constexpr bool kIsSupported = requires { Form<F>::kSignature; };
template <class R, class... A>
constexpr bool kIsSupported<R (*)(A...) noexcept> = kIsSupported<R (*)(A...)>;

template <class F>
  requires(!kIsSupported<F>)
constexpr auto select(F) {
  static_assert(kIsSupported<F>,
                "ofn: a function of this type is not supported; supported are" OFN_INTERNAL_FORMS);
  return Absent();
}

// What select() returns, for a function that may be of any type: Absent where it is not supported.
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

// The registration of what select() returned.
template <auto kFunction>
constexpr abi::Registration registration(abi::Origin origin, const char* name, const char* file,
                                         std::uint32_t line, const char* route) {
  if constexpr (std::is_same_v<std::remove_const_t<decltype(kFunction)>, Absent>) {
    return {};
  } else {
    const abi::Typed* typed = nullptr;
    constexpr bool kStreams = requires { Form<decltype(kFunction)>::kStreams; };
    if constexpr (requires { Form<decltype(kFunction)>::kTyped; })
      typed = &Form<decltype(kFunction)>::kTyped;
    return {.signature = Form<decltype(kFunction)>::kSignature,
            .origin = origin,
            .name = name,
            .invoke = &invoke<kFunction>,
            .file = file,
            .line = line,
            .takes_context = Form<decltype(kFunction)>::kTakesContext,
            .streams = kStreams,
            .route = route,
            .typed = typed};
  }
}

}  // namespace ofn::internal
