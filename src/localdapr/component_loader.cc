#include "localdapr/component_loader.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <initializer_list>
#include <map>
#include <optional>
#include <utility>

#include "base/random.h"
#include "localdapr/go_text.h"
#include "localdapr/yaml_tree.h"

namespace ofn::localdapr {
namespace {

namespace fs = std::filesystem;
using Kind = YamlNode::Kind;

constexpr std::string_view kApiGroup = "dapr.io/";
constexpr std::string_view kApiVersion = "dapr.io/v1alpha1";

// The variables that daprd does not hand to components.
bool is_reserved_variable(std::string_view name) {
  std::string upper(name);
  for (char& c : upper) {
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
  }
  return upper.empty() || upper == "APP_API_TOKEN" || upper.starts_with("DAPR_") ||
         upper.contains(' ');
}

// One document of one file: reads a component and notes every problem on the way.
class DocumentReader {
 public:
  DocumentReader(std::string_view file, const LoaderOptions& options, Log& log, Components& result)
      : file_(file), options_(options), log_(log), result_(result) {}

  void read(const YamlNode& document) {
    if (document.kind == Kind::kNull) return;
    if (document.kind != Kind::kMap) {
      return problem(document,
                     "a document is a mapping with apiVersion, kind, metadata and spec; found " +
                         std::string(document.kind_name()));
    }
    if (!is_component(document)) return;
    warn_of_unknown_members(document);
    const std::size_t problems_before = result_.problems.size();
    // What others' components need is not asked for.
    if (!in_scope(document)) {
      const YamlNode* metadata = document.find("metadata");
      const YamlNode* name = metadata == nullptr ? nullptr : metadata->find("name");
      return note("component is scoped to other apps", name == nullptr ? "" : name->text);
    }
    Component component;
    component.file = file_;
    component.line = document.line;
    read_name(document, component);
    read_spec(document, component);
    if (result_.problems.size() > problems_before) return;
    result_.components.push_back(std::move(component));
  }

 private:
  void problem(const YamlNode& at, std::string message) {
    result_.problems.push_back(Error(Code::kInvalidArgument, std::move(message))
                                   .with("file", std::string(file_))
                                   .with("line", std::to_string(at.line)));
  }

  void note(std::string_view message, std::string_view what) {
    log_.write(Level::kDebug, message, {{"file", file_}, {"found", what}});
  }

  // The text of a member, empty when it is absent or null; nullopt, with a problem, when it is
  // something else. `path` is for messages.
  std::optional<std::string> text(const YamlNode& parent, std::string_view name,
                                  std::string_view path) {
    const YamlNode* node = parent.find(name);
    if (node == nullptr || node->kind == Kind::kNull) return "";
    if (node->kind == Kind::kScalar) return node->text;
    problem(*node, std::string(path) + " is a text; found " + std::string(node->kind_name()));
    return std::nullopt;
  }

  // A member that is a mapping; null, with a problem, when it is not there.
  const YamlNode* mapping(const YamlNode& parent, std::string_view name) {
    const YamlNode* node = parent.find(name);
    if (node == nullptr || node->kind == Kind::kNull) {
      problem(parent, std::string(name) + " is missing; expected a mapping");
      return nullptr;
    }
    if (node->kind == Kind::kMap) return node;
    problem(*node, std::string(name) + " is a mapping; found " + std::string(node->kind_name()));
    return nullptr;
  }

  bool is_component(const YamlNode& document) {
    const auto kind = text(document, "kind", "kind");
    const auto api_version = text(document, "apiVersion", "apiVersion");
    if (!kind || !api_version) return false;
    const std::string& version = *api_version;
    const bool is_daprs = version.starts_with(kApiGroup);
    if (is_daprs && *kind != "Component") {
      refuse_kind(document, *kind);
      return false;
    }
    if (*kind != "Component" || (!version.empty() && !is_daprs)) {
      note("document is no Dapr component", kind->empty() ? "no kind" : *kind);
      return false;
    }
    if (version == kApiVersion) return true;
    const YamlNode* at = document.find("apiVersion");
    problem(at != nullptr ? *at : document,
            "apiVersion is " + (version.empty() ? "missing" : "'" + version + "'") + "; expected " +
                std::string(kApiVersion));
    return false;
  }

  // What a Subscription, a Resiliency or the like says would silently not happen: its topics would be
  // published to and read by nobody.
  void refuse_kind(const YamlNode& document, const std::string& kind) {
    if (!in_scope(document)) return note("document is scoped to other apps", kind);
    const YamlNode* at = document.find("kind");
    const std::string_view instead =
        kind == "Subscription" ? "Name the topic as an input in the function's context instead, or "
                                 "run Dapr"
                               : "Take the document out of the directory, or run Dapr";
    problem(at != nullptr ? *at : document,
            "the local sidecar reads documents of kind Component only; found " +
                (kind.empty() ? "no kind" : "kind " + kind) + ". " + std::string(instead) +
                " (dapr run) and set DAPR_GRPC_PORT to its gRPC port");
  }

