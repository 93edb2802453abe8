#include "context/document.h"

#include <algorithm>
#include <array>
#include <initializer_list>
#include <utility>

#include "context/parse_context.h"
#include "context/units.h"
#include "document/json.h"
#include "document/reader.h"
#include "document/yaml.h"
#include "function/route.h"

namespace ofn {
namespace {

using document::describe;
using document::Node;
using document::path_to;
using document::Report;
using document::Reveal;
using document::Tree;

constexpr std::size_t kMaxExpandedBytes = std::size_t{4} * 1024 * 1024;
constexpr std::string_view kExpectedType = R"(a type that starts with "bindings." or "pubsub.")";

// Each member that only one schema has counts as a vote for that schema.
struct Votes {
  int v1beta1 = 0;
  int v1beta2 = 0;

  // Returns nullopt if the votes are equal.
  std::optional<Schema> winner() const {
    if (v1beta1 == v1beta2) return std::nullopt;
    return v1beta1 > v1beta2 ? Schema::kV1Beta1 : Schema::kV1Beta2;
  }
};

Votes votes_of(const Node& root) {
  static constexpr std::array<std::string_view, 5> kFirst = {"runtime", "prePlugins", "postPlugins",
                                                             "pluginsTracing", "httpPattern"};
  static constexpr std::array<std::string_view, 6> kSecond = {
      "triggers", "preHooks", "postHooks", "pre_hooks", "post_hooks", "tracing"};
  Votes votes;
  for (const auto name : kFirst) votes.v1beta1 += root.find_value(name) != nullptr ? 1 : 0;
  for (const auto name : kSecond) votes.v1beta2 += root.find_value(name) != nullptr ? 1 : 0;
  for (const auto list : {"inputs", "outputs"}) {
    const Node* parts = root.find_value(list);
    if (parts == nullptr) continue;
    for (const Node& part : parts->children()) {
      votes.v1beta1 += part.find_value("uri") != nullptr ? 1 : 0;
      votes.v1beta2 += part.find_value("topic") != nullptr ? 1 : 0;
    }
  }
  return votes;
}

// Only `inputs` mean different things in the two schemas. Returns nullopt, after a problem, if they
// are given and the votes are equal.
std::optional<Schema> schema_of_file(const Node& root, Report& report) {
  const Votes votes = votes_of(root);
  if (const auto schema = votes.winner()) return schema;
  const Node* inputs = root.find_value("inputs");
  if (inputs == nullptr || inputs->children().empty()) {
    return root.find_value("triggers") != nullptr ? Schema::kV1Beta2 : Schema::kV1Beta1;
  }
  report.problem("$.inputs",
                 "a member that says what the inputs are: \"runtime\" (v1beta1: they trigger the "
                 "function) or \"triggers\" (v1beta2: the function fetches them)",
                 votes.v1beta1 == 0 ? "members of neither schema"
                                    : "as many members of one schema as of the other",
                 inputs->line());
  return std::nullopt;
}

bool ends_with_any(std::string_view text, std::initializer_list<std::string_view> ends) {
  return std::ranges::any_of(ends, [&](std::string_view end) { return text.ends_with(end); });
}

// If the text is something that people often put into the variable instead of a JSON object,
// returns a description of it; otherwise an empty text. The description repeats no part of the text
// except a path.
std::string mistaken_for_a_document(std::string_view text) {
  const auto first = text.find_first_not_of(" \t\r\n");
  if (first == std::string_view::npos) return "nothing but blanks";
  text = text.substr(first, text.find_last_not_of(" \t\r\n") - first + 1);
  const bool is_line = text.find_first_of("\r\n{}[]\"") == std::string_view::npos;
  const bool names_file = ends_with_any(text, {".json", ".yaml", ".yml"});
  if (is_line && text.size() <= 4096 &&
      (names_file || text.front() == '@' || text.front() == '/' || text.starts_with("./") ||
       text.starts_with("../") || text.starts_with("~/") || text.starts_with("file:"))) {
    return "the name of a file, " + quoted(text, 4096) +
           "; the variable holds the document itself: name its file with --context";
  }
  // The Base64 form of {" begins like this.
  if (is_line && text.starts_with("eyJ")) return "a text in Base64; decode it first";
  if (text.front() == '"' && text.find("\\\"") != std::string_view::npos) {
    return "a JSON string that holds JSON: the document was encoded twice";
  }
  if (text.starts_with("'{") || text.starts_with("\\\"")) {
    return "a document within quotes: the shell's quotes have become part of it";
  }
  if (text.starts_with("---") || text.starts_with("apiVersion:") || text.starts_with("name:") ||
      text.starts_with("runtime:")) {
    return "YAML; the variable holds JSON, and a file that --context names may be YAML";
  }
  return {};
}

// Reads true, false, or a string or number with that meaning. Returns nullopt if the member is
// absent.
std::optional<bool> read_switch(document::Reader& object, std::string_view name) {
  const Node* node = object.member(name);
  if (node == nullptr || (node->is(Node::Kind::kText) && node->text().empty())) return std::nullopt;
  const std::optional<bool> value = node->is_scalar() ? parse_switch(node->text()) : std::nullopt;
  if (!value) object.wrong(name, kExpectedSwitch, node);
  return value;
}

// Reads a port from 1 to 65535. Returns nullopt if it is absent, "" or 0 (the default of the Python
// framework).
std::optional<std::uint16_t> read_port(document::Reader& object, std::string_view name) {
  const Node* node = object.member(name);
  if (node == nullptr) return std::nullopt;
  if (node->is(Node::Kind::kText) || node->is(Node::Kind::kNumber)) {
    std::string_view text = node->text();
    // Some writers write all numbers as real numbers.
    if (node->is(Node::Kind::kNumber) && text.ends_with(".0")) text.remove_suffix(2);
    if (text.empty() || text == "0") return std::nullopt;
    if (const auto port = parse_port(text)) return port;
  }
  object.wrong(name, "a port from 1 to 65535", node);
  return std::nullopt;
}

class DocumentReader {
 public:
  DocumentReader(const Node& root, Schema schema, Report& report)
      : object_(root, "$", report), report_(report) {
    document_.variable = report.source;
    document_.schema = schema;
  }

