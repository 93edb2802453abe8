// A class as a function: one object that lives from the program's start to its stop.
//
//   class Counter {
//    public:
//     Counter();    // may connect to a database, and throw
//     ~Counter();
//     std::string operator()(const ofn::Request& request) const;
//   };
//   OFN_ROUTE("POST /count", ofn::object<Counter>)
//   OFN_ROUTE("GET /count", ofn::object<Counter>, ofn::concurrency(4))
//
// The class has a default constructor and one operator(), const or not, which has any form of a function (docs/functions.md). It is served by the
// name of the class. The framework makes one object of a class, however many routes it has, after the last OFN_START (<ofn/life.h>) and
// before the port opens, in the order of the registrations; only of classes that are served. It destroys them in reverse order, before the first
// OFN_STOP. For the constructor and the destructor the rules and time limits of starts and stops hold.
//
// Threads: the object is called by several threads at once, so it guards what it changes (std::atomic, std::mutex), or its route has
// ofn::concurrency(1). With that, calls of different threads still see each other's changes.
// Cost: as a function's.
#pragma once

#include <cstdint>
#include <new>
#include <stop_token>
#include <type_traits>

#include <ofn/life.h>
#include <ofn/route.h>

namespace ofn {
namespace internal {

template <class T>
struct Object {};

template <class T>
constexpr bool kHasOneCall = requires { &T::operator(); };

// The memory of the program's one T. Hidden, so that each program of a process has its own.
template <class T>
struct OFN_INTERNAL_HIDDEN TheObject {
  alignas(T) static inline unsigned char bytes[sizeof(T)];

  static T& get() { return *std::launder(reinterpret_cast<T*>(bytes)); }
  static void make(const std::stop_token&) { ::new (static_cast<void*>(bytes)) T(); }
  static void destroy(const std::stop_token&) { get().~T(); }

  // Name and place are those of the function's registration.
  static constexpr abi::LifeRegistration kLife = {.start = &make, .stop = &destroy};
};

template <class T, class Member>
struct OFN_INTERNAL_HIDDEN CallOf;
// NOLINTNEXTLINE(cppcoreguidelines-macro-usage)
#define OFN_INTERNAL_CALL_OF(...)                                                               \
  template <class T, class C, class R, class... A>                                              \
  struct OFN_INTERNAL_HIDDEN CallOf<T, R (C::*)(A...) __VA_ARGS__> {                            \
    static R call(A... argument) { return TheObject<T>::get()(static_cast<A&&>(argument)...); } \
  };
OFN_INTERNAL_CALL_OF()
OFN_INTERNAL_CALL_OF(const)
OFN_INTERNAL_CALL_OF(noexcept)
OFN_INTERNAL_CALL_OF(const noexcept)
#undef OFN_INTERNAL_CALL_OF

// The function that calls the object. A value, so that it can be a template's argument.
template <class T>
struct OFN_INTERNAL_HIDDEN CallOfObject {
  static constexpr abi::RouteOptions kOptions = {.object = &TheObject<T>::kLife};
  static constexpr auto kFunction = &CallOf<T, decltype(&T::operator())>::call;
};
template <class T>
constexpr bool kCallsObject = false;
template <class T>
constexpr bool kCallsObject<CallOfObject<T>> = true;

template <class T, RouteOption... O>
constexpr auto select(Object<T>, O...) {
  static_assert(kHasOneCall<T>,
                "ofn: the class of an ofn::object has one operator(), which is public and neither "
                "overloaded nor a template");
  static_assert(std::is_default_constructible_v<T>,
                "ofn: the class of an ofn::object has a default constructor");
  if constexpr (kHasOneCall<T> && std::is_default_constructible_v<T>) {
    using Function = std::remove_const_t<decltype(CallOfObject<T>::kFunction)>;
    static_assert(kIsSupported<Function>, OFN_INTERNAL_UNSUPPORTED);
    if constexpr (kIsSupported<Function>) {
      return CallOfObject<T>();
    } else {
      return Absent();
    }
  } else {
    return Absent();
  }
}
template <class T, RouteOption First, RouteOption... O>
constexpr abi::RouteOptions options_of(Object<T>, First first, O... option) {
  return options_from(CallOfObject<T>::kOptions, first, option...);
}

template <auto kSelected>
  requires(kCallsObject<std::remove_const_t<decltype(kSelected)>>)
constexpr abi::Registration registration(abi::Origin origin, const char* name, const char* file,
                                         std::uint32_t line, const char* route) {
  using Call = std::remove_const_t<decltype(kSelected)>;
  abi::Registration made = registration<Call::kFunction>(origin, name, file, line, route);
  made.options = &Call::kOptions;
  return made;
}

}  // namespace internal

// Stands for the object of that class in OFN_FUNCTION and OFN_ROUTE.
template <class T>
// NOLINTNEXTLINE(readability-identifier-naming): authors write it
inline constexpr internal::Object<T> object;

}  // namespace ofn
