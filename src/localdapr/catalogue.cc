#include "localdapr/catalogue.h"

#include <array>

#include "localdapr/cron/components.h"
#include "localdapr/files/components.h"
#include "localdapr/http/components.h"
#include "localdapr/memory/components.h"
#include "localdapr/mqtt/components.h"
#include "localdapr/redis/components.h"
#include "localdapr/secrets/components.h"
#include "localdapr/sqlite/components.h"

namespace ofn::localdapr {
namespace {

constexpr std::array<const ComponentType*, 11> kCatalogue = {
    &kCronBinding, &kHttpBinding, &kLocalStorage, &kMqttBinding, &kRedisBinding, &kInMemoryPubsub,
    &kMqttPubsub,  &kRedisPubsub, &kMemoryState,  &kSqliteState, &kSecretFile};

}  // namespace

std::span<const ComponentType* const> catalogue() { return kCatalogue; }

const ComponentType* find_type(std::string_view name) {
  for (const ComponentType* type : kCatalogue) {
    if (same_field_name(type->name, name)) return type;
  }
  return nullptr;
}

std::string names_of_types() {
  std::string names;
  for (const ComponentType* type : kCatalogue) {
    if (!names.empty()) names += ", ";
    names += type->name;
  }
  return names;
}

}  // namespace ofn::localdapr
