#include "tracing/section.h"

#include <chrono>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "context/units.h"
#include "otlp/url.h"

namespace ofn::tracing {
namespace {

constexpr std::string_view kProvider = "opentelemetry";
constexpr std::string_view kExporterVariable = "OTEL_TRACES_EXPORTER";
constexpr std::string_view kGeneral = "OTEL_EXPORTER_OTLP_";
constexpr std::string_view kOwn = "OTEL_EXPORTER_OTLP_TRACES_";

const Tracing* section_of(const FunctionContext& context) {
  if (!context.tracing || !context.tracing->enabled) return nullptr;
  return context.tracing->provider == kProvider ? &*context.tracing : nullptr;
}

// A value of the section, and the member that it comes from.
struct Member {
  std::string value;
  std::string name;
};
using Members = std::map<std::string, Member, std::less<>>;

class Section {
 public:
  Section(const Environment& env, const TracingExporter& exporter, std::vector<Note>& notes)
      : env_(env), exporter_(exporter), notes_(notes) {}

  Members members() && {
    if (!non_empty(env_, kExporterVariable)) add_exporter();
    add("PROTOCOL", "protocol", protocol());
    add("ENDPOINT", "endpoint", endpoint());
    add("HEADERS", "headers", exporter_.headers);
    add("COMPRESSION", "compression", exporter_.compression);
    add("TIMEOUT", "timeout", timeout());
    return std::move(members_);
  }

 private:
  static std::string label(std::string_view member) {
    return "the context's tracing.provider.exporter." + std::string(member);
  }
  void warn(std::string_view member, std::string_view text) {
    notes_.push_back({Level::kWarning, label(member) + " " + std::string(text)});
  }

  // Jaeger takes OTLP; its own protocol has been withdrawn.
  void add_exporter() {
    const std::string& name = exporter_.name;
    std::string value = name.empty() || name == "jaeger" ? "otlp" : name;
    if (name == "jaeger") {
      notes_.push_back(
          {Level::kInfo, label("name") +
                             " is \"jaeger\": spans are sent by OTLP, which Jaeger takes "
                             "on port 4317 (gRPC) and 4318 (HTTP)"});
    }
    members_.emplace(kExporterVariable, Member{std::move(value), label("name")});
  }

  // The other frameworks of the family send by gRPC unless the section says http.
  std::string protocol() const {
    if (exporter_.protocol.empty() || exporter_.protocol == "grpc") return "grpc";
    return exporter_.protocol == "http" ? "http/protobuf" : exporter_.protocol;
  }

  std::string endpoint() const {
    std::string url = exporter_.endpoint;
    if (url.empty()) return url;
    if (!url.contains("://")) url = "http://" + url;
    const auto parsed = otlp::parse_url(url);
    if (parsed && (parsed->path.empty() || parsed->path == "/") && protocol() != "grpc")
      url += url.ends_with('/') ? "v1/traces" : "/v1/traces";
    return url;
  }

  std::string timeout() {
    if (exporter_.timeout.empty()) return {};
    const auto duration = parse_duration(exporter_.timeout);
    if (!duration || *duration <= Duration::zero()) {
      warn("timeout", "is ignored: expected " + std::string(kExpectedDuration));
      return {};
    }
    return std::to_string(std::chrono::ceil<std::chrono::milliseconds>(*duration).count());
  }

  void add(std::string_view key, std::string_view member, std::string value) {
    const std::string own = std::string(kOwn) + std::string(key);
    if (value.empty() || non_empty(env_, own) ||
        non_empty(env_, std::string(kGeneral) + std::string(key))) {
      return;
    }
    members_.emplace(own, Member{std::move(value), label(member)});
  }

  const Environment& env_;
  const TracingExporter& exporter_;
  std::vector<Note>& notes_;
  Members members_;
};

}  // namespace

Environment with_section(const Environment& env, const FunctionContext& context,
                         std::vector<Note>& notes) {
  const Tracing* section = section_of(context);
  if (section == nullptr) return env;
  const Members members = Section(env, section->exporter, notes).members();
  return {[env, members](std::string_view name) -> std::optional<std::string> {
            const auto found = members.find(name);
            return found == members.end() ? env(name) : found->second.value;
          },
          [env, members](std::string_view name) {
            const auto found = members.find(name);
            return found == members.end() ? env.label(name) : found->second.name;
          }};
}

Metadata filled_tags(const Environment& env, const FunctionContext& context,
                     const Tracing& section) {
  Metadata tags = section.tags;
  const auto fill = [&tags](const char* name, std::string value) {
    if (!value.empty()) tags.emplace(name, std::move(value));
  };
  fill("func", context.name);
  fill("instance", non_empty(env, "POD_NAME").value_or(""));
  fill("namespace", non_empty(env, "POD_NAMESPACE").value_or(""));
  return tags;
}

Metadata section_tags(const Environment& env, const FunctionContext& context) {
  const Tracing* section = section_of(context);
  return section == nullptr ? Metadata() : filled_tags(env, context, *section);
}

Metadata section_baggage(const FunctionContext& context) {
  const Tracing* section = section_of(context);
  return section == nullptr ? Metadata() : section->baggage;
}

}  // namespace ofn::tracing
