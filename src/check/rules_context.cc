// The rules of a context by itself: OFN1…
#include <algorithm>
#include <array>
#include <expected>
#include <map>
#include <optional>
#include <utility>

#include "base/nearest.h"
#include "check/facts.h"
#include "context/parse_context.h"
#include "document/json.h"
#include "document/reader.h"
#include "document/yaml.h"

namespace ofn::check {

namespace {

using document::Placed;

constexpr std::string_view kV1Beta1 = "FUNC_CONTEXT";
constexpr std::string_view kV1Beta2 = "FUNC_CONTEXT_V1BETA2";

// The members that the program reads, by the place of their object; docs/context.md describes them. "*" stands for any name or
// number.
struct Members {
  std::string_view path;
  std::vector<std::string> names;
};
const std::vector<Members>& known_members() {
  static const std::vector<Members> all_members = {
      {"$",
       {"name", "version", "runtime", "port", "httpPattern", "triggers", "inputs", "outputs",
        "states", "prePlugins", "preHooks", "postPlugins", "postHooks", "pluginsTracing",
        "tracing"}},
      {"$.triggers", {"http", "dapr"}},
      {"$.triggers.http", {"port", "route", "engine"}},
      {"$.triggers.dapr[*]", {"name", "type", "topic", "inputName", "metadata"}},
      {"$.inputs.*", {"componentName", "componentType", "uri", "topic", "operation", "metadata"}},
      {"$.outputs.*", {"componentName", "componentType", "uri", "topic", "operation", "metadata"}},
      {"$.states.*", {"componentName", "componentType", "uri", "topic", "operation", "metadata"}},
      {"$.tracing", {"enabled", "provider", "tags", "baggage"}},
      {"$.pluginsTracing", {"enabled", "provider", "tags", "baggage"}},
      {"$.tracing.provider", {"name", "oapServer", "exporter"}},
      {"$.pluginsTracing.provider", {"name", "oapServer", "exporter"}},
  };
  return all_members;
}

// Returns true if the pattern stands for the path.
bool matches(std::string_view pattern, std::string_view path) {
  const std::size_t star = pattern.find('*');
  if (star == std::string_view::npos) return pattern == path;
  const std::string_view before = pattern.substr(0, star);
  const std::string_view after = pattern.substr(star + 1);
  if (!path.starts_with(before) || !path.ends_with(after) ||
      path.size() < before.size() + after.size()) {
    return false;
  }
  const std::string_view name =
      path.substr(before.size(), path.size() - before.size() - after.size());
  return !name.contains('.') && !name.contains('[');
}

// Splits a path at its last member: "$.outputs.a.uri" → "$.outputs.a" and "uri".
std::pair<std::string_view, std::string_view> split_path(std::string_view path) {
  const std::size_t dot = path.rfind('.');
  if (dot == std::string_view::npos || path.ends_with(']')) return {path, {}};
  return {path.substr(0, dot), path.substr(dot + 1)};
}

class ContextChecker {
 public:
  // `labels`: how the parser names the documents.
  ContextChecker(CheckedContext& checked, std::vector<std::string> labels, Findings& findings)
      : checked_(checked), labels_(std::move(labels)), findings_(findings) {}

  // Takes over what the parser has returned.
  void take(std::expected<FunctionContext, std::vector<Problem>> context,
            const std::vector<Note>& notes) {
    report_repeated();
    report(notes);
    if (context) {
      checked_.context = *std::move(context);
    } else {
      report(context.error());
    }
  }

 private:
  void report(const std::vector<Problem>& problems) {
    for (const Problem& problem : problems) {
      const PlacedDocument* document = document_of(problem.source);
      if (document == nullptr) continue;
      if (document->root) {
        report(problem, *document);
      } else {
        report_unreadable(problem, *document);
      }
    }
  }

  void report(const std::vector<Note>& notes) {
    for (const Note& note : notes) {
      if (note.text.ends_with(document::kUnknownMember)) {
        report_unknown(note.text);
      } else if (note.level >= Level::kWarning && !note.text.contains(" is given twice;")) {
        findings_.add("OFN1005", whole(checked_.documents.front()), note.text,
                      "correct the context; docs/context.md describes it");
      }
    }
  }

  void report_repeated() {
    for (const PlacedDocument& document : checked_.documents) {
      if (document.root) report_repeated(document, *document.root);
    }
  }

  static Spot whole(const PlacedDocument& document) {
    return document.root ? document.spot(document.root->begin, document.root->begin)
                         : Spot{document.text, document.begin, document.begin};
  }

  // The source of a problem is "func_context.json:7", or a variable's name.
  const PlacedDocument* document_of(std::string_view source) const {
    const PlacedDocument* best = nullptr;
    for (std::size_t i = 0; i < labels_.size(); ++i) {
      if (!source.starts_with(labels_[i])) continue;
      const std::string_view rest = source.substr(labels_[i].size());
      if (rest.empty() || rest.starts_with(':')) best = &checked_.documents[i];
    }
    return best;
  }

