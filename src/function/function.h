// A function that the framework can call, as the host sees it.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <ofn/abi.h>

namespace ofn {

using Signature = abi::Signature;

// How a request leads to calls of the function.
enum class Reads : std::uint8_t {
  kRequest,           // one call for each request
  kCloudEvents,       // one call for each event in the request
  kBackgroundEvents,  // the same, and GET / answers that the function is ready
};

// The data that a Dapr input delivers to the function. kNothing: a Dapr input cannot trigger it.
enum class DeliveredAs : std::uint8_t { kNothing, kRequest, kData, kCloudEvent };

// The result of a call.
enum class Returns : std::uint8_t { kResponse, kOut, kCloudEvent, kNothing };

// All differences between signatures, except how their functions are called (abi.h).
struct SignatureRow {
  Signature signature{};
  std::string_view name;  // its word for --signature-type
  Reads reads{};
  DeliveredAs delivered_as{};
  Returns returns{};
  bool parses_argument = false;  // parses the body before the function runs, and may refuse it

  bool is_event() const noexcept { return reads != Reads::kRequest; }
  bool may_be_delivered() const noexcept { return delivered_as != DeliveredAs::kNothing; }
  bool returns_response() const noexcept {
    return returns == Returns::kResponse || returns == Returns::kOut;
  }
};

// In the order of the signatures' numbers in abi.h. The first row is for all other numbers.
extern const std::array<SignatureRow, 6> kSignatureRows;

// Returns the row of a signature. Every signature that the registry accepts has a row; any other
// number gets the row "unknown". Every call asks several times, so this is inline.
inline const SignatureRow& row_of(Signature signature) noexcept {
  const auto number = static_cast<std::size_t>(signature);
  return kSignatureRows[number < kSignatureRows.size() ? number : 0];
}
inline std::string_view signature_name(Signature signature) noexcept {
  return row_of(signature).name;
}
// Returns the signature with that name, in any case; nullopt if there is none.
std::optional<Signature> parse_signature(std::string_view name) noexcept;

// A route as its author wrote it (OFN_ROUTE).
struct RegisteredRoute {
  std::string text;   // "GET /users/{id}"
  std::string place;  // "hello.cc:7"
};

// A value. Lifetime: the program that contains the function stays loaded until the process ends.
// Threads: invoke() may run on any thread, many times at once.
struct Function {
  std::string name;  // "hello", "app::hello"
  Signature signature{};
  void (*invoke)(const abi::Call&, abi::Outcome&) = nullptr;
  bool takes_context = false;  // it may wait for the sidecar
  bool streams = false;        // it may wait for its client
  bool reads_pieces = false;   // it may wait for its client, and begins before the body is here
  std::string place{};         // of its registration: "hello.cc:7"
  std::vector<RegisteredRoute> routes{};  // may be empty: see Routes
  const abi::Typed* typed = nullptr;      // only for kTyped
};

// Returns the reason why a function cannot serve a Dapr input, or nullopt if it can. Checked at
// start.
std::optional<std::string> delivery_problem(const Function& function);

// Returns a warning if --signature-type differs from the signature of the function's C++ type,
// which is then used; nullopt if they agree. `http` agrees with every signature, because all of
// them are served over HTTP.
std::optional<std::string> signature_warning(const Function& function, Signature requested);

}  // namespace ofn