  Document read() && {
    document_.name = object_.text("name");
    document_.version = object_.text("version");
    read_runtime();
    document_.port = read_port(object_, "port");
    read_http_pattern();
    read_triggers();
    document_.triggers_line =
        object_.line(document_.schema == Schema::kV1Beta1 ? "inputs" : "triggers");
    if (document_.schema == Schema::kV1Beta1) {
      document_.triggers = read_parts("inputs", Kinds::kData);
    } else {
      document_.inputs = read_parts("inputs", Kinds::kAny);
    }
    document_.outputs = read_parts("outputs", Kinds::kData);
    document_.states = read_parts("states", Kinds::kAny);
    object_.known("state");  // v1beta1's older, untyped member
    for (const auto name : {"prePlugins", "preHooks", "pre_hooks"}) {
      append(document_.pre_hooks, object_.list(name));
    }
    for (const auto name : {"postPlugins", "postHooks", "post_hooks"}) {
      append(document_.post_hooks, object_.list(name));
    }
    read_tracing("pluginsTracing");
    read_tracing("tracing");
    object_.note_unknown();
    return std::move(document_);
  }

 private:
  enum class Kinds {
    kData,  // must be a binding or a pubsub
    kAny,
  };

  static void append(std::vector<std::string>& list, std::vector<std::string> more) {
    for (std::string& item : more) list.push_back(std::move(item));
  }

  void read_runtime() {
    const Node* node = object_.member("runtime");
    if (node == nullptr || (node->is(Node::Kind::kText) && node->text().empty())) return;
    for (const Runtime runtime : {Runtime::kKnative, Runtime::kAsync}) {
      if (node->is(Node::Kind::kText) && equal_ignoring_case(node->text(), runtime_name(runtime))) {
        document_.runtime = runtime;
        return;
      }
    }
    document_.runtime_broken = true;
    object_.wrong("runtime", R"("Knative" or "Async")", node);
  }

  void read_http_pattern() {
    document_.http_pattern = object_.text("httpPattern");
    if (document_.http_pattern.empty() || parse_http_pattern(document_.http_pattern)) return;
    object_.wrong("httpPattern", R"(a route, such as "/" or "/users/{id}")",
                  quoted(document_.http_pattern));
  }

