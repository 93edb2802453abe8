#include "localdapr/component_loader.h"

#include <algorithm>
#include <filesystem>
#include <initializer_list>
#include <map>
#include <optional>
#include <utility>

#include "base/random.h"
#include "document/reader.h"
#include "document/yaml.h"
#include "localdapr/go/go_text.h"
#include "os/small_file.h"

namespace ofn::localdapr {
namespace {

namespace fs = std::filesystem;
using document::describe;
using document::kYamlWords;
using document::Node;
using document::Reader;
using document::Reveal;
using Kind = Node::Kind;

constexpr std::string_view kApiGroup = "dapr.io/";
constexpr std::string_view kApiVersion = "dapr.io/v1alpha1";

// Returns true for variables that daprd does not pass to components.
bool is_reserved_variable(std::string_view name) {
  std::string upper(name);
  for (char& c : upper) {
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
  }
  return upper.empty() || upper == "APP_API_TOKEN" || upper.starts_with("DAPR_") ||
         upper.contains(' ');
}

std::string kind_of(const Node& node) { return describe(&node, kYamlWords, Reveal::kHidden); }

// Reads the documents of one file, and collects all problems.
class DocumentReader {
 public:
  DocumentReader(std::string_view file, const LoaderOptions& options, Log& log, Components& result)
      : file_(file), options_(options), log_(log), result_(result) {}

  void read(const Node& document) {
    if (document.is(Kind::kNull)) return;
    if (!document.is(Kind::kObject)) {
      return problem(document.line(),
                     "a document is a mapping with apiVersion, kind, metadata and spec; found " +
                         kind_of(document));
    }
    Reader object(document, "", report_);
    const std::size_t problems_before = result_.problems.size();
    const bool is_read = is_component(object);
    if (is_read) read_component(document, object, problems_before);
    take_reported();
  }

 private:
  void read_component(const Node& document, Reader& object, std::size_t problems_before) {
    warn_of_unknown_members(document);
    // A component for other apps only may need things that this machine does not have.
    if (!in_scope(object)) {
      const Node* metadata = document.find("metadata");
      return note("component is scoped to other apps",
                  metadata == nullptr ? std::string_view() : metadata->find_text("name"));
    }
    Component component;
    component.file = file_;
    component.line = document.line();
    if (auto metadata = object.required_object("metadata")) read_name(*metadata, component);
    if (auto spec = object.required_object("spec")) read_spec(*spec, component);
    take_reported();
    if (result_.problems.size() > problems_before) return;
    result_.components.push_back(std::move(component));
  }

  void problem(int line, std::string message) {
    take_reported();
    result_.problems.push_back(Error(Code::kInvalidArgument, std::move(message))
                                   .with("file", std::string(file_))
                                   .with("line", std::to_string(line)));
  }
  // Takes over the problems that the document's readers have reported.
  void take_reported() {
    for (Problem& each : std::exchange(reported_, {})) {
      problem(each.line, each.path + ": expected " + each.expected + ", found " + each.found);
    }
  }

  void note(std::string_view message, std::string_view what) {
    log_.write(Level::kDebug, message, {{"file", file_}, {"found", what}});
  }

  bool is_component(Reader& object) {
    const std::string kind = object.text("kind");
    const std::string version = object.text("apiVersion");
    if (!object.ok()) return false;
    const bool is_daprs = version.starts_with(kApiGroup);
    if (is_daprs && kind != "Component") {
      refuse_kind(object, kind);
      return false;
    }
    if (kind != "Component" || (!version.empty() && !is_daprs)) {
      note("document is not a Dapr component", kind.empty() ? "no kind" : kind);
      return false;
    }
    if (version == kApiVersion) return true;
    problem(object.line("apiVersion"), "apiVersion is " +
                                           (version.empty() ? "missing" : "'" + version + "'") +
                                           "; expected " + std::string(kApiVersion));
    return false;
  }

