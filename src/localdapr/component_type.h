// One component type of the catalogue: its name, its kind, its properties, and the function that
// makes a component.
//
//   // cron/components.cc
//   constexpr std::array<Property, 1> kProperties = {{{"schedule"}}};
//   constinit const ComponentType kCronBinding{
//       .name = "bindings.cron",
//       .kind = Kind::kInput,
//       .properties = {kProperties},
//       .make = [](const Component& component, const Surroundings& around) {
//         return part(&Parts::input, CronBinding::create(component, around.loop));
//       }};
#pragma once

#include <array>
#include <cstdint>
#include <expected>
#include <memory>
#include <span>
#include <string_view>
#include <utility>

#include "base/error.h"
#include "base/log.h"
#include "localdapr/component.h"
#include "localdapr/executor.h"
#include "localdapr/input_binding.h"
#include "localdapr/output_binding.h"
#include "localdapr/pubsub.h"
#include "localdapr/secret_store.h"
#include "localdapr/state_store.h"
#include "loop/loop.h"

namespace ofn::localdapr {

enum class Kind : std::uint8_t {
  kInput,           // a binding that calls the app
  kOutput,          // a binding that the app calls
  kInputAndOutput,  // a binding that does both
  kPubsub,
  kState,
  kSecrets,
};

enum class Support : std::uint8_t {
  kDone,      // the local sidecar does the same as Dapr
  kHarmless,  // ignored, because the app gets the same events and data without it
  kRefused,   // refused, because ignoring it would change the behaviour
};

struct Property {
  std::string_view name;
  Support support = Support::kDone;
  std::string_view instead = {};  // for a refused property: what to do, other than running Dapr
};

// The enabled directions of a binding.
struct Direction {
  bool input = true;
  bool output = true;
  // True if the property names "input": then the binding starts without asking the app whether it
  // uses it.
  bool starts_unasked = false;
};

// The objects that a component needs. Lifetime: everything that it refers to outlives the
// component.
struct Surroundings {
  Loop& loop;
  Log& log;
  std::string_view app_id;
  Executor run;         // for work that blocks
  Direction direction;  // of a binding: the enabled directions
};

// One component, as the ports that it implements. A binding has one part for each direction.
struct Parts {
  std::unique_ptr<InputBinding> input{};
  std::unique_ptr<OutputBinding> output{};
  std::unique_ptr<Pubsub> pubsub{};
  std::unique_ptr<StateStore> state{};
  std::unique_ptr<SecretStore> secrets{};
};

// Returns a component with this one part, or the error of making it.
template <class Port, class Made>
Result<Parts> part(std::unique_ptr<Port> Parts::* port, Result<Made> made) {
  if (!made) return std::unexpected(std::move(made.error()));
  Parts parts;
  parts.*port = *std::move(made);
  return parts;
}

// A value that contains only constants, so it is made at compile time.
struct ComponentType {
  std::string_view name;  // "bindings.cron"; compared without case
  Kind kind = Kind::kInput;
  // The type's own properties. component_properties.cc adds those that every type of its kind has.
  std::array<std::span<const Property>, 2> properties{};
  // The capabilities in daprd's metadata. For a binding its directions are added.
  std::span<const std::string_view> capabilities{};
  // Errors: the reason why the component cannot start, with daprd's message if daprd has one.
  Result<Parts> (*make)(const Component& component, const Surroundings& around) = nullptr;
};

}  // namespace ofn::localdapr
