// A program as a start makes it ready to be served: its functions with their routes, its context, hooks, handlers, middleware and life cycle.
//
//   auto program = ServedProgram::of(linked, options, log);
//   if (!program) throw std::runtime_error(program.error());
#pragma once

#include <expected>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <ofn/abi.h>
#include <ofn/testing/call.h>

#include "base/clock.h"
#include "base/log.h"
#include "context/function_context.h"
#include "function/error_handlers.h"
#include "function/routes.h"
#include "life/life_cycle.h"
#include "middleware/middleware.h"
#include "plugin/hooks.h"
#include "serving/async/subscriptions.h"

namespace ofn::kit {

// Lifetime: the author's program stays loaded. Threads: any (const), but for `life`.
struct ServedProgram {
  FunctionContext context;
  Routes routes;
  Routes no_routes;  // for a function that only a sidecar may call
  Hooks hooks;
  ErrorHandlers errors;
  Middleware middleware;
  Subscriptions subscriptions;
  std::vector<LifeStep> steps;
  std::optional<LifeCycle> life;

  // Returns the routes at which clients are served.
  const Routes& client_routes() const {
    return subscriptions.inputs().empty() || context.http ? routes : no_routes;
  }

  // Null if there are none, so that calls do not ask them.
  Hooks* used_hooks() { return hooks.empty() ? nullptr : &hooks; }
  ErrorHandlers* used_errors() { return errors.empty() ? nullptr : &errors; }
  Middleware* around_calls() { return middleware.is_around() ? &middleware : nullptr; }
  Middleware* before_calls() {
    return middleware.has_door() || middleware.is_around() ? &middleware : nullptr;
  }

  // `context`: if it is set, it takes the place of the options' one. Errors: all mistakes that a start would report, one a line.
  static std::expected<std::unique_ptr<ServedProgram>, std::string> of(
      const abi::Program& linked, const testing::Options& options, Log& log,
      std::optional<FunctionContext> context = {});
};

}  // namespace ofn::kit
