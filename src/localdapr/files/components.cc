#include "localdapr/files/components.h"

#include "localdapr/files/local_storage.h"

namespace ofn::localdapr {
namespace {

constexpr std::array<Property, 2> kProperties = {{{"rootPath"}, {"fileName", Support::kHarmless}}};

Result<Parts> make(const Component& component, const Surroundings& around) {
  return part(&Parts::output, blocking(LocalStorage::create(component), around.run));
}

}  // namespace

constinit const ComponentType kLocalStorage{.name = "bindings.localstorage",
                                            .kind = Kind::kOutput,
                                            .properties = {kProperties},
                                            .make = make};

}  // namespace ofn::localdapr
