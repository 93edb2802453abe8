// The rules of the code's names and the rest of the project: OFN3…
#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include "base/joined.h"
#include "base/nearest.h"
#include "check/facts.h"
#include "context/flag_table.h"
#include "document/problem.h"
#include "localdapr/catalogue.h"

namespace ofn::check {

namespace {

using Kind = CodeName::Kind;

class CodeChecker {
 public:
  CodeChecker(const Facts& facts, Findings& findings) : facts_(facts), findings_(findings) {
    for (const CheckedContext& checked : facts.contexts) {
      if (checked.context) contexts_.push_back(&checked);
    }
  }

  void check() {
    // Without a context, or with one that cannot be read, nothing is known of its names.
    if (!contexts_.empty() && contexts_.size() == facts_.contexts.size()) {
      check_outputs();
      check_states();
      check_hooks();
    }
    check_secret_stores();
    check_target();
    check_repeated();
  }

 private:
  // All names of a kind that a source has, in all sources.
  std::set<std::string> names_of(Kind kind) const {
    std::set<std::string> names;
    for (const CheckedSource& source : facts_.sources) {
      for (const CodeName* name : source.names.of(kind)) names.insert(name->name);
    }
    return names;
  }

  // Reports the names of a kind that are not among the known ones.
  void report_unknown(Kind kind, std::string_view id, const std::set<std::string>& known,
                      const std::string& what, const std::string& change) {
    const std::vector<std::string> words(known.begin(), known.end());
    for (const CheckedSource& source : facts_.sources) {
      for (const CodeName* name : source.names.of(kind)) {
        if (known.contains(name->name)) continue;
        findings_.add(id, source.spot(*name),
                      what + " " + quoted(name->name) + did_you_mean(name->name, words) + " (" +
                          (words.empty() ? std::string("it has none")
                                         : "it has " + joined(words, ", ",
                                                              [](const std::string& word) {
                                                                return quoted(word);
                                                              })) +
                          ")",
                      change);
      }
    }
  }

  void check_outputs() {
    std::set<std::string> known;
    for (const CheckedContext* checked : contexts_) {
      for (const Output& output : checked->context->outputs) {
        known.insert(output.name);
        if (!output.alias.empty()) known.insert(output.alias);
      }
    }
    report_unknown(Kind::kOutput, "OFN3001", known, "the context has no output",
                   "send to an output of the context, or add this one to it");
    check_unused_outputs();
  }

  // Under Async only the function sends; under Knative its answer goes to every output.
  void check_unused_outputs() {
    const bool sends_otherwise = facts_.has_unknown_names(&CodeNames::has_other_outputs) ||
                                 facts_.has_unknown_names(&CodeNames::sends_to_all);
    if (facts_.sources.empty() || sends_otherwise) return;
    const std::set<std::string> named = names_of(Kind::kOutput);
    for (const CheckedContext* checked : contexts_) {
      if (checked->context->runtime != Runtime::kAsync) continue;
      for (const Output& output : checked->context->outputs) {
        const CheckedContext::Found found = checked->output(output);
        if (named.contains(output.name) || named.contains(output.alias) || !found) continue;
        findings_.add("OFN3002", found.document->key_spot(*found.value),
                      "no code sends to the output " + quoted(output.name) +
                          ", and under the runtime Async nothing else does",
                      "send to it, or remove it from the context");
      }
    }
  }

  void check_states() {
    std::set<std::string> known;
    for (const CheckedContext* checked : contexts_) {
      for (const State& state : checked->context->states) {
        known.insert(state.name);
        known.insert(state.component);
      }
    }
    for (const CheckedComponent& each : facts_.components) {
      if (each.component.type.starts_with("state.")) known.insert(each.component.name);
    }
    report_unknown(Kind::kState, "OFN3003", known,
                   "neither the context nor the components have a state store",
                   "name a store that exists, or add this one to the context");
  }

  // Secret stores are not in the context.
  void check_secret_stores() {
    if (facts_.project.components_folder.empty()) return;
    std::set<std::string> known;
    for (const CheckedComponent& each : facts_.components) {
      if (each.component.type.starts_with("secretstores.")) known.insert(each.component.name);
    }
    report_unknown(Kind::kSecretStore, "OFN3004", known, "the components have no secret store",
                   "name a store that exists, or add its file");
  }

