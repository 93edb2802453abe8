// The component types of this folder, for secrets in a JSON file: rows of catalogue.cc.
#pragma once

#include "localdapr/component_type.h"

namespace ofn::localdapr {

extern const ComponentType kSecretFile;

}  // namespace ofn::localdapr