  static void check_type(Part& part, document::Reader& object, std::string_view member) {
    if (part.component_type.empty() || component_kind(part.component_type)) return;
    object.wrong(member, std::string(kExpectedType), quoted(part.component_type));
    part.broken = true;
  }

  static void check_component(Part& part, document::Reader& object, std::string_view member) {
    if (!part.component.empty() || part.broken) return;
    object.wrong(member, "the name of a Dapr component", nullptr);
    part.broken = true;
  }

  Part start_part(const document::Reader& object) const {
    Part part;
    part.schema = document_.schema;
    part.variable = report_.source;
    part.path = object.path();
    part.line = object.line();
    return part;
  }

  std::vector<Part> read_parts(std::string_view list, Kinds kinds) {
    std::vector<Part> parts;
    object_.each(list, Node::Kind::kObject, [&](const std::string& key, document::Reader object) {
      Part part = start_part(object);
      part.name = key;
      part.component = object.text("componentName");
      part.component_type = object.text("componentType");
      // A binding's uri repeats the component's name; only a pubsub's uri is needed, as its topic.
      const std::string uri = object.text("uri");
      part.topic = object.text("topic");
      if (part.topic.empty()) part.topic = uri;
      part.operation = object.text("operation");
      part.metadata = object.texts("metadata");
      part.broken = !object.ok();
      object.note_unknown();
      if (key.empty()) {
        report_.problem(part.path, "a name", "\"\"", part.line);
        part.broken = true;
      }
      check_component(part, object, "componentName");
      if (kinds == Kinds::kData) check_type(part, object, "componentType");
      parts.push_back(std::move(part));
    });
    return parts;
  }

  void read_triggers() {
    std::optional<document::Reader> triggers = object_.object("triggers");
    if (!triggers) return;
    if (std::optional<document::Reader> http = triggers->object("http")) {
      document_.http.emplace();
      document_.http_port = read_port(*http, "port");
      document_.http->engine = http->text("engine");
      if (const Node* route = http->member("route")) {
        document_.http->route = document::to_json(*route);
      }
      http->note_unknown();
    }
    triggers->each("dapr", Node::Kind::kList, [&](const std::string&, document::Reader object) {
      Part part = start_part(object);
      part.component = object.text("name");
      part.name = object.text("inputName");
      if (part.name.empty()) part.name = part.component;
      part.component_type = object.text("type");
      part.topic = object.text("topic");
      part.metadata = object.texts("metadata");
      part.broken = !object.ok();
      object.note_unknown();
      check_component(part, object, "name");
      check_type(part, object, "type");
      document_.triggers.push_back(std::move(part));
    });
    triggers->known("inputs");  // the manifest's name for the member `inputs`
    triggers->note_unknown();
  }

  void read_tracing(std::string_view name) {
    std::optional<document::Reader> object = object_.object(name);
    if (!object) return;
    Tracing tracing;
    tracing.enabled = read_switch(*object, "enabled").value_or(false);
    tracing.tags = object->texts("tags");
    tracing.baggage = object->texts("baggage");
    if (std::optional<document::Reader> provider = object->object("provider")) {
      tracing.provider = provider->text("name");
      tracing.oap_server = provider->text("oapServer");
      if (std::optional<document::Reader> exporter = provider->object("exporter")) {
        tracing.exporter = {.name = exporter->text("name"),
                            .endpoint = exporter->text("endpoint"),
                            .headers = exporter->text("headers", Reveal::kHidden),
                            .compression = exporter->text("compression"),
                            .timeout = exporter->text("timeout"),
                            .protocol = exporter->text("protocol")};
        exporter->note_unknown();
      }
      provider->note_unknown();
    }
    object->note_unknown();
    document_.tracing = std::move(tracing);
  }

