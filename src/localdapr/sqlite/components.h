// The component types of this folder, for SQLite databases: rows of catalogue.cc.
#pragma once

#include "localdapr/component_type.h"

namespace ofn::localdapr {

extern const ComponentType kSqliteState;

}  // namespace ofn::localdapr
