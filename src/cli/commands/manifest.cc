// functions-framework manifest KIND --image IMAGE [flags]: writes a manifest.

#include "manifest/manifest.h"

#include <algorithm>
#include <array>
#include <string>
#include <vector>

#include "cli/commands/rows.h"

namespace ofn::cli {

namespace {

constexpr std::string_view kWhatIsWritten = "What is written";
constexpr std::string_view kManifest = "Manifest";

constexpr std::array<FlagRow, 15> kFlags = {{
    {.name = "openfunction",
     .value = "VERSION",
     .help = "OpenFunction Function; --openfunction=v1beta1 for the older version",
     .group = kWhatIsWritten,
     .kind = ValueKind::kWord,
     .words = "v1beta1|v1beta2",
     .bare = "v1beta2"},
    {.name = "knative", .help = "Knative Service", .group = kWhatIsWritten},
    {.name = "deployment",
     .help = "Deployment, Service, PodDisruptionBudget",
     .group = kWhatIsWritten},
    {.name = "keda",
     .help = "Deployment that KEDA scales, by requests (InterceptorRoute) and by brokers "
             "(ScaledObject)",
     .group = kWhatIsWritten},
    {.name = "dapr",
     .help = "Dapr components of the context, and the annotations of the pod",
     .group = kWhatIsWritten},
    {.name = "compose", .help = "Compose file with daprd and brokers", .group = kWhatIsWritten},
    {.name = "explain",
     .help = "Not a manifest: the variables that OpenFunction's controller makes of it, "
             "FUNC_CONTEXT and FUNC_CONTEXT_V1BETA2, as a file for --env-file",
     .group = kWhatIsWritten},
    {.name = "kustomize",
     .value = "DIR",
     .help = "Write a base and overlays to this folder; overlays that exist are kept",
     .group = kWhatIsWritten,
     .kind = ValueKind::kFolder},
    {.name = "image", .value = "IMAGE", .help = "Image of the function", .group = kManifest},
    {.name = "name",
     .value = "NAME",
     .help = "Name of all objects [default the context's name, or else the function's]",
     .group = kManifest},
    {.name = "namespace", .value = "NAME", .help = "Namespace of all objects", .group = kManifest},
    {.name = "hostname",
     .value = "HOST",
     .help = "Host of the function's requests, for --keda",
     .group = kManifest},
    {.name = "min-replicas",
     .value = "N",
     .help = "Fewest pods [default 0]",
     .group = kManifest,
     .kind = ValueKind::kNumber,
     .most = 10000},
    {.name = "max-replicas",
     .value = "N",
     .help = "Most pods [default 10]",
     .group = kManifest,
     .kind = ValueKind::kNumber,
     .least = 1,
     .most = 10000},
    {.name = "h2c",
     .help = "Proxies of the cluster speak HTTP/2 to the function",
     .group = kManifest},
}};

// The switches that choose what is written.
struct KindFlag {
  std::string_view flag;
  manifest::Kind kind;
};
constexpr std::array<KindFlag, 6> kKinds = {{
    {"knative", manifest::Kind::kKnative},
    {"deployment", manifest::Kind::kDeployment},
    {"keda", manifest::Kind::kKeda},
    {"dapr", manifest::Kind::kDapr},
    {"compose", manifest::Kind::kCompose},
    {"explain", manifest::Kind::kExplained},
}};

bool takes(const FlagSpec& spec) {
  constexpr std::array kNot = {Flag::kHost, Flag::kListenFd, Flag::kReadyFd, Flag::kLocalSidecar};
  return spec.group != FlagGroup::kModes && std::ranges::find(kNot, spec.flag) == kNot.end();
}

std::expected<Command, std::string> read(Given& given) {
  ManifestCommand command{.flags = given.settings(),
                          .kustomize = given.text("kustomize"),
                          .image = given.text("image"),
                          .name = given.text("name"),
                          .space = given.text("namespace"),
                          .host = given.text("hostname"),
                          .h2c = given.has("h2c")};
  command.min_replicas = given.number("min-replicas", command.min_replicas);
  command.max_replicas = given.number("max-replicas", command.max_replicas);
  std::vector<manifest::Kind> chosen;
  if (given.has("openfunction")) {
    chosen.push_back(given.text("openfunction") == "v1beta1"
                         ? manifest::Kind::kOpenFunctionV1Beta1
                         : manifest::Kind::kOpenFunctionV1Beta2);
  }
  for (const KindFlag& each : kKinds) {
    if (given.has(each.flag)) chosen.push_back(each.kind);
  }
  const std::size_t count = chosen.size() + (command.kustomize.empty() ? 0 : 1);
  if (count != 1) {
    std::string flags = "--openfunction";
    for (const KindFlag& each : kKinds) flags += ", --" + std::string(each.flag);
    return std::unexpected("manifest: expected one of " + flags + ", --kustomize, found " +
                           (count == 0 ? "none" : std::to_string(count) + " of them"));
  }
  if (!chosen.empty()) command.kind = chosen.front();
  const bool has_image =
      command.kind != manifest::Kind::kDapr && command.kind != manifest::Kind::kExplained;
  if (command.image.empty() && has_image) {
    return std::unexpected(
        "manifest: --image is missing; it names the image of the function, such as "
        "registry.example/greeter:1");
  }
  return command;
}

}  // namespace

constinit const CommandRow kManifestRow = {
    .name = "manifest",
    .summary =
        "Write a manifest of the function, for a cluster or Docker Compose; or check manifests",
    .description =
        "Writes a manifest of the function, for a cluster or Docker Compose. The numbers of a "
        "manifest agree with the flags below: it also sets their variables for the program.",
    .flags = kFlags,
    .takes = takes,
    .read = read,
};

}  // namespace ofn::cli