  // Refuses documents such as a Subscription or a Resiliency, because ignoring them would change
  // the behaviour without any message: for example, the app would never get the topics of the
  // Subscription.
  void refuse_kind(Reader& object, const std::string& kind) {
    if (!in_scope(object)) return note("document is scoped to other apps", kind);
    const std::string_view instead =
        kind == "Subscription" ? "Name the topic as an input in the function's context instead, or "
                                 "run Dapr"
                               : "Take the document out of the directory, or run Dapr";
    problem(object.line("kind"),
            "the local sidecar reads documents of kind Component only; found " +
                (kind.empty() ? "no kind" : "kind " + kind) + ". " + std::string(instead) +
                " (dapr run) and set DAPR_GRPC_PORT to its gRPC port");
  }

  // A mistyped `scopes` opens a component to every app. As in Dapr it is ignored, but with a
  // warning.
  void warn_of_unknown_members(const Node& document) {
    warn_of_unknown(document, "", {"apiVersion", "kind", "metadata", "spec", "auth", "scopes"});
    if (const Node* spec = document.find("spec")) {
      warn_of_unknown(*spec, "spec.",
                      {"type", "version", "ignoreErrors", "initTimeout", "metadata"});
    }
  }
  void warn_of_unknown(const Node& map, std::string_view path,
                       std::initializer_list<std::string_view> known) {
    for (const Node& member : map.members()) {
      if (std::ranges::find(known, member.key()) != known.end()) continue;
      log_.write(Level::kWarning, "a component's file has an unknown member, which is ignored",
                 {{"file", file_},
                  {"line", std::to_string(member.line())},
                  {"member", std::string(path) + member.key()}});
    }
  }

  void read_name(Reader& metadata, Component& component) {
    component.name = metadata.required_text("name", "the component's name");
    if (component.name == "." || component.name == ".." ||
        component.name.find_first_of("/%") != std::string::npos) {
      problem(metadata.line("name"),
              "metadata.name '" + component.name +
                  "' is not a name; it may not be . or .., and not contain / or %");
    }
  }

  void read_spec(Reader& spec, Component& component) {
    component.type = spec.required_text("type", "a component type such as bindings.localstorage");
    component.version = spec.text("version");
    component.ignore_errors = is_truthy(spec.text("ignoreErrors"));
    const Node* metadata = spec.member("metadata");
    if (metadata == nullptr) return;
    if (!metadata->is(Kind::kList)) {
      return spec.wrong("metadata", "a list of names with values", metadata, Reveal::kHidden);
    }
    for (const Node& entry : metadata->children()) read_property(entry, component);
  }

  void read_property(const Node& entry, Component& component) {
    const Node* given = entry.find("name");
    const std::string name = given != nullptr && given->is_scalar() ? given->text() : "";
    if (name.empty()) {
      return problem(entry.line(), "an entry of spec.metadata is a mapping with name and value");
    }
    Reader property(entry, document::path_to("spec.metadata", name), report_);
    const std::string text = property.text("value", Reveal::kHidden);
    if (!property.ok()) return;
    const bool has_value = property.member("value") != nullptr;
    // As in daprd, a value has precedence over a variable, and a secret over a value.
    const std::string variable = has_value ? std::string() : property.text("envRef");
    if (!variable.empty()) {
      return read_variable(property.line("envRef"), name, variable, component);
    }
    const Node* secret = entry.find("secretKeyRef");
    if (secret != nullptr && (!has_value || names_secret(*secret))) {
      return problem(secret->line(),
                     "'" + name +
                         "' refers to a secret store, which the local sidecar does not have; give "
                         "a value or an envRef, or run Dapr and set DAPR_GRPC_PORT");
    }
    add_property(entry.line(), name, text, component);
  }

