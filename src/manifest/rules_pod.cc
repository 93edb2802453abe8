// Rules about the pod of a function: its context and settings, ports, rights.

#include <algorithm>
#include <array>

#include "base/nearest.h"
#include "document/reader.h"
#include "manifest/rules.h"

namespace ofn::manifest {

namespace {

using document::Node;

// All members that a context document may have.
constexpr std::array<const char*, 45> kContextMembers = {
    "name",           "version",       "runtime",     "port",        "inputs",   "outputs",
    "states",         "triggers",      "http",        "dapr",        "route",    "engine",
    "type",           "topic",         "inputName",   "metadata",    "uri",      "operation",
    "componentName",  "componentType", "prePlugins",  "postPlugins", "preHooks", "postHooks",
    "pluginsTracing", "tracing",       "httpPattern", "enabled",     "provider", "oapServer",
    "exporter",       "endpoint",      "headers",     "compression", "timeout",  "protocol",
    "tags",           "baggage",       "pre_hooks",   "post_hooks",  "state",    "function",
    "instance",       "namespace",     "layer"};

void context_invalid(const Workload& workload, Findings& findings) {
  for (const Problem& problem : workload.context_problems) {
    findings.add(workload.line_of(problem.source),
                 "the program refuses the context: " + problem.text(),
                 "correct the document; docs/context.md has its members");
  }
}

// "FUNC_CONTEXT $.outputs.a.uir: unknown member, ignored" → uir
std::string unknown_member(std::string_view note) {
  const std::string_view path = note.substr(0, note.rfind(": "));
  std::string_view member = path.substr(std::min(path.rfind('.') + 1, path.size()));
  if (member.ends_with("\"]")) member.remove_suffix(2);
  return std::string(member);
}

void context_member(const Workload& workload, Findings& findings) {
  static const std::vector<std::string> known(kContextMembers.begin(), kContextMembers.end());
  for (const Note& note : workload.context_notes) {
    if (!note.text.ends_with(document::kUnknownMember)) continue;
    const std::string member = unknown_member(note.text);
    const std::string nearest = nearest_word(member, known);
    findings.add(workload.line_of(note.text.substr(0, note.text.find(' '))), note.text,
                 nearest.empty() ? "remove the member"
                                 : "write " + nearest + " if that is meant, or remove the member");
  }
}

void setting_invalid(const Workload& workload, Findings& findings) {
  for (const Problem& problem : workload.setting_problems) {
    findings.add(workload.line_of(problem.source),
                 "the program refuses a setting: " + problem.text(),
                 "correct the value; docs/flags.md has the notations");
  }
}

void reserved_variable(const Workload& workload, Findings& findings) {
  if (!workload.is_knative()) return;
  for (const std::string_view name : {"PORT", "K_SERVICE", "K_REVISION", "K_CONFIGURATION"}) {
    if (!workload.variables.contains(name)) continue;
    findings.add(workload.line_of(name),
                 "Knative sets " + std::string(name) + " itself and refuses a manifest that does",
                 "remove the variable; the port is that of containerPort");
  }
}

// Returns the numbers of the container's ports.
std::vector<std::int64_t> container_ports(const Workload& workload) {
  std::vector<std::int64_t> ports;
  if (const Node* list = node_at(workload.container, {"ports"})) {
    for (const Node& port : list->items()) {
      if (const auto number = number_at(&port, {"containerPort"})) ports.push_back(*number);
    }
  }
  return ports;
}

void port_mismatch(const Workload& workload, Findings& findings) {
  const auto ports = container_ports(workload);
  std::int64_t listens = workload.settings.port.value;
  if (workload.kind == WorkloadKind::kKnative && !ports.empty()) listens = ports.front();
  if (workload.kind == WorkloadKind::kPods && !ports.empty() &&
      std::ranges::find(ports, listens) == ports.end()) {
    findings.add(line_or(node_at(workload.container, {"ports"}), workload.container),
                 "the program listens on port " + std::to_string(listens) + " (" +
                     workload.settings.port.origin.name + "), which is no containerPort",
                 "set containerPort to " + std::to_string(listens) + ", or PORT to " +
                     std::to_string(ports.front()));
  }
  const auto probed = number_at(workload.container, {"readinessProbe", "httpGet", "port"});
  if (workload.kind == WorkloadKind::kPods && probed && *probed != listens) {
    findings.add(line_or(node_at(workload.container, {"readinessProbe"}), workload.container),
                 "the readiness probe asks port " + std::to_string(*probed) +
                     ", and the program listens on " + std::to_string(listens),
                 "set the probe's port to " + std::to_string(listens));
  }
  const auto app = workload.annotation("dapr.io/app-port");
  if (workload.has_sidecar() && !workload.is_openfunction() && app &&
      *app != std::to_string(listens)) {
    findings.add(line_or(workload.annotations->find("dapr.io/app-port"), workload.annotations),
                 "dapr.io/app-port is " + quoted(*app) + ", and the program listens on " +
                     std::to_string(listens),
                 "set dapr.io/app-port: \"" + std::to_string(listens) + "\"");
  }
}

void knative_ports(const Workload& workload, Findings& findings) {
  if (workload.kind != WorkloadKind::kKnative) return;
  const Node* ports = node_at(workload.container, {"ports"});
  if (ports == nullptr) return;
  if (ports->items().size() > 1) {
    findings.add(ports->line(),
                 "the container has " + std::to_string(ports->items().size()) +
                     " ports, and Knative allows one",
                 "keep the function's port; a scraper finds the port of metrics by an annotation");
  }
}

void knative_port_name(const Workload& workload, Findings& findings) {
  const Node* ports = node_at(workload.container, {"ports"});
  if (workload.kind != WorkloadKind::kKnative || ports == nullptr) return;
  for (const Node& port : ports->items()) {
    const Node* name = port.find_value("name");
    if (name == nullptr || name->text().empty() || name->text() == "http1" || name->text() == "h2c")
      continue;
    findings.add(name->line(), "Knative refuses the port's name " + quoted(name->text()),
                 "remove the name, or use http1 or h2c");
  }
}

// The sidecar calls the program within the pod, so its gRPC does not pass Knative's port.
void h2c_unneeded(const Workload& workload, Findings& findings) {
  const Node* ports = node_at(workload.container, {"ports"});
  if (workload.kind != WorkloadKind::kKnative || ports == nullptr || !workload.has_sidecar())
    return;
  for (const Node& port : ports->items()) {
    if (port.find_text("name") != "h2c") continue;
    findings.add(
        port.find("name")->line(),
        "the port's name h2c makes Knative speak HTTP/2 to the program, and Dapr's gRPC does "
        "not need it",
        "remove the name, unless clients outside of the pod speak gRPC to the function");
  }
}

// The value that counts: the container's, or else the pod's.
const Node* security(const Workload& workload, std::initializer_list<std::string_view> path) {
  const Node* own = node_at(node_at(workload.container, {"securityContext"}), path);
  return own != nullptr ? own : node_at(node_at(workload.pod, {"securityContext"}), path);
}
bool is_text(const Node* node, std::string_view text) {
  return node != nullptr && node->text() == text;
}

void runs_as_root(const Workload& workload, Findings& findings) {
  const Node* user = security(workload, {"runAsUser"});
  if (is_text(user, "0")) {
    return findings.add(user->line(), "the program runs as root",
                        "set runAsUser to 65532; the program runs as any user");
  }
  if (is_text(security(workload, {"runAsNonRoot"}), "true")) return;
  findings.add(
      workload.line(), "the program may run as root",
      "set securityContext.runAsNonRoot: true and runAsUser: 65532; the program runs as any user");
}

bool drops_all(const Workload& workload) {
  const Node* dropped = node_at(workload.container, {"securityContext", "capabilities", "drop"});
  return dropped != nullptr && std::ranges::any_of(dropped->items(), [](const Node& each) {
           return each.text() == "ALL";
         });
}

void not_restricted(const Workload& workload, Findings& findings) {
  std::string missing;
  const auto needs = [&missing](bool is_there, std::string_view what) {
    if (!is_there) missing += (missing.empty() ? "" : ", ") + std::string(what);
  };
  needs(is_text(node_at(workload.container, {"securityContext", "allowPrivilegeEscalation"}),
                "false"),
        "allowPrivilegeEscalation: false");
  needs(drops_all(workload), "capabilities.drop: [ALL]");
  const Node* seccomp = security(workload, {"seccompProfile", "type"});
  needs(is_text(seccomp, "RuntimeDefault") || is_text(seccomp, "Localhost"),
        "seccompProfile.type: RuntimeDefault");
  if (missing.empty()) return;
  findings.add(workload.line(), "Pod Security's profile \"restricted\" refuses the container",
               "add to its securityContext: " + missing);
}

constexpr std::array<WorkloadRule, 10> kRules = {{
    {"context-invalid", context_invalid},
    {"context-member", context_member},
    {"setting-invalid", setting_invalid},
    {"reserved-variable", reserved_variable},
    {"port-mismatch", port_mismatch},
    {"knative-ports", knative_ports},
    {"knative-port-name", knative_port_name},
    {"h2c-unneeded", h2c_unneeded},
    {"runs-as-root", runs_as_root},
    {"not-restricted", not_restricted},
}};

}  // namespace

std::span<const WorkloadRule> pod_rules() { return kRules; }

}  // namespace ofn::manifest
