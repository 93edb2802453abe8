// What a call does with a state store, for the spans of every notation.
//
//   const StateUse use = use_of(GetState{.store = "cart", .key = "7"});   // get, cart, 1 key
#pragma once

#include <algorithm>
#include <cstddef>
#include <string_view>

#include <ofn/stores.h>

#include "context/function_context.h"

namespace ofn::tracing {

// The operation of a call of a state store, and how many keys it has.
struct StateUse {
  std::string_view operation;
  std::string_view store;
  std::size_t keys = 1;
};

inline StateUse use_of(const GetState& call) { return {"get", call.store}; }
inline StateUse use_of(const GetBulkState& call) { return {"get", call.store, call.keys.size()}; }
inline StateUse use_of(const StateItems& call) { return {"set", call.store, call.items.size()}; }
inline StateUse use_of(const DeleteState& call) { return {"delete", call.store}; }
inline StateUse use_of(const DeleteBulkState& call) {
  return {"delete", call.items.store, call.items.items.size()};
}
inline StateUse use_of(const StateTransaction& call) {
  return {"transaction", call.store, call.operations.size()};
}

// The type of a declared store by its component, such as "state.redis"; empty if it is unknown.
inline std::string_view store_type(const FunctionContext& context, std::string_view component) {
  const auto declared = std::ranges::find(context.states, component, &State::component);
  return declared == context.states.end() ? std::string_view() : declared->component_type;
}

}  // namespace ofn::tracing