  void report(const Problem& problem, const PlacedDocument& document) {
    const document::Reached reached = document::at(*document.root, problem.path);
    const Placed& node = *reached.node;
    const bool is_scalar = !node.text.empty() && node.end > node.begin;
    Spot spot = reached.is_whole && is_scalar ? document.spot_of(node) : document.key_spot(node);
    // The beginning of an object without a key stands for what it lacks.
    if (!reached.is_whole && node.key_end == node.key_begin)
      spot = document.spot(node.begin, node.begin);
    const std::string right = reached.is_whole ? correct_word(problem.path, *reached.node) : "";
    std::string found =
        problem.path + ": expected " + problem.expected + ", found " + problem.found;
    if (!right.empty()) found += "; did you mean " + quoted(right) + "?";
    findings_.add_fixable(
        "OFN1002", spot, std::move(found),
        reached.is_whole ? "write what is expected, or remove the member" : "add the member",
        document.is_verbatim ? replacement_at(spot, right) : "");
  }

  void report_unreadable(const Problem& problem, const PlacedDocument& document) {
    Spot spot = whole(document);
    if (document.is_verbatim) {
      // JSON's own position is exact; of YAML only the line is known.
      const auto tree = document::parse_json(document.content);
      const bool is_yaml = problem.expected.contains("YAML");
      const std::size_t line =
          tree || is_yaml ? static_cast<std::size_t>(std::max(problem.line, 0)) : tree.error().line;
      const std::size_t column = tree || is_yaml ? 0 : tree.error().column;
      spot = spot_in(document, line, column);
    }
    findings_.add("OFN1001", spot, "expected " + problem.expected + ", found " + problem.found,
                  "correct the text; docs/context.md has examples of a context");
  }

  // `column` is in bytes; 0: the whole line.
  static Spot spot_in(const PlacedDocument& document, std::size_t line, std::size_t column) {
    const Text content{.name = {}, .content = document.content};
    const Spot words = line_spot(content, line);
    if (column == 0) return document.spot(words.begin, words.end);
    const std::size_t feed =
        words.begin == 0 ? std::string::npos : content.content.rfind('\n', words.begin - 1);
    const std::size_t begin = (feed == std::string::npos ? 0 : feed + 1) + column - 1;
    return document.spot(begin, begin);
  }

  // Returns the word that a misspelt one certainly stands for; empty if there is none.
  static std::string correct_word(std::string_view path, const Placed& value) {
    const std::string_view member = split_path(path).second;
    if (member == "runtime")
      return certain_word(value.text, std::vector<std::string>{"Knative", "Async"});
    if (member != "componentType" && member != "type") return {};
    const std::size_t dot = value.text.find('.');
    const std::string kind =
        certain_word(value.text.substr(0, dot), std::vector<std::string>{"bindings", "pubsub"});
    return kind.empty() || dot == std::string::npos ? std::string() : kind + value.text.substr(dot);
  }

  // "func_context.json $.outputs.a.tpoic: unknown member, ignored"
  void report_unknown(std::string_view note) {
    const std::size_t begin = note.find(" $");
    const std::size_t end = note.rfind(": ");
    if (begin == std::string_view::npos || end == std::string_view::npos || end <= begin) return;
    const PlacedDocument* document = document_of(note.substr(0, begin));
    if (document == nullptr || !document->root) return;
    const std::string_view path = note.substr(begin + 1, end - begin - 1);
    const document::Reached reached = document::at(*document->root, path);
    if (!reached.is_whole) return;
    const auto [parent, member] = split_path(path);
    std::vector<std::string> known;
    for (const Members& members : known_members()) {
      if (matches(members.path, parent)) known = members.names;
    }
    // A member that is there already is not meant.
    const document::Reached object = document::at(*document->root, parent);
    std::erase_if(
        known, [&object](const std::string& name) { return object.node->find(name) != nullptr; });
    const std::string certain = certain_word(reached.node->key, known);
    const Spot spot = document->key_spot(*reached.node);
    findings_.add_fixable("OFN1003", spot,
                          "nobody reads the member " + quoted(reached.node->key) +
                              (certain.empty() ? did_you_mean(reached.node->key, known)
                                               : "; did you mean " + quoted(certain) + "?"),
                          "correct the name, or remove the member",
                          document->is_verbatim && reached.node->key_end > reached.node->key_begin
                              ? replacement_at(spot, certain)
                              : "");
  }

