#include "localdapr/sqlite/components.h"

#include "localdapr/sqlite/sqlite_state.h"

namespace ofn::localdapr {
namespace {

constexpr std::array<Property, 10> kProperties = {
    {{"connectionString"},
     {"url"},
     {"tableName"},
     {"metadataTableName"},
     {"cleanupInterval"},
     {"cleanupIntervalInSeconds", Support::kRefused, "write cleanupInterval, for example 3600s"},
     {"busyTimeout"},
     {"disableWAL"},
     {"timeout", Support::kHarmless},
     {"timeoutInSeconds", Support::kHarmless}}};
constexpr std::array<std::string_view, 4> kCapabilities = {"ETAG", "TRANSACTIONAL", "TTL", "ACTOR"};

Result<Parts> make(const Component& component, const Surroundings& around) {
  return part(&Parts::state, SqliteState::create(component, around.loop.clock()));
}

}  // namespace

constinit const ComponentType kSqliteState{.name = "state.sqlite",
                                           .kind = Kind::kState,
                                           .properties = {kProperties},
                                           .capabilities = kCapabilities,
                                           .make = make};

}  // namespace ofn::localdapr
