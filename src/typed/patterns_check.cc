#include "typed/patterns_check.h"

#include <cstddef>
#include <set>
#include <string>
#include <vector>

#include "typed/pattern.h"

namespace ofn {
namespace {

using abi::Kind;
using abi::Type;
using abi::TypeField;

bool has_fields(const Type& type) {
  return type.kind == Kind::kObject || type.kind == Kind::kTuple || type.kind == Kind::kVariant;
}

// Visits each type inside of a type once, because a type may contain itself.
Result<void> compile_patterns(const Type& outermost) {
  std::set<const Type*> seen{&outermost};
  std::vector<const Type*> left{&outermost};
  const auto add = [&](const Type& type) {
    if (seen.insert(&type).second) left.push_back(&type);
  };
  while (!left.empty()) {
    const Type& type = *left.back();
    left.pop_back();
    if (type.element != nullptr) add(type.element());
    if (!has_fields(type)) continue;
    for (std::size_t i = 0; i < type.count; ++i) {
      const TypeField& field = type.fields[i];
      add(field.type());
      if (field.limits.pattern == nullptr) continue;
      if (auto compiled = compile(*field.limits.pattern); !compiled) {
        return fail(compiled.error().code(), std::string(type.name) + "." +
                                                 std::string(field.name) + ": " +
                                                 compiled.error().message());
      }
    }
  }
  return {};
}

}  // namespace

Result<void> compile_patterns(std::span<const Function> functions) {
  for (const Function& function : functions) {
    if (function.typed == nullptr) continue;
    for (const abi::TypedEnd* end : {&function.typed->argument, &function.typed->result}) {
      if (end->type == nullptr) continue;
      if (auto compiled = compile_patterns(end->type()); !compiled) {
        return fail(compiled.error().code(),
                    function.place + ": " + function.name + ": " + compiled.error().message());
      }
    }
  }
  return {};
}

}  // namespace ofn