  void add_property(int line, const std::string& name, const std::string& value,
                    Component& component) {
    if (value.contains("{podName}")) {
      return problem(line, "'" + name + "' refers to {podName}, but there is no pod here");
    }
    if (value.contains("{namespace}") && same_field_name(component.type.substr(0, 7), "pubsub.")) {
      return problem(line, "'" + name +
                               "' refers to {namespace}, for which Dapr puts the namespace in "
                               "front of every topic; the local sidecar does not: run Dapr (dapr "
                               "run) and set DAPR_GRPC_PORT to its gRPC port");
    }
    component.properties.push_back({name, expand(value, Uuid::kNew)});
    component.written.push_back({name, expand(value, Uuid::kAsWritten)});
  }

  static bool names_secret(const Node& reference) {
    const Node* name = reference.find_value("name");
    return name != nullptr && !(name->is_scalar() && name->text().empty());
  }

  void read_variable(int line, const std::string& name, const std::string& variable,
                     Component& component) {
    if (is_reserved_variable(variable)) {
      return problem(line, "'" + name + "' refers to the variable '" + variable +
                               "', which components may not read");
    }
    add_property(line, name, options_.environment(variable).value_or(""), component);
  }

  enum class Uuid : std::uint8_t { kNew, kAsWritten };
  // Expands daprd's placeholders.
  std::string expand(std::string_view value, Uuid uuid) {
    std::string expanded;
    while (true) {
      const std::size_t brace = std::min(value.find('{'), value.size());
      expanded.append(value.substr(0, brace));
      value.remove_prefix(brace);
      if (value.empty()) return expanded;
      std::string_view name = "{";
      if (value.starts_with("{uuid}")) {
        name = "{uuid}";
        expanded.append(uuid == Uuid::kNew ? uuid4(random_) : name);
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

  // If the scopes are not a list, the component is still read, so that all its problems are
  // reported.
  bool in_scope(Reader& object) {
    const Node* scopes = object.member("scopes");
    if (scopes == nullptr) return true;
    if (!scopes->is(Kind::kList)) {
      object.wrong("scopes", "a list of app ids", scopes, Reveal::kHidden);
      return true;
    }
    return scopes->children().empty() ||
           std::ranges::any_of(scopes->children(), [this](const Node& scope) {
             return scope.is_scalar() && scope.text() == options_.app_id;
           });
  }

  std::string_view file_;
  const LoaderOptions& options_;
  Log& log_;
  Components& result_;
  std::vector<Problem> reported_;
  std::vector<Note> notes_;
  document::Report report_{
      .source = std::string(file_), .problems = reported_, .notes = notes_, .words = kYamlWords};
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

void read_documents(std::string_view yaml, std::string_view file, const LoaderOptions& options,
                    Log& log, Components& result) {
  auto documents = document::parse_yaml(yaml);
  if (!documents) {
    result.problems.push_back(std::move(documents.error()).with("file", std::string(file)));
    return;
  }
  DocumentReader reader(file, options, log, result);
  for (const document::Tree& document : *documents) reader.read(document.root);
}

}  // namespace

Components parse_components(std::string_view yaml, std::string_view file,
                            const LoaderOptions& options, Log& log) {
  Components loaded;
  read_documents(yaml, file, options, log, loaded);
  refuse_duplicates(loaded);
  return loaded;
}

Result<std::vector<fs::path>> component_files(const std::string& directory, Log& log) {
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
    return std::unexpected(Error(Code::kNotFound,
                                 "the components directory cannot be read: " + error.message() +
                                     "; make it, or name another with --components",
                                 Error::Context{{"file", directory}}));
  }
  std::ranges::sort(files);
  return files;
}

Components load_components(const std::string& directory, const LoaderOptions& options, Log& log) {
  Components loaded;
  auto files = component_files(directory, log);
  if (!files) {
    loaded.problems.push_back(std::move(files.error()));
    return loaded;
  }
  for (const fs::path& file : *files) {
    if (auto text = os::read_small_file(file)) {
      read_documents(*text, file.native(), options, log, loaded);
    } else {
      loaded.problems.push_back(std::move(text.error()).with("file", file.native()));
    }
  }
  refuse_duplicates(loaded);
  return loaded;
}

}  // namespace ofn::localdapr
