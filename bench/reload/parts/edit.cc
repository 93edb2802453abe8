// The file whose edits are measured. Each edit changes the number.
#include "parts.h"

namespace {

constexpr int kEdit = 0;

}  // namespace

std::string edit() { return "edit " + std::to_string(kEdit); }
