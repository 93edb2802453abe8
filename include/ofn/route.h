// Limits of one route, behind its function:
//
//   std::string report(const ofn::Request& request);
//   OFN_ROUTE("GET /report", report, ofn::concurrency(4), ofn::timeout(std::chrono::seconds(5)))
//   OFN_ROUTE("POST /notes", report, ofn::max_body(64 * 1024))
//   OFN_ROUTE("POST /import", report, ofn::concurrency(1, 20))   // 20 calls may wait
//
// They also stand behind the function of OFN_FUNCTION. A route that lists several methods has one limit for all of them; two routes of one
// function have a limit each. They are for requests over HTTP: what a Dapr sidecar delivers has the program's limits.
//
// The program's own limits (--concurrency, --timeout, --max-body-size) hold as well, so the smaller one counts; the start warns of a route's
// that is larger.
// Errors: a value that makes no sense does not compile.
// Cost: a route with a concurrency of its own takes a lock for each call that waits; other routes nothing.
#pragma once

#include <chrono>
#include <concepts>
#include <cstdint>
#include <limits>
#include <utility>

#include <ofn/register.h>

namespace ofn {
namespace abi {

struct LifeRegistration;

// Lives as long as the program.
struct RouteOptions {
  static constexpr std::uint64_t kNone = std::numeric_limits<std::uint64_t>::max();
  static constexpr std::uint64_t kWrong = kNone - 1;