  // A mistyped `scopes` opens a component to every app. As in Dapr it is passed over, but not in silence.
  void warn_of_unknown_members(const YamlNode& document) {
    warn_of_unknown(document, "", {"apiVersion", "kind", "metadata", "spec", "auth", "scopes"});
    if (const YamlNode* spec = document.find("spec")) {
      warn_of_unknown(*spec, "spec.",
                      {"type", "version", "ignoreErrors", "initTimeout", "metadata"});
    }
  }
  void warn_of_unknown(const YamlNode& map, std::string_view path,
                       std::initializer_list<std::string_view> known) {
    for (const auto& [name, value] : map.members) {
      if (std::ranges::find(known, name->text) != known.end()) continue;
      log_.write(Level::kWarning, "a component's file says something that is passed over",
                 {{"file", file_},
                  {"line", std::to_string(name->line)},
                  {"member", std::string(path) + name->text}});
    }
  }

  void read_name(const YamlNode& document, Component& component) {
    const YamlNode* metadata = mapping(document, "metadata");
    if (metadata == nullptr) return;
    const auto name = text(*metadata, "name", "metadata.name");
    if (!name) return;
    component.name = *name;
    if (component.name.empty()) {
      problem(*metadata, "metadata.name is missing; expected the component's name");
    } else if (component.name == "." || component.name == ".." ||
               component.name.find_first_of("/%") != std::string::npos) {
      problem(*metadata->find("name"),
              "metadata.name '" + component.name +
                  "' is not a name; it may not be . or .., nor hold / or %");
    }
  }

  void read_spec(const YamlNode& document, Component& component) {
    const YamlNode* spec = mapping(document, "spec");
    if (spec == nullptr) return;
    const auto type = text(*spec, "type", "spec.type");
    component.type = type.value_or("");
    component.version = text(*spec, "version", "spec.version").value_or("");
    component.ignore_errors =
        is_truthy(text(*spec, "ignoreErrors", "spec.ignoreErrors").value_or(""));
    if (type && type->empty()) {
      problem(*spec,
              "spec.type is missing; expected a component type such as bindings.localstorage");
    }
    const YamlNode* metadata = spec->find("metadata");
    if (metadata == nullptr || metadata->kind == Kind::kNull) return;
    if (metadata->kind != Kind::kSequence) {
      return problem(*metadata, "spec.metadata is a list of names with values; found " +
                                    std::string(metadata->kind_name()));
    }
    for (const YamlNode::Pointer& entry : metadata->items) read_property(*entry, component);
  }

  void read_property(const YamlNode& entry, Component& component) {
    const std::string name =
        entry.kind == Kind::kMap ? text(entry, "name", "the name").value_or("") : "";
    if (name.empty()) {
      return problem(entry, "an entry of spec.metadata is a mapping with name and value");
    }
    const YamlNode* value = entry.find("value");
    const bool has_value = value != nullptr && value->kind != Kind::kNull;
    if (has_value && value->kind != Kind::kScalar) {
      return problem(*value, "the value of '" + name + "' is a text; found " +
                                 std::string(value->kind_name()));
    }
    // As in daprd: a value counts before a variable, and a secret before a value.
    const std::string variable =
        has_value ? std::string() : text(entry, "envRef", "envRef").value_or("");
    if (!variable.empty()) {
      return read_variable(*entry.find("envRef"), name, variable, component);
    }
    const YamlNode* secret = entry.find("secretKeyRef");
    if (secret != nullptr && (!has_value || names_secret(*secret))) {
      return problem(*secret,
                     "'" + name +
                         "' refers to a secret store, which the local sidecar does not have; give "
                         "a value or an envRef, or run Dapr and set DAPR_GRPC_PORT");
    }
    add_property(entry, name, has_value ? value->text : std::string(), component);
  }

  void add_property(const YamlNode& at, const std::string& name, const std::string& value,
                    Component& component) {
    if (value.contains("{podName}")) {
      return problem(at, "'" + name + "' refers to {podName}, but there is no pod here");
    }
    if (value.contains("{namespace}") && same_field_name(component.type.substr(0, 7), "pubsub.")) {
      return problem(at, "'" + name +
                             "' refers to {namespace}, for which Dapr puts the namespace in front "
                             "of every topic; the local sidecar does not: run Dapr (dapr run) and "
                             "set DAPR_GRPC_PORT to its gRPC port");
    }
    component.properties.push_back({name, expand(value)});
  }

  static bool names_secret(const YamlNode& reference) {
    const YamlNode* name = reference.find("name");
    return name != nullptr && !(name->kind == Kind::kScalar && name->text.empty()) &&
           name->kind != Kind::kNull;
  }

