// One function that the framework can call: what a program registered, as the host knows it.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <ofn/abi.h>

namespace ofn {

using Signature = abi::Signature;

// "http", "cloudevent", "event", "openfunction", "typed": the words of --signature-type.
std::string_view signature_name(Signature signature) noexcept;
std::optional<Signature> parse_signature(std::string_view name) noexcept;

// A route as its author wrote it (OFN_ROUTE).
struct RegisteredRoute {
  std::string text;   // "GET /users/{id}"
  std::string place;  // "hello.cc:7"
};

// A value. Lifetime: the program that it came from stays loaded for good.
// Threads: invoke() may run on any thread, many times at once.
struct Function {
  std::string name;  // "hello", "app::hello"
  Signature signature{};
  void (*invoke)(const abi::Call&, abi::Outcome&) = nullptr;
  bool takes_context = false;             // it may wait for the sidecar
  bool streams = false;                   // it may wait for its caller
  std::string place{};                    // of its registration: "hello.cc:7"
  std::vector<RegisteredRoute> routes{};  // none: see Routes
  const abi::Typed* typed = nullptr;      // of kTyped
};

// Why a function cannot serve what a Dapr input delivers; nullopt when it can. It is asked at start.
std::optional<std::string> delivery_problem(const Function& function);

// The warning that is due when --signature-type asks for another signature than the C++ type of the
// function has, which wins; nullopt when they agree. `http` agrees with every signature that is
// served over HTTP, that is, with all of them.
std::optional<std::string> signature_warning(const Function& function, Signature requested);

}  // namespace ofn
