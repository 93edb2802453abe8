// The context's section `tracing` with the provider `skywalking`, and SkyWalking's variables: where segments go, and who sends them.
//
//   if (const auto settings = read_settings(env, context, {.function_name = names}, notes))
//     connect_to(settings->oap, settings->authentication);
//
// A variable has precedence over the section, as in SkyWalking's agents: SW_AGENT_COLLECTOR_BACKEND_SERVICES, SW_AGENT_NAME,
// SW_AGENT_INSTANCE_NAME, SW_AGENT_AUTHENTICATION.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <ofn/field.h>

#include "context/environment.h"
#include "context/function_context.h"
#include "document/problem.h"
#include "wire/endpoint.h"

namespace ofn::skywalking {

struct Settings {
  wire::Endpoint oap;
  std::string authentication{};  // a secret; empty: there is none
  std::string service;
  std::string instance;
  std::vector<Header> properties{};  // of the instance
  Metadata tags{};                   // of each call's span
  Metadata baggage{};                // goes with all that is sent
  // For inner events.
  std::string function{};
  std::string space{};  // the namespace; empty: there is none
};

// The facts that the program knows of itself.
struct Facts {
  std::string function_name{};  // counts if the context has no name
  std::string instance_id{};    // if there is no pod; random
  std::string host_name{};
  std::int64_t process_id = 0;
};

// Returns nullopt if the context does not ask for SkyWalking, or if there is no way to it; then a warning is added to the notes.
std::optional<Settings> read_settings(const Environment& env, const FunctionContext& context,
                                      const Facts& facts, std::vector<Note>& notes);

// Returns true if the context asks for SkyWalking.
bool is_wanted(const FunctionContext& context);

}  // namespace ofn::skywalking
