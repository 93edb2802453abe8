// Reads FUNC_CONTEXT and FUNC_CONTEXT_V1BETA2, or a file in their place, into one FunctionContext,
// or reports all mistakes.
//
//   std::vector<Note> notes;
//   auto context = parse_context(env("FUNC_CONTEXT"), env("FUNC_CONTEXT_V1BETA2"), notes);
//   if (!context) for (const Problem& problem : context.error()) say(problem.text());
//
// The platform's controller sets both variables, with different content. Each schema has:
//
//   meaning           v1beta1                             v1beta2
//   ----------------  ----------------------------------  ---------------------------------------
//   runtime           runtime                             Async if triggers has dapr, else
//                                                         Knative
//   port              port (a string)                     triggers.http.port (a number)
//   triggers          inputs{name → component}            triggers.dapr[]; its type may be empty
//   inputs to fetch   -                                   inputs{}
//   outputs           outputs{}, topic in uri             outputs{}, topic missing
//   keys of the maps  inputName/outputName, else the      the user's name of the component
//                     user's name of the component
//   hooks             prePlugins, postPlugins: the global preHooks, postHooks: global and own
//                     ones and the tracing provider's
//                     name
//   tracing           pluginsTracing                      tracing
//
// There is a third form: the Python framework reads the v1beta2 members from FUNC_CONTEXT, with
// pre_hooks, post_hooks and a numeric port. So a document's schema is recognized by its shape, and
// each variable, and a file, may contain either schema.
//
// How they are merged:
// - Entries are matched by componentName (triggers also by topic), because the keys differ. If
//   several entries have the component, the one with the same key, operation, metadata and topic is
//   taken, in this order of weight. The v1beta1 key becomes the name and the v1beta2 key the alias;
//   both can be used. If both documents have a value, v1beta1's is taken: it has one entry for each
//   output, while v1beta2's map has only one for each component. An entry that only one document has
//   is kept.
// - Hooks: v1beta2's lists if it has any, because they are complete and follow the function's
//   override policy; otherwise v1beta1's. A name never runs twice, and the tracing provider's name is
//   not a hook.
// - Tracing: v1beta2's, or else v1beta1's. Port: triggers.http.port, or else `port`.
#pragma once

#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "context/function_context.h"
#include "document/problem.h"

namespace ofn {

// How problems and notes name the variables.
struct ContextLabels {
  std::string v1beta1 = "FUNC_CONTEXT";
  std::string v1beta2 = "FUNC_CONTEXT_V1BETA2";
};

// An absent or empty text is no context. If both are, the runtime is kNone. Errors: all problems of
// both variables. The texts may hold any bytes: nesting, sizes and UTF-8 are checked. Notes are
// added both on success and on failure.
std::expected<FunctionContext, std::vector<Problem>> parse_context(
    std::optional<std::string_view> func_context,
    std::optional<std::string_view> func_context_v1beta2, std::vector<Note>& notes,
    const ContextLabels& labels = {});

// Returns true if a context's file is JSON, and false if it is YAML. It is JSON if its name ends with .json, YAML if it ends with
// .yaml or .yml, and JSON if it ends otherwise and the text begins with { or [.
bool is_json_context_file(std::string_view file, std::string_view text);

// Reads a file with either schema, in JSON or YAML. Errors: the same,
// with the file and the line as their source; also an empty text, a Kubernetes manifest, and a
// document with inputs that has as many members of one schema as of the other.
std::expected<FunctionContext, std::vector<Problem>> parse_context_file(std::string_view file,
                                                                        std::string_view text,
                                                                        std::vector<Note>& notes);

}  // namespace ofn
