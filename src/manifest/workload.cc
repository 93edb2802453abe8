#include "manifest/workload.h"

#include <algorithm>
#include <charconv>

#include "context/parse_context.h"

namespace ofn::manifest {

namespace {

using document::Node;

void read_env(const Node* container, Workload& workload) {
  const Node* env = node_at(container, {"env"});
  if (env == nullptr) return;
  for (const Node& entry : env->items()) {
    const Node* value = entry.find_value("value");
    if (value == nullptr || !value->is_scalar()) continue;
    workload.variables.insert_or_assign(std::string(entry.find_text("name")),
                                        Variable{value->text(), value->line()});
  }
}

bool runs_the_program(const Node& container) {
  if (container.find_text("name") == "function") return true;
  const Node* env = container.find("env");
  return env != nullptr && std::ranges::any_of(env->items(), [](const Node& entry) {
           return is_programs_variable(entry.find_text("name"));
         });
}

// Returns the function's container; null if none looks like it.
const Node* functions_container(const Node* pod, bool is_sole_enough) {
  const Node* containers = node_at(pod, {"containers"});
  if (containers == nullptr) return nullptr;
  const auto items = containers->items();
  const auto found = std::ranges::find_if(items, runs_the_program);
  if (found != items.end()) return &*found;
  return is_sole_enough && items.size() == 1 ? items.data() : nullptr;
}

void read_settings(Workload& workload) {
  EnvironmentMap variables;
  for (const auto& [name, variable] : workload.variables) variables.emplace(name, variable.value);
  variables.emplace(workload.is_knative() ? "K_SERVICE" : "KUBERNETES_SERVICE_HOST", "set");
  const Environment env = environment_of(std::move(variables));
  auto context =
      parse_context(env("FUNC_CONTEXT"), env("FUNC_CONTEXT_V1BETA2"), workload.context_notes);
  if (context) {
    workload.context = *std::move(context);
  } else {
    workload.context_problems = std::move(context.error());
  }
  std::vector<Note> notes;
  auto settings = resolve_settings(Flags(), env, workload.context, notes);
  if (!settings) {
    workload.setting_problems = std::move(settings.error());
    settings =
        resolve_settings(Flags(), environment_of({{"POD_NAME", "set"}}), FunctionContext(), notes);
  }
  if (settings) workload.settings = *std::move(settings);
}

std::optional<Workload> workload_of_pods(const Node& document) {
  Workload workload{.kind = WorkloadKind::kPods, .object = &document};
  const Node* pods = node_at(&document, {"spec", "template"});
  workload.pod = node_at(pods, {"spec"});
  workload.annotations = node_at(pods, {"metadata", "annotations"});
  workload.labels = node_at(pods, {"metadata", "labels"});
  workload.container = functions_container(workload.pod, workload.has_sidecar());
  if (workload.container == nullptr) return std::nullopt;
  read_env(workload.container, workload);
  return workload;
}

std::optional<Workload> workload_of_knative(const Node& document) {
  Workload workload{.kind = WorkloadKind::kKnative, .object = &document};
  const Node* revision = node_at(&document, {"spec", "template"});
  workload.pod = node_at(revision, {"spec"});
  workload.annotations = node_at(revision, {"metadata", "annotations"});
  workload.container = functions_container(workload.pod, true);
  if (workload.container == nullptr) return std::nullopt;
  read_env(workload.container, workload);
  return workload;
}

std::optional<Workload> workload_of_function(const Node& document) {
  Workload workload{.object = &document};
  const Node* serving = node_at(&document, {"spec", "serving"});
  if (serving == nullptr) return std::nullopt;
  const Node* triggers = node_at(serving, {"triggers", "dapr"});
  const bool is_async = (triggers != nullptr && !triggers->items().empty()) ||
                        serving->find_text("runtime") == "async";
  workload.kind = is_async ? WorkloadKind::kFunctionPods : WorkloadKind::kFunctionKnative;
  workload.pod = serving->find_value("template");
  workload.annotations = serving->find_value("annotations");
  const Node* containers = node_at(workload.pod, {"containers"});
  if (containers != nullptr) {
    const auto found = std::ranges::find_if(containers->items(), [](const Node& container) {
      return container.find_text("name") == "function";
    });
    if (found != containers->items().end()) workload.container = &*found;
  }
  read_env(workload.container, workload);
  if (const Node* params = serving->find_value("params")) {
    for (const Node& param : params->members()) {
      workload.variables.insert_or_assign(param.key(), Variable{param.text(), param.line()});
    }
  }
  return workload;
}

}  // namespace

std::optional<std::string> Workload::annotation(std::string_view name) const {
  const Node* found = annotations == nullptr ? nullptr : annotations->find_value(name);
  return found != nullptr && found->is_scalar() ? std::optional(found->text()) : std::nullopt;
}

bool Workload::has_sidecar() const {
  if (!is_openfunction()) return annotation("dapr.io/enabled") == "true";
  if (annotation("openfunction.io/dapr-service-mode") != "sidecar" ||
      annotation("openfunction.io/enable-dapr") == "false") {
    return false;
  }
  const Node* serving = node_at(object, {"spec", "serving"});
  return kind == WorkloadKind::kFunctionPods || node_at(serving, {"outputs"}) != nullptr ||
         node_at(serving, {"states"}) != nullptr;
}

int Workload::line() const { return line_or(container, object); }

int Workload::line_of(std::string_view variable) const {
  const auto found = variables.find(variable);
  return found == variables.end() ? line() : found->second.line;
}

std::optional<Workload> workload_of(const Node& document) {
  const std::string_view kind = document.find_text("kind");
  const std::string_view api = document.find_text("apiVersion");
  std::optional<Workload> workload;
  if (kind == "Deployment" || kind == "StatefulSet" || kind == "Job") {
    workload = workload_of_pods(document);
  } else if (kind == "Service" && api.starts_with("serving.knative.dev/")) {
    workload = workload_of_knative(document);
  } else if (kind == "Function" && api.starts_with("core.openfunction.io/")) {
    workload = workload_of_function(document);
  }
  if (workload) read_settings(*workload);
  return workload;
}

bool is_programs_variable(std::string_view name) {
  return name.starts_with("OFN_") || name.starts_with("FUNC_CONTEXT") ||
         name == "FUNCTION_TARGET" || name == "FUNC_NAME";
}

const Node* node_at(const Node* node, std::initializer_list<std::string_view> path) {
  for (const std::string_view key : path) {
    if (node != nullptr) node = node->find_value(key);
  }
  return node;
}

std::optional<std::int64_t> number_at(const Node* node,
                                      std::initializer_list<std::string_view> path) {
  const Node* found = node_at(node, path);
  if (found == nullptr || !found->is_scalar()) return std::nullopt;
  const std::string& text = found->text();
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  constexpr std::int64_t kMost = 1'000'000'000'000;  // no sum of such numbers overflows
  const bool is_number = error == std::errc() && end == text.data() + text.size();
  return is_number && number >= -kMost && number <= kMost ? std::optional(number) : std::nullopt;
}

int line_or(const Node* node, const Node* other) {
  if (node != nullptr && node->line() > 0) return node->line();
  return other == nullptr ? 0 : other->line();
}

}  // namespace ofn::manifest