  document::Reader object_;
  Report& report_;
  Document document_;
};

std::optional<Tree> json_tree(std::string_view text, Report& report) {
  auto tree = document::parse_json(text);
  if (tree) return *std::move(tree);
  const document::JsonFailure& failure = tree.error();
  report.problem("$", "a JSON object",
                 failure.reason + " at column " + std::to_string(failure.column),
                 static_cast<int>(failure.line));
  return std::nullopt;
}

// Takes the size of a tree from what is left. Returns false if it is too large. A node that aliases
// name is counted at each of them, because the readers read it each time.
bool fits(const Node& node, std::size_t& left) {
  const std::size_t size = 1 + node.key().size() + node.text().size();
  if (size > left) return false;
  left -= size;
  return std::ranges::all_of(node.children(), [&](const Node& child) { return fits(child, left); });
}

std::optional<Tree> yaml_tree(std::string_view text, Report& report) {
  auto trees = document::parse_yaml(text);
  if (!trees) {
    int line = 0;
    for (const auto& [name, value] : trees.error().context()) {
      if (name == "line") line = static_cast<int>(parse_number(value).value_or(0));
    }
    report.problem("$", "a YAML document", trees.error().message(), line);
    return std::nullopt;
  }
  std::erase_if(*trees, [](const Tree& tree) { return tree.root.is(Node::Kind::kNull); });
  if (trees->size() != 1) {
    report.problem("$", "one YAML document",
                   trees->empty() ? "nothing" : std::to_string(trees->size()) + " documents");
    return std::nullopt;
  }
  std::size_t left = kMaxExpandedBytes;
  if (fits(trees->front().root, left)) return std::move(trees->front());
  report.problem("$", "a document that has at most 4 MiB with its aliases expanded", "more");
  return std::nullopt;
}

// Its members would all be ignored as unknown.
bool is_manifest(const Node& root, Report& report) {
  const Node* kind = root.find_value("kind");
  if (kind == nullptr || root.find_value("apiVersion") == nullptr) return false;
  report.problem("$", "the context, as the platform writes it for a function",
                 "a Kubernetes manifest of the kind " + describe(kind, report.words), kind->line());
  return true;
}

Document read_tree(const Tree& tree, Schema schema, Report& report) {
  for (const std::string& key : tree.duplicates) {
    report.note(Level::kWarning, "$",
                "the member " + quoted(key) + " is given twice; the last one is used");
  }
  return DocumentReader(tree.root, schema, report).read();
}

}  // namespace

bool is_json_context_file(std::string_view file, std::string_view text) {
  const std::string_view extension = file.substr(std::min(file.rfind('.'), file.size()));
  if (equal_ignoring_case(extension, ".json")) return true;
  if (equal_ignoring_case(extension, ".yaml") || equal_ignoring_case(extension, ".yml")) {
    return false;
  }
  static constexpr std::string_view kMarkAndBlanks = "\xEF\xBB\xBF \t\r\n";
  const auto first = text.find_first_not_of(kMarkAndBlanks);
  return first != std::string_view::npos && (text[first] == '{' || text[first] == '[');
}

std::optional<Document> read_document(std::string_view variable, std::string_view text,
                                      Schema expected, std::vector<Problem>& problems,
                                      std::vector<Note>& notes) {
  Report report{.source = std::string(variable), .problems = problems, .notes = notes};
  const auto tree = document::parse_json(text);
  if (!tree || !tree->root.is(Node::Kind::kObject)) {
    std::string found = mistaken_for_a_document(text);
    if (found.empty()) {
      found = tree ? describe(&tree->root, report.words, Reveal::kHidden)
                   : tree.error().reason + " at line " + std::to_string(tree.error().line) +
                         ", column " + std::to_string(tree.error().column);
    }
    report.problem("$", "a JSON object", std::move(found));
    return std::nullopt;
  }
  return read_tree(*tree, votes_of(tree->root).winner().value_or(expected), report);
}

std::optional<Document> read_document_file(std::string_view file, std::string_view text,
                                           std::vector<Problem>& problems,
                                           std::vector<Note>& notes) {
  const bool is_json = is_json_context_file(file, text);
  Report report{.source = std::string(file),
                .problems = problems,
                .notes = notes,
                .words = is_json ? document::kJsonWords : document::kYamlWords};
  const auto tree = is_json ? json_tree(text, report) : yaml_tree(text, report);
  if (!tree) return std::nullopt;
  if (!tree->root.is(Node::Kind::kObject)) {
    report.problem("$", is_json ? "a JSON object" : "a YAML mapping",
                   describe(&tree->root, report.words, Reveal::kHidden), tree->root.line());
    return std::nullopt;
  }
  if (is_manifest(tree->root, report)) return std::nullopt;
  const auto schema = schema_of_file(tree->root, report);
  if (!schema) return std::nullopt;
  return read_tree(*tree, *schema, report);
}

}  // namespace ofn
