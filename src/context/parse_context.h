// FUNC_CONTEXT and FUNC_CONTEXT_V1BETA2 → one FunctionContext, or every mistake in them.
//
//   std::vector<Note> notes;
//   auto context = parse_context(env("FUNC_CONTEXT"), env("FUNC_CONTEXT_V1BETA2"), notes);
//   if (!context) for (const Problem& problem : context.error()) say(problem.text());
//
// The platform's controller sets both variables, with different content. What each schema has:
//
//   meaning           v1beta1                             v1beta2
//   ----------------  ----------------------------------  ---------------------------------------
//   runtime           runtime                             told by triggers: dapr → Async, else
//                                                         Knative
//   port              port (a string)                     triggers.http.port (a number)
//   what triggers     inputs{name → component}            triggers.dapr[]; its type may be empty
//   data to fetch     -                                   inputs{}
//   outputs           outputs{}, topic in uri             outputs{}, topic missing
//   keys of the maps  inputName/outputName, else the      the user's name of the component
//                     user's name of the component
//   hooks             prePlugins, postPlugins: the global preHooks, postHooks: global and own
//                     ones and the tracing provider's
//                     name
//   tracing           pluginsTracing                      tracing
//
// A third form exists: the Python sibling reads the v1beta2 members from FUNC_CONTEXT, with
// pre_hooks, post_hooks and a numeric port. So a document's schema is told by its shape, and either
// variable may carry either.
//
// How they are merged:
// - Entries are matched by componentName (triggers also by topic), because the keys differ; among
//   several entries of one component the one with the same key, operation, metadata and topic is
//   taken, in that order of weight. The v1beta1 key becomes the name and the v1beta2 key the alias;
//   both can be used. Where both give a value, v1beta1's is taken: it has one entry an output, while
//   v1beta2's map keeps only one a component. An entry that only one document has is kept.
// - Hooks: v1beta2's lists when it has any, because they are complete and obey the function's
//   override policy, and v1beta1's otherwise. A name is never run twice, and the tracing provider's
//   name is not a hook.
// - Tracing: v1beta2's, else v1beta1's. Port: triggers.http.port, else `port`.
#pragma once

#include <expected>
#include <optional>
#include <string_view>
#include <vector>

#include "context/function_context.h"
#include "document/problem.h"

namespace ofn {

// Absent or empty texts are no context: both so, and the runtime is kNone.
// Errors: all problems of both variables. Any bytes are answered, none is trusted: nesting, sizes
// and UTF-8 are checked. Notes are added in both outcomes.
std::expected<FunctionContext, std::vector<Problem>> parse_context(
    std::optional<std::string_view> func_context,
    std::optional<std::string_view> func_context_v1beta2, std::vector<Note>& notes);

}  // namespace ofn
