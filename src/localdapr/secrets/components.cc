#include "localdapr/secrets/components.h"

#include "localdapr/secrets/secret_file.h"

namespace ofn::localdapr {
namespace {

constexpr std::array<Property, 3> kProperties = {
    {{"secretsFile"}, {"nestedSeparator"}, {"multiValued"}}};

Result<Parts> make(const Component& component, const Surroundings& /*around*/) {
  auto secrets = SecretFile::create(component);
  if (!secrets) return std::unexpected(std::move(secrets.error()));
  return Parts{.secrets = std::make_unique<SecretFile>(*std::move(secrets))};
}

}  // namespace

constinit const ComponentType kSecretFile{.name = "secretstores.local.file",
                                          .kind = Kind::kSecrets,
                                          .properties = {kProperties},
                                          .make = make};

}  // namespace ofn::localdapr
