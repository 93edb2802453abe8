// The component types of this folder: a JSON file of secrets. Rows of catalogue.cc.
#pragma once

#include "localdapr/component_type.h"

namespace ofn::localdapr {

extern const ComponentType kSecretFile;

}  // namespace ofn::localdapr
