#include "localdapr/cron/components.h"

#include "localdapr/cron/cron_binding.h"

namespace ofn::localdapr {
namespace {

constexpr std::array<Property, 1> kProperties = {{{"schedule"}}};

Result<Parts> make(const Component& component, const Surroundings& around) {
  return part(&Parts::input, CronBinding::create(component, around.loop));
}

}  // namespace

constinit const ComponentType kCronBinding{
    .name = "bindings.cron", .kind = Kind::kInput, .properties = {kProperties}, .make = make};

}  // namespace ofn::localdapr
