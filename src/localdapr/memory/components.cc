#include "localdapr/memory/components.h"

#include "localdapr/memory/in_memory_pubsub.h"
#include "localdapr/memory/memory_state.h"

namespace ofn::localdapr {
namespace {

constexpr std::array<std::string_view, 1> kPubsubCapabilities = {"SUBSCRIBE_WILDCARDS"};
constexpr std::array<std::string_view, 5> kStateCapabilities = {"ETAG", "TRANSACTIONAL", "TTL",
                                                                "DELETE_WITH_PREFIX", "ACTOR"};

}  // namespace

constinit const ComponentType kInMemoryPubsub{
    .name = "pubsub.in-memory",
    .kind = Kind::kPubsub,
    .capabilities = kPubsubCapabilities,
    .make = [](const Component& component, const Surroundings& around) -> Result<Parts> {
      return Parts{.pubsub =
                       std::make_unique<InMemoryPubsub>(component.name, around.loop, around.log)};
    }};

constinit const ComponentType kMemoryState{
    .name = "state.in-memory",
    .kind = Kind::kState,
    .capabilities = kStateCapabilities,
    .make = [](const Component& /*component*/, const Surroundings& around) -> Result<Parts> {
      return Parts{.state = std::make_unique<MemoryState>(around.loop.clock())};
    }};

}  // namespace ofn::localdapr
