// One component type of the catalogue: its name, kind and properties, and the function that makes a component.
//
//   // cron/components.cc
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
  kDone,      // the local sidecar does what Dapr does
  kHarmless,  // without it the same events and data arrive
  kRefused,   // it would change what happens
};

struct Property {
  std::string_view name;
  Support support = Support::kDone;
  std::string_view instead = {};  // of a refused one: what to do, beside running Dapr
};

// The ways of a binding that are open.
struct Direction {
  bool input = true;
  bool output = true;
  // The property names "input": the binding starts without asking the app whether it wants it.
  bool starts_unasked = false;
};

// The things that a component is made with. Lifetime: everything that it refers to outlives the component.
struct Surroundings {
  Loop& loop;
  Log& log;
  std::string_view app_id;
  Executor run;         // for work that waits
  Direction direction;  // of a binding: the ways that are wanted
};

// One component, as the ports that it implements. A binding has one part for each way.
struct Parts {
  std::unique_ptr<InputBinding> input{};
  std::unique_ptr<OutputBinding> output{};
  std::unique_ptr<Pubsub> pubsub{};
  std::unique_ptr<StateStore> state{};
  std::unique_ptr<SecretStore> secrets{};
};

// A component with this one part, or the error of making it.
template <class Port, class Made>
Result<Parts> part(std::unique_ptr<Port> Parts::* port, Result<Made> made) {
  if (!made) return std::unexpected(std::move(made.error()));
  Parts parts;
  parts.*port = *std::move(made);
  return parts;
}

// A value of constants only: it is made when the program is compiled.
struct ComponentType {
  std::string_view name;  // "bindings.cron"; case does not count
  Kind kind = Kind::kInput;
  // Its own; those that every type of its kind has are added (component_properties.cc).
  std::array<std::span<const Property>, 2> properties{};
  // The capabilities that daprd's metadata names. Those of a binding are its ways, and are added.
  std::span<const std::string_view> capabilities{};
  // Errors: why the component cannot start, in daprd's words where it has them.
  Result<Parts> (*make)(const Component& component, const Surroundings& around) = nullptr;
};

}  // namespace ofn::localdapr