  void report_repeated(const PlacedDocument& document, const Placed& node) {
    std::map<std::string_view, const Placed*> seen;
    for (const Placed& child : node.children) {
      report_repeated(document, child);
      if (node.kind != document::Node::Kind::kObject) continue;
      const auto [first, is_new] = seen.emplace(child.key, &child);
      if (is_new) continue;
      findings_.add("OFN1004", document.key_spot(child),
                    "the member " + quoted(child.key) + " occurs again; the one in line " +
                        std::to_string(place_of(document.key_spot(*first->second)).line) +
                        " is not used",
                    "remove one of the two");
    }
  }

  CheckedContext& checked_;
  std::vector<std::string> labels_;
  Findings& findings_;
};

std::optional<Placed> root_of(std::string_view content, bool is_json) {
  if (is_json) return document::place_json(content);
  auto documents = document::place_yaml(content);
  if (documents.size() != 1) return std::nullopt;
  return std::move(documents.front());
}

void check_file(const Text& text, Facts& facts, Findings& findings) {
  CheckedContext& checked = facts.contexts.emplace_back();
  checked.documents.push_back(
      {.text = &text,
       .content = text.content,
       .end = text.content.size(),
       .root = root_of(text.content, is_json_context_file(text.name, text.content))});
  std::vector<Note> notes;
  auto context = parse_context_file(text.name, text.content, notes);
  ContextChecker(checked, {text.name}, findings).take(std::move(context), notes);
}

// The documents of FUNC_CONTEXT and FUNC_CONTEXT_V1BETA2 of one place; empty texts are no context.
void check_variables(std::vector<std::pair<std::string_view, PlacedDocument>> variables,
                     Facts& facts, Findings& findings) {
  if (variables.empty()) return;
  CheckedContext& checked = facts.contexts.emplace_back();
  std::array<std::optional<std::string_view>, 2> texts;
  std::vector<std::string> labels;
  for (auto& [name, document] : variables) {
    document.root = root_of(document.content, true);
    labels.emplace_back(name);
    checked.documents.push_back(std::move(document));
  }
  for (std::size_t i = 0; i < labels.size(); ++i)
    texts[labels[i] == kV1Beta1 ? 0 : 1] = checked.documents[i].content;
  std::vector<Note> notes;
  auto context = parse_context(texts[0], texts[1], notes);
  ContextChecker(checked, std::move(labels), findings).take(std::move(context), notes);
}

void check_env_file(const CheckedEnvFile& file, Facts& facts, Findings& findings) {
  std::vector<std::pair<std::string_view, PlacedDocument>> variables;
  for (const std::string_view name : {kV1Beta1, kV1Beta2}) {
    const FileVariable* variable = file.find(name);
    if (variable == nullptr || variable->value.empty()) continue;
    const Spot spot = file.value_spot(*variable);
    const bool is_verbatim =
        std::string_view(file.text->content).substr(spot.begin).starts_with(variable->value);
    variables.emplace_back(name, PlacedDocument{.text = file.text,
                                                .content = variable->value,
                                                .begin = spot.begin,
                                                .end = spot.end,
                                                .is_verbatim = is_verbatim});
  }
  check_variables(std::move(variables), facts, findings);
}

void check_environment(Facts& facts, Findings& findings) {
  std::vector<std::pair<std::string_view, PlacedDocument>> variables;
  for (const std::string_view name : {kV1Beta1, kV1Beta2}) {
    const auto value = non_empty(facts.project.environment, name);
    if (!value) continue;
    const Text& text = facts.own_texts.emplace_back(
        Text{.name = std::string(name), .content = *value, .is_file = false});
    variables.emplace_back(
        name, PlacedDocument{.text = &text, .content = text.content, .end = text.content.size()});
  }
  check_variables(std::move(variables), facts, findings);
}

void check_ports(const Facts& facts, Findings& findings) {
  for (const CheckedEnvFile& file : facts.env_files) {
    const FileVariable* variable = file.find("PORT");
    if (variable == nullptr || variable->value.empty()) continue;
    for (const CheckedContext& checked : facts.contexts) {
      const CheckedContext::Found port = checked.context ? checked.port() : CheckedContext::Found();
      if (!port || !checked.context->port ||
          std::to_string(*checked.context->port) == variable->value) {
        continue;
      }
      findings.add("OFN1006", port.document->spot_of(*port.value),
                   "the context says port " + std::to_string(*checked.context->port) + ", and " +
                       variable->place + " sets PORT=" + quoted(variable->value) +
                       ", which comes first",
                   "give both the same port, or remove one of them");
    }
  }
}

}  // namespace

void check_contexts(Facts& facts, Findings& findings) {
  for (const Text& text : facts.project.contexts) check_file(text, facts, findings);
  for (const CheckedEnvFile& file : facts.env_files) check_env_file(file, facts, findings);
  if (facts.contexts.empty()) check_environment(facts, findings);
  check_ports(facts, findings);
}

}  // namespace ofn::check
