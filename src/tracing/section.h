// The context's section `tracing` with the provider `opentelemetry`, as the variables of OpenTelemetry that mean the same.
//
//   const Environment all = with_section(env, context, notes);
//   const otlp::Settings settings = otlp::read_settings(all, notes);
//   TraceRules rules(settings.traces, section_tags(env, context), section_baggage(context));
//
// So one reader knows all settings, and a variable that is set has precedence over the section: it is the more local one.
#pragma once

#include <vector>

#include "context/environment.h"
#include "context/function_context.h"
#include "document/problem.h"

namespace ofn::tracing {

// Returns the environment with what the section says where no variable says it. Messages then name the member instead of a variable.
// Errors: none; a value that is not understood is ignored, and a warning is added to the notes.
Environment with_section(const Environment& env, const FunctionContext& context,
                         std::vector<Note>& notes);
// Returns the tags of a section of any provider with `func`, `instance` and `namespace`, which OpenFunction's frameworks fill: the
// function's name, POD_NAME and POD_NAMESPACE. A tag that the section has keeps its value.
Metadata filled_tags(const Environment& env, const FunctionContext& context,
                     const Tracing& section);
// The same; empty without a section of this provider.
Metadata section_tags(const Environment& env, const FunctionContext& context);
Metadata section_baggage(const FunctionContext& context);

}  // namespace ofn::tracing
