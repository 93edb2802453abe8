#include "context/merge.h"

#include <algorithm>
#include <set>
#include <tuple>
#include <utility>

namespace ofn {
namespace {

// An entry of the merged context: the older schema's entry, completed by the newer one's, or an
// entry that only one of them has.
struct MergedPart {
  Part part;
  std::string alias;
  bool matched = false;
};

enum class MatchTopic { kNo, kYes };

void take_if_empty(std::string& into, const std::string& from) {
  if (into.empty()) into = from;
}

class Merger {
 public:
  Merger(std::vector<Problem>& problems, std::vector<Note>& notes)
      : problems_(problems), notes_(notes) {}

  FunctionContext merge(std::vector<Document> documents) {
    // The older schema comes first, because its names and values have precedence.
    if (documents.size() > 1 && documents.back().schema < documents.front().schema) {
      std::swap(documents.front(), documents.back());
    }
    Document older = std::move(documents.front());
    Document newer;
    if (documents.size() > 1) newer = std::move(documents.back());

    FunctionContext context;
    context.name = older.name.empty() ? newer.name : older.name;
    context.version = older.version.empty() ? newer.version : older.version;
    context.http = older.http ? older.http : newer.http;
    context.http_pattern = older.http_pattern.empty() ? newer.http_pattern : older.http_pattern;
    context.port = port_of(older, newer);
    context.tracing = newer.tracing ? newer.tracing : older.tracing;
    warn_of_tracing(context);
    hooks(older, newer, context);

    for (MergedPart& merged : join(older.triggers, newer.triggers, MatchTopic::kYes)) {
      add_trigger(std::move(merged), context);
    }
    for (MergedPart& merged : join(older.outputs, newer.outputs, MatchTopic::kNo)) {
      add_output(std::move(merged), context);
    }
    for (MergedPart& merged : join(older.states, newer.states, MatchTopic::kNo)) {
      Part& part = merged.part;
      context.states.push_back(
          {std::move(part.name), std::move(part.component), std::move(part.component_type)});
    }
    for (MergedPart& merged : join(older.inputs, newer.inputs, MatchTopic::kNo)) {
      Part& part = merged.part;
      context.inputs.push_back({std::move(part.name), std::move(part.component),
                                std::move(part.component_type), std::move(part.topic),
                                std::move(part.operation), std::move(part.metadata)});
    }
    context.runtime = runtime_of(older, newer, context);
    warn_of_ambiguous_names(context);
    return context;
  }

 private:
  void warn(std::string text) { notes_.push_back({Level::kWarning, std::move(text)}); }

  void warn_of_tracing(const FunctionContext& context) {
    if (!context.tracing || !context.tracing->enabled) return;
    const std::string& provider = context.tracing->provider;
    if (provider == "opentelemetry" || provider == "skywalking") return;
    warn("the context enables tracing" + (provider.empty() ? "" : " by " + quoted(provider)) +
         ", which this version does not support: the function is served without it and exports no "
         "spans; a client's traceparent is passed on to the outputs");
  }

  std::optional<std::uint16_t> port_of(const Document& older, const Document& newer) {
    const auto http_port = newer.http_port ? newer.http_port : older.http_port;
    const auto port = older.port ? older.port : newer.port;
    if (http_port && port && *http_port != *port) {
      warn("the context names two ports, triggers.http.port " + std::to_string(*http_port) +
           " and port " + std::to_string(*port) + "; the first is used");
    }
    return http_port ? http_port : port;
  }

  Runtime runtime_of(const Document& older, const Document& newer, const FunctionContext& context) {
    const auto given = older.runtime ? older.runtime : newer.runtime;
    const bool any_broken = older.runtime_broken || newer.runtime_broken;
    const Runtime runtime =
        given.value_or(context.triggers.empty() ? Runtime::kKnative : Runtime::kAsync);
    if (runtime == Runtime::kKnative && !context.triggers.empty() && !any_broken) {
      warn(
          "the context has the runtime Knative and Dapr inputs; they are subscribed only with the "
          "runtime Async");
    }
    if (runtime == Runtime::kAsync && context.triggers.empty() && !context.http && !any_broken &&
        older.triggers.empty() && newer.triggers.empty()) {
      problems_.push_back(
          {older.variable, older.schema == Schema::kV1Beta1 ? "$.inputs" : "$.triggers.dapr",
           "at least one input, because the runtime is Async", "none", older.triggers_line});
    }
    return runtime;
  }

