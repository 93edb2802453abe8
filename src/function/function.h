// One function that the framework can call: what a program registered, as the host knows it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <ofn/abi.h>

namespace ofn {

using Signature = abi::Signature;

// How a request becomes calls of the function.
enum class Reads : std::uint8_t {
  kRequest,           // one call for each request
  kCloudEvents,       // one call for each event that was posted
  kBackgroundEvents,  // the same, and GET / tells a platform that the function is up
};

// What the function gets when a Dapr input triggers it. Nothing: it cannot be triggered so.
enum class DeliveredAs : std::uint8_t { kNothing, kRequest, kData, kCloudEvent };

// What a call leaves behind.
enum class Returns : std::uint8_t { kResponse, kOut, kCloudEvent, kNothing };

// Everything in which functions of one signature differ from others, apart from how they are called (abi.h).
struct SignatureRow {
  Signature signature{};
  std::string_view name;  // the word of --signature-type
  Reads reads{};
  DeliveredAs delivered_as{};
  Returns returns{};
  bool parses_argument = false;  // the body is parsed before the function runs, and may be refused

  bool is_event() const noexcept { return reads != Reads::kRequest; }
  bool may_be_delivered() const noexcept { return delivered_as != DeliveredAs::kNothing; }
  bool returns_response() const noexcept {
    return returns == Returns::kResponse || returns == Returns::kOut;
  }
};

// The row of a signature. Every signature that the registry accepts has one; for any other number the name is "unknown".
const SignatureRow& row_of(Signature signature) noexcept;
inline std::string_view signature_name(Signature signature) noexcept {
  return row_of(signature).name;
}
// The signature with that name, in any case; nullopt if there is none.
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