  void read_variable(const YamlNode& at, const std::string& name, const std::string& variable,
                     Component& component) {
    if (is_reserved_variable(variable)) {
      return problem(at, "'" + name + "' refers to the variable '" + variable +
                             "', which components may not read");
    }
    add_property(at, name, options_.environment(variable).value_or(""), component);
  }

  // daprd's placeholders.
  std::string expand(std::string_view value) {
    std::string expanded;
    while (true) {
      const std::size_t brace = std::min(value.find('{'), value.size());
      expanded.append(value.substr(0, brace));
      value.remove_prefix(brace);
      if (value.empty()) return expanded;
      std::string_view name = "{";
      if (value.starts_with("{uuid}")) {
        name = "{uuid}";
        expanded.append(uuid4(random_));
      } else if (value.starts_with("{appID}")) {
        name = "{appID}";
        expanded.append(options_.app_id);
      } else if (value.starts_with("{namespace}")) {
        name = "{namespace}";
        expanded.append("default.").append(options_.app_id);
      } else {
        expanded.push_back('{');
      }
      value.remove_prefix(name.size());
    }
  }

  // A component whose scopes are no list is read on: all its problems are told.
  bool in_scope(const YamlNode& document) {
    const YamlNode* scopes = document.find("scopes");
    if (scopes == nullptr || scopes->kind == Kind::kNull) return true;
    if (scopes->kind != Kind::kSequence) {
      problem(*scopes, "scopes is a list of app ids; found " + std::string(scopes->kind_name()));
      return true;
    }
    return scopes->items.empty() ||
           std::ranges::any_of(scopes->items, [this](const YamlNode::Pointer& scope) {
             return scope->kind == Kind::kScalar && scope->text == options_.app_id;
           });
  }

  std::string_view file_;
  const LoaderOptions& options_;
  Log& log_;
  Components& result_;
  Random random_;
};

void refuse_duplicates(Components& loaded) {
  std::map<std::string, const Component*, std::less<>> seen;
  for (const Component& component : loaded.components) {
    const auto [first, is_new] = seen.emplace(component.name, &component);
    if (is_new) continue;
    loaded.problems.push_back(Error(Code::kInvalidArgument, "component '" + component.name +
                                                                "' is declared twice; first in " +
                                                                first->second->file + ", line " +
                                                                std::to_string(first->second->line))
                                  .with("file", component.file)
                                  .with("line", std::to_string(component.line)));
  }
}

bool is_yaml_name(const fs::path& file) {
  std::string extension = file.extension().string();
  for (char& c : extension) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return extension == ".yaml" || extension == ".yml";
}

// What a file holds, and a byte more than is read, so that a too large one is seen.
Result<std::string> read_file(const fs::path& file) {
  std::ifstream stream(file, std::ios::binary);
  std::string text(kMaxYamlBytes + 1, '\0');
  if (stream) stream.read(text.data(), static_cast<std::streamsize>(text.size()));
  if (!stream && !stream.eof()) {
    return fail(Code::kInvalidArgument, "the file cannot be read", {{"file", file.string()}});
  }
  text.resize(static_cast<std::size_t>(stream.gcount()));
  return text;
}

void read_documents(std::string_view yaml, std::string_view file, const LoaderOptions& options,
                    Log& log, Components& result) {
  auto documents = read_yaml(yaml);
  if (!documents) {
    result.problems.push_back(std::move(documents.error()).with("file", std::string(file)));
    return;
  }
  DocumentReader reader(file, options, log, result);
  for (const YamlNode::Pointer& document : *documents) reader.read(*document);
}

}  // namespace

Components parse_components(std::string_view yaml, std::string_view file,
                            const LoaderOptions& options, Log& log) {
  Components loaded;
  read_documents(yaml, file, options, log, loaded);
  refuse_duplicates(loaded);
  return loaded;
}

Components load_components(const std::string& directory, const LoaderOptions& options, Log& log) {
  Components loaded;
  std::error_code error;
  std::vector<fs::path> files;
  for (fs::directory_iterator entry(directory, error); !error && entry != fs::directory_iterator();
       entry.increment(error)) {
    std::error_code ignored;
    if (entry->is_regular_file(ignored) && is_yaml_name(entry->path())) {
      files.push_back(entry->path());
    } else {
      log.write(Level::kDebug, "not a YAML file, not read as a component",
                {{"file", entry->path().native()}});
    }
  }
  if (error) {
    loaded.problems.emplace_back(Code::kNotFound,
                                 "the components directory cannot be read: " + error.message() +
                                     "; make it, or name another with --components",
                                 Error::Context{{"file", directory}});
    return loaded;
  }
  std::ranges::sort(files);
  for (const fs::path& file : files) {
    if (auto text = read_file(file)) {
      read_documents(*text, file.native(), options, log, loaded);
    } else {
      loaded.problems.push_back(std::move(text.error()));
    }
  }
  refuse_duplicates(loaded);
  return loaded;
}

}  // namespace ofn::localdapr
