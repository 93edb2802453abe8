// OpenTelemetry's names for what Dapr calls by names of its own.
//
//   fields.attribute("messaging.system", messaging_system("pubsub.kafka"));   // kafka
//   fields.attribute("db.system.name", database_system("state.postgresql"));  // postgresql
//
// Spec: semantic conventions 1.44, messaging, database and faas.
#pragma once

#include <string_view>

#include "invocation/inbound.h"

namespace ofn::tracing {

// Each returns a static text, or a part of the component's type if the conventions have no name for it; they allow that.
// `type` is the component's type, such as "bindings.rabbitmq"; empty gives "dapr".
std::string_view messaging_system(std::string_view type);
std::string_view database_system(std::string_view type);
// Returns true for a binding whose component is a queue or a topic: what is sent there is a message.
bool is_queue(std::string_view type);
// Returns faas.trigger: "http", "pubsub", "timer" or "other".
std::string_view trigger_of(CallKind kind, std::string_view component_type);
// Returns true for the attributes that the framework gives spans of calls.
bool is_of_calls(std::string_view attribute);
// Returns the method if it is one that HTTP knows, otherwise an empty text.
std::string_view known_method(std::string_view method);

}  // namespace ofn::tracing
