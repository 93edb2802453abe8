#include "otlp/resource.h"

#include <algorithm>
#include <array>
#include <optional>
#include <unistd.h>
#include <utility>

#include "otlp/attributes.h"
#include "otlp/pair_list.h"
#include "otlp/protobuf_writer.h"

namespace ofn::otlp {
namespace {

constexpr std::string_view kAttributesVariable = "OTEL_RESOURCE_ATTRIBUTES";
constexpr std::uint32_t kAttributes = 1;  // of Resource

class Builder {
 public:
  // The first value of a name stays.
  void add(std::string_view name, std::variant<std::string, std::int64_t> value) {
    const auto* text = std::get_if<std::string>(&value);
    if (text != nullptr && text->empty()) return;
    if (std::ranges::find(resource_.attributes, name, &Resource::Attribute::name) !=
        resource_.attributes.end()) {
      return;
    }
    resource_.attributes.push_back({std::string(name), std::move(value)});
  }
  Resource take() { return std::move(resource_); }

 private:
  Resource resource_;
};

void add_users(Builder& builder, const Environment& env, std::vector<Note>& notes) {
  const auto text = non_empty(env, kAttributesVariable);
  if (!text) return;
  auto pairs = parse_pairs(*text);
  if (!pairs) {
    notes.push_back({Level::kWarning, env.label(kAttributesVariable) + " is ignored: item " +
                                          std::to_string(pairs.error().item) + ": expected " +
                                          std::string(pairs.error().expected)});
    return;
  }
  for (Header& pair : *pairs) builder.add(pair.name, std::move(pair.value));
}

}  // namespace

std::string_view Resource::text(std::string_view name) const {
  const auto found = std::ranges::find(attributes, name, &Attribute::name);
  if (found == attributes.end()) return {};
  const auto* value = std::get_if<std::string>(&found->value);
  return value == nullptr ? std::string_view() : *value;
}

ResourceFacts with_process(ResourceFacts facts) {
  std::array<char, 256> name{};
  if (gethostname(name.data(), name.size() - 1) == 0) facts.host_name = name.data();
  facts.process_id = getpid();
  return facts;
}

Resource read_resource(const Environment& env, const ResourceFacts& facts,
                       std::vector<Note>& notes) {
  const auto variable = [&env](std::string_view name) { return non_empty(env, name).value_or(""); };
  const auto first = [](std::string a, const std::string& b) {
    return a.empty() ? b : std::move(a);
  };
  const std::string pod = variable("POD_NAME");
  Builder builder;
  builder.add("service.name", variable("OTEL_SERVICE_NAME"));
  add_users(builder, env, notes);
  builder.add("service.name",
              first(first(variable("K_SERVICE"), facts.function_name), "unknown_service"));
  builder.add("service.version", facts.function_version);
  builder.add("service.instance.id", first(pod, facts.instance_id));
  builder.add("faas.name", facts.function_name);
  builder.add("faas.version", first(variable("K_REVISION"), facts.function_version));
  builder.add("faas.instance", first(pod, facts.instance_id));
  builder.add("k8s.pod.name", pod);
  builder.add("k8s.namespace.name", variable("POD_NAMESPACE"));
  builder.add("host.name", facts.host_name);
  if (facts.process_id != 0) builder.add("process.pid", facts.process_id);
  // Another SDK than OpenTelemetry's own has a name of its own, as the semantic conventions ask.
  builder.add("telemetry.sdk.name", "ofn");
  builder.add("telemetry.sdk.language", "cpp");
  builder.add("telemetry.sdk.version", facts.framework_version);
  return builder.take();
}

std::string encode(const Resource& resource) {
  std::string bytes;
  ProtobufWriter out(bytes);
  for (const Resource::Attribute& attribute : resource.attributes) {
    if (const auto* number = std::get_if<std::int64_t>(&attribute.value)) {
      write_attribute(out, kAttributes, attribute.name, *number);
    } else {
      write_attribute(out, kAttributes, attribute.name,
                      std::string_view(std::get<std::string>(attribute.value)));
    }
  }
  return bytes;
}

}  // namespace ofn::otlp