  std::uint32_t size = sizeof(RouteOptions);
  std::uint64_t concurrency = kNone;
  std::uint64_t queue = kNone;
  std::uint64_t timeout_nanoseconds = kNone;
  std::uint64_t max_body = kNone;            // bytes
  const LifeRegistration* object = nullptr;  // <ofn/object.h>: the object that the function is
};

}  // namespace abi

namespace internal {

struct Concurrency {
  std::uint64_t calls;
  std::uint64_t waiting;
};
struct Timeout {
  std::uint64_t nanoseconds;
};
struct MaxBody {
  std::uint64_t bytes;
};

template <class T>
concept RouteOption =
    std::same_as<T, Concurrency> || std::same_as<T, Timeout> || std::same_as<T, MaxBody>;

// A number of an option, or kWrong if it is not within the bounds.
constexpr std::uint64_t within(std::int64_t least, std::int64_t value, std::int64_t most) {
  return value < least || value > most ? abi::RouteOptions::kWrong
                                       : static_cast<std::uint64_t>(value);
}

}  // namespace internal

// At most `calls` of the route run at once; others wait. While they wait, other routes go on. If as many wait as --queue says, a further one
// is answered 503 with Retry-After (429 for functions of events).
constexpr internal::Concurrency concurrency(std::int64_t calls) {
  return {internal::within(1, calls, 1'000'000), abi::RouteOptions::kNone};
}
// The same; `waiting` calls may wait.
constexpr internal::Concurrency concurrency(std::int64_t calls, std::int64_t waiting) {
  return {internal::within(1, calls, 1'000'000), internal::within(0, waiting, 1'000'000)};
}

// A call with its outputs has this time from the request's arrival, with the time that it waits; then the client gets 504.
constexpr internal::Timeout timeout(std::chrono::nanoseconds time) {
  return {
      internal::within(1, time.count(), std::chrono::nanoseconds(std::chrono::hours(24)).count())};
}

// A request with a larger body is answered 413, when it has arrived. 0: no body. If the function has a Reader (<ofn/reader.h>), then before it
// is called, if the client has announced the size; otherwise its reads fail as with Reader::limit().
constexpr internal::MaxBody max_body(std::int64_t bytes) {
  return {internal::within(0, bytes, std::int64_t{1} << 50)};
}

namespace internal {

constexpr void put(abi::RouteOptions& options, Concurrency option) {
  options.concurrency = option.calls;
  options.queue = option.waiting;
}
constexpr void put(abi::RouteOptions& options, Timeout option) {
  options.timeout_nanoseconds = option.nanoseconds;
}
constexpr void put(abi::RouteOptions& options, MaxBody option) { options.max_body = option.bytes; }

template <class... O>
constexpr abi::RouteOptions options_from(abi::RouteOptions options, O... option) {
  constexpr auto kTimes = []<class T>(T*) { return ((std::same_as<O, T> ? 1 : 0) + ... + 0); };
  static_assert(kTimes(static_cast<Concurrency*>(nullptr)) <= 1 &&
                    kTimes(static_cast<Timeout*>(nullptr)) <= 1 &&
                    kTimes(static_cast<MaxBody*>(nullptr)) <= 1,
                "ofn: a route has each of its options once");
  (put(options, option), ...);
  return options;
}

constexpr bool are_valid(const abi::RouteOptions& options) {
  constexpr auto kWrong = abi::RouteOptions::kWrong;
  return options.concurrency != kWrong && options.queue != kWrong &&
         options.timeout_nanoseconds != kWrong && options.max_body != kWrong;
}

// `options` is a constant of the file.
constexpr abi::Registration with_options(abi::Registration registration,
                                         const abi::RouteOptions& options) {
  if (registration.invoke != nullptr) registration.options = &options;
  return registration;
}

// select() knows the types of <ofn/typed.h> only where that header is read before this one; Form knows them always.
template <class F>
constexpr auto select_alone(F function) {
  if constexpr (kIsSupported<F>) {
    return function;
  } else {
    return select(function);
  }
}

// A function that is not overloaded; and of overloaded ones that with one of these lists of parameters.
template <class R, class... A, RouteOption First, RouteOption... O>
constexpr auto select(R (*function)(A...), First, O...) {
  if constexpr (kIsSupported<R (*)(A...)>) {
    return function;
  } else {
    static_assert(kIsSupported<R (*)(A...)>, OFN_INTERNAL_UNSUPPORTED);
    return Absent();
  }
}
template <class R, class... A, RouteOption First, RouteOption... O>
constexpr abi::RouteOptions options_of(R (*)(A...), First first, O... option) {
  return options_from({}, first, option...);
}
// NOLINTNEXTLINE(cppcoreguidelines-macro-usage)
#define OFN_INTERNAL_SELECTS(...)                                                        \
  template <class R, RouteOption First, RouteOption... O>                                \
  constexpr auto select(R (*function)(__VA_ARGS__), First, O...) {                       \
    return select_alone(function);                                                       \
  }                                                                                      \
  template <class R, RouteOption First, RouteOption... O>                                \
  constexpr abi::RouteOptions options_of(R (*)(__VA_ARGS__), First first, O... option) { \
    return options_from({}, first, option...);                                           \
  }
OFN_INTERNAL_SELECTS(const Request&)
OFN_INTERNAL_SELECTS(Request)
OFN_INTERNAL_SELECTS(Context&, const Request&)
OFN_INTERNAL_SELECTS(Context&, Request)
OFN_INTERNAL_SELECTS(const Request&, Writer&)
OFN_INTERNAL_SELECTS(const CloudEvent&)
OFN_INTERNAL_SELECTS(CloudEvent)
OFN_INTERNAL_SELECTS(Context&, const CloudEvent&)
OFN_INTERNAL_SELECTS(const EventData&, const EventContext&)
OFN_INTERNAL_SELECTS(Context&)
OFN_INTERNAL_SELECTS(Context&, Bytes)
#undef OFN_INTERNAL_SELECTS

template <class... T>
constexpr bool kAreOptions = (RouteOption<T> && ...);

template <class F, class First, class... More>
  requires(!kAreOptions<First, More...>)
constexpr Absent select(F, First, More...) {
  static_assert(kAreOptions<First, More...>,
                "ofn: behind a route's function stand its options: ofn::concurrency, ofn::timeout, "
                "ofn::max_body");
  return {};
}

}  // namespace internal
}  // namespace ofn