  // Pairs each entry of the newer schema with the older schema's entry for the same thing.
  std::vector<MergedPart> join(std::vector<Part>& older, std::vector<Part>& newer,
                               MatchTopic match_topic) {
    std::vector<MergedPart> result;
    for (Part& part : older) result.push_back({std::move(part), {}, false});
    std::vector<MergedPart> added;
    const auto place = [&](Part& part) {
      borrow_type(part, result);
      MergedPart* partner = find_partner(part, result, match_topic);
      if (partner == nullptr) {
        added.push_back({std::move(part), {}, false});
      } else {
        complete(*partner, part);
      }
    };
    const auto has_namesake = [&](const Part& part) {
      return std::any_of(result.begin(), result.end(), [&](const MergedPart& candidate) {
        return candidate.part.component == part.component && candidate.part.name == part.name;
      });
    };
    // Entries with the same key are paired first, so that no other entry can take their partner.
    std::vector<Part*> others;
    for (Part& part : newer) {
      if (has_namesake(part)) {
        place(part);
      } else {
        others.push_back(&part);
      }
    }
    for (Part* part : others) place(*part);
    for (MergedPart& part : added) result.push_back(std::move(part));
    return result;
  }

  // All entries of one component have the same type, so an entry without a type takes it from any
  // other. (Example: a v1beta2 trigger has no partner if v1beta1 had two inputs of that component
  // under one name, but it still gets its type.)
  static void borrow_type(Part& part, const std::vector<MergedPart>& others) {
    if (!part.component_type.empty()) return;
    for (const MergedPart& other : others) {
      if (other.part.component == part.component) {
        take_if_empty(part.component_type, other.part.component_type);
      }
    }
  }

  MergedPart* find_partner(const Part& part, std::vector<MergedPart>& candidates,
                           MatchTopic match_topic) {
    const auto closeness = [&part](const MergedPart& candidate) {
      const Part& other = candidate.part;
      return std::tuple(other.name == part.name, other.operation == part.operation,
                        other.metadata == part.metadata, other.topic == part.topic);
    };
    MergedPart* best = nullptr;
    bool tie = false;
    for (MergedPart& candidate : candidates) {
      const Part& other = candidate.part;
      if (candidate.matched || other.component != part.component) continue;
      const bool pubsub = component_kind(other.component_type).value_or(ComponentKind::kPubsub) ==
                          ComponentKind::kPubsub;
      if (match_topic == MatchTopic::kYes && pubsub && !part.topic.empty() &&
          !other.topic.empty() && other.topic != part.topic) {
        continue;
      }
      if (best == nullptr || closeness(candidate) > closeness(*best)) {
        best = &candidate;
        tie = false;
      } else if (closeness(candidate) == closeness(*best)) {
        tie = true;
      }
    }
    if (tie && best->part.name != part.name) {
      warn("the name " + quoted(part.name) + " may mean several entries of the component " +
           quoted(part.component) + "; it is taken for " + quoted(best->part.name));
    }
    return best;
  }

  void complete(MergedPart& merged, const Part& newer) {
    Part& part = merged.part;
    merged.matched = true;
    if (newer.name != part.name) merged.alias = newer.name;
    if (component_kind(part.component_type) && component_kind(newer.component_type) &&
        component_kind(part.component_type) != component_kind(newer.component_type)) {
      warn("the component " + quoted(part.component) + " is " + quoted(part.component_type) +
           " at " + part.variable + ' ' + part.path + " and " + quoted(newer.component_type) +
           " at " + newer.variable + ' ' + newer.path + "; the first is used");
    }
    take_if_empty(part.component_type, newer.component_type);
    take_if_empty(part.topic, newer.topic);
    take_if_empty(part.operation, newer.operation);
    if (part.metadata.empty()) part.metadata = newer.metadata;
    part.broken = part.broken || newer.broken;
  }

  enum class ComponentType { kOptional, kRequired };