  void check_hooks() {
    const std::set<std::string> registered = names_of(Kind::kHook);
    const std::vector<std::string> words(registered.begin(), registered.end());
    std::set<std::string> named;
    const bool may_be_elsewhere =
        facts_.sources.empty() || facts_.has_unknown_names(&CodeNames::has_other_hooks);
    for (const CheckedContext* checked : contexts_) {
      for (const auto* hooks : {&checked->context->pre_hooks, &checked->context->post_hooks}) {
        for (const std::string& hook : *hooks) {
          named.insert(hook);
          const CheckedContext::Found found = checked->hook(hook);
          if (may_be_elsewhere || registered.contains(hook) || !found) continue;
          const Spot spot = found.document->spot_of(*found.value);
          const std::string certain = certain_word(hook, words);
          findings_.add_fixable(
              "OFN3005", spot,
              "the code registers no hook " + quoted(hook) +
                  (certain.empty() ? did_you_mean(hook, words)
                                   : "; did you mean " + quoted(certain) + "?"),
              "register it with OFN_PLUGIN, load it with --plugin, or remove it from the context",
              found.document->is_verbatim ? replacement_at(spot, certain) : "");
        }
      }
    }
    for (const CheckedSource& source : facts_.sources) {
      for (const CodeName* hook : source.names.of(Kind::kHook)) {
        if (named.contains(hook->name)) continue;
        findings_.add(
            "OFN3006", source.spot(*hook),
            "the context does not name the hook " + quoted(hook->name) + ", so it does not run",
            "add it to the context's hooks, or remove it");
      }
    }
    report_unknown(Kind::kUsedPlugin, "OFN3009", named, "the context runs no hook",
                   "name a hook of the context");
  }

  void check_target() {
    if (facts_.sources.empty() || !facts_.project.has_all_sources) return;
    std::set<std::string> known;
    for (const CheckedSource& source : facts_.sources)
      known.insert(source.names.functions.begin(), source.names.functions.end());
    // Perhaps macros make all of them.
    if (known.empty()) return;
    const auto report = [&](const Spot& spot, const std::string& target, const std::string& from) {
      if (target.empty() || known.contains(target)) return;
      const std::vector<std::string> words(known.begin(), known.end());
      const std::string certain = certain_word(target, words);
      findings_.add_fixable("OFN3007", spot,
                            from + " names the function " + quoted(target) +
                                ", which the code does not define" +
                                (certain.empty() ? did_you_mean(target, words)
                                                 : "; did you mean " + quoted(certain) + "?"),
                            "name a function of the code, with its namespaces", certain);
    };
    if (const auto& target = facts_.project.target) {
      report({&*target, 0, target->content.size()}, target->content, target->name);
      return;
    }
    const FlagSpec& spec = flag_spec(Flag::kTarget);
    for (const CheckedEnvFile& file : facts_.env_files) {
      for (const std::string_view variable : {spec.variable, spec.alias}) {
        const FileVariable* found = file.find(variable);
        if (found != nullptr) report(file.value_spot(*found), found->value, found->name);
      }
    }
  }

  void check_repeated() {
    struct Repeated {
      Kind kind;
      std::string_view what;
    };
    for (const Repeated& each :
         {Repeated{Kind::kFunction, "the function"}, Repeated{Kind::kRoute, "the route"},
          Repeated{Kind::kHook, "the hook"}}) {
      std::map<std::string_view, Place> first;
      for (const CheckedSource& source : facts_.sources) {
        for (const CodeName* name : source.names.of(each.kind)) {
          const Place here = place_of(source.spot(*name));
          const auto [known, is_new] = first.emplace(name->name, here);
          if (is_new) continue;
          findings_.add("OFN3008", source.spot(*name),
                        std::string(each.what) + " " + quoted(name->name) +
                            " is registered again; the first place is " + known->second.file + ":" +
                            std::to_string(known->second.line),
                        "remove one of the two");
        }
      }
    }
  }

  const Facts& facts_;
  Findings& findings_;
  std::vector<const CheckedContext*> contexts_;
};

}  // namespace

void check_code(const Facts& facts, Findings& findings) { CodeChecker(facts, findings).check(); }

}  // namespace ofn::check
