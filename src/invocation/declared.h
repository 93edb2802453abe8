// The context's components as authors see them.
#pragma once

#include <deque>
#include <span>
#include <vector>

#include <ofn/context.h>

#include "context/function_context.h"

namespace ofn {

// Lifetime: borrows from the context. Threads: any (const).
class Declared {
 public:
  explicit Declared(const FunctionContext& context);
  Declared(const Declared&) = delete;
  Declared& operator=(const Declared&) = delete;

  std::span<const Component> inputs() const noexcept { return inputs_; }  // triggers first
  std::span<const Component> outputs() const noexcept { return outputs_; }
  std::span<const Component> states() const noexcept { return states_; }
  // Of a trigger that belongs to the context; null for any other.
  const Component* input_of(const Trigger& trigger) const noexcept;

 private:
  std::span<const Field> keep(const Metadata& metadata);

  const FunctionContext& context_;
  std::vector<Component> inputs_;
  std::vector<Component> outputs_;
  std::vector<Component> states_;
  std::deque<std::vector<Field>> metadata_;
};

}  // namespace ofn