  // Returns the kind of a complete part. If something is missing, reports it and returns nullopt.
  std::optional<ComponentKind> complete_kind(const Part& part, ComponentKind by_default,
                                             ComponentType type) {
    if (part.broken) return std::nullopt;
    const auto kind = component_kind(part.component_type);
    if (!kind && type == ComponentType::kRequired) {
      problems_.push_back({part.variable, part.path + ".componentType",
                           R"(a type that starts with "bindings." or "pubsub.")", "nothing",
                           part.line});
      return std::nullopt;
    }
    const ComponentKind result = kind.value_or(by_default);
    if (result == ComponentKind::kPubsub && part.topic.empty()) {
      problems_.push_back({part.variable,
                           part.path + (part.schema == Schema::kV1Beta1 ? ".uri" : ".topic"),
                           "a topic, because " + quoted(part.component_type) +
                               " is a pubsub (outputs of FUNC_CONTEXT_V1BETA2 lack it; the uri in "
                               "FUNC_CONTEXT has it)",
                           "nothing", part.line});
      return std::nullopt;
    }
    return result;
  }

  void add_trigger(MergedPart merged, FunctionContext& context) {
    Part& part = merged.part;
    // Only v1beta2 may leave the type empty. Then a topic means a pubsub.
    const auto kind = complete_kind(
        part, part.topic.empty() ? ComponentKind::kBinding : ComponentKind::kPubsub,
        part.schema == Schema::kV1Beta1 ? ComponentType::kRequired : ComponentType::kOptional);
    if (!kind) return;
    context.triggers.push_back(
        {.name = std::move(part.name),
         .alias = std::move(merged.alias),
         .component = std::move(part.component),
         .kind = *kind,
         .component_type = std::move(part.component_type),
         .topic = *kind == ComponentKind::kPubsub ? std::move(part.topic) : std::string(),
         .metadata = std::move(part.metadata)});
  }

  void add_output(MergedPart merged, FunctionContext& context) {
    Part& part = merged.part;
    const auto kind = complete_kind(part, ComponentKind::kBinding, ComponentType::kRequired);
    if (!kind) return;
    context.outputs.push_back(
        {.name = std::move(part.name),
         .alias = std::move(merged.alias),
         .component = std::move(part.component),
         .kind = *kind,
         .component_type = std::move(part.component_type),
         .topic = *kind == ComponentKind::kPubsub ? std::move(part.topic) : std::string(),
         .operation = part.operation.empty() ? "create" : std::move(part.operation),
         .metadata = std::move(part.metadata)});
  }

  void hooks(const Document& older, const Document& newer, FunctionContext& context) {
    std::set<std::string, std::less<>> tracing;
    for (const Document* document : {&older, &newer}) {
      if (document->tracing && !document->tracing->provider.empty()) {
        tracing.insert(document->tracing->provider);
      }
    }
    const auto clean = [&tracing](const std::vector<std::string>& given) {
      std::vector<std::string> names;
      for (const std::string& name : given) {
        if (tracing.contains(name) || std::find(names.begin(), names.end(), name) != names.end()) {
          continue;
        }
        names.push_back(name);
      }
      return names;
    };
    const bool from_newer = !newer.pre_hooks.empty() || !newer.post_hooks.empty();
    const Document& from = from_newer ? newer : older;
    context.pre_hooks = clean(from.pre_hooks);
    context.post_hooks = clean(from.post_hooks);
    if (!from_newer) return;
    tell_left_out(clean(older.pre_hooks), context.pre_hooks, older.variable, "pre");
    tell_left_out(clean(older.post_hooks), context.post_hooks, older.variable, "post");
  }

  void tell_left_out(const std::vector<std::string>& older, const std::vector<std::string>& used,
                     const std::string& variable, std::string_view which) {
    for (const std::string& name : older) {
      if (std::find(used.begin(), used.end(), name) != used.end()) continue;
      warn("the " + std::string(which) + "-hook " + quoted(name) + " of " + variable +
           " does not run, because the newer context has its own list without it");
    }
  }

  void warn_of_ambiguous_names(const FunctionContext& context) {
    std::set<std::string_view> names;
    for (const Output& output : context.outputs) {
      if (!names.insert(output.name).second) {
        warn("two outputs are named " + quoted(output.name) +
             "; the name means the first of them, " + context.find_output(output.name)->label());
      }
    }
    for (const Output& output : context.outputs) {
      if (!output.alias.empty() && !names.insert(output.alias).second) {
        warn("the name " + quoted(output.alias) + " means the output " +
             context.find_output(output.alias)->label() + ", not " + output.label());
      }
    }
  }

  std::vector<Problem>& problems_;
  std::vector<Note>& notes_;
};

}  // namespace

FunctionContext merge_documents(std::vector<Document> documents, std::vector<Problem>& problems,
                                std::vector<Note>& notes) {
  return Merger(problems, notes).merge(std::move(documents));
}

}  // namespace ofn
