#include "skywalking/settings.h"

#include <algorithm>
#include <string_view>
#include <utility>

#include "base/trimmed.h"
#include "base/utf8.h"
#include "otlp/url.h"
#include "skywalking/sw8.h"
#include "tracing/section.h"
#include "wire/grpc/codec.h"

namespace ofn::skywalking {
namespace {

constexpr std::string_view kBackends = "SW_AGENT_COLLECTOR_BACKEND_SERVICES";
constexpr std::string_view kName = "SW_AGENT_NAME";
constexpr std::string_view kInstanceName = "SW_AGENT_INSTANCE_NAME";
constexpr std::string_view kAuthentication = "SW_AGENT_AUTHENTICATION";
constexpr std::string_view kDefaultPort = ":11800";
constexpr std::string_view kExpected = "expected host:port";

class Reader {
 public:
  Reader(const Environment& env, const FunctionContext& context, std::vector<Note>& notes)
      : env_(env), context_(context), notes_(notes) {}

  std::optional<wire::Endpoint> oap() {
    const auto variable = non_empty(env_, kBackends);
    const std::string label =
        variable ? env_.label(kBackends) : "the context's tracing.provider.oapServer";
    std::string_view text = variable ? std::string_view(*variable) : context_.tracing->oap_server;
    if (text.empty()) {
      warn(label + " is missing: " + std::string(kExpected) + "; no segment is sent");
      return std::nullopt;
    }
    if (const std::size_t comma = text.find(','); comma != std::string_view::npos) {
      text = text.substr(0, comma);
      notes_.push_back({Level::kInfo, label + ": of several servers the first is used"});
    }
    std::string address(trimmed(text));
    if (address.starts_with("http://")) address.erase(0, std::string_view("http://").size());
    // An address of IPv6 has colons within its brackets.
    if (address.find(':', std::min(address.rfind(']'), address.size())) == std::string::npos &&
        (address.ends_with(']') || !address.contains(':'))) {
      address += kDefaultPort;
    }
    const auto url = otlp::parse_url("http://" + address);
    if (address.contains("://") || !url || url->path != "/") {
      // A text with a user may hold a password.
      const bool secret = address.contains('@');
      warn(label + ": " + std::string(kExpected) + " of a server without TLS" +
           (secret ? "" : ", found " + quoted(text)) + "; no segment is sent");
      return std::nullopt;
    }
    return url->endpoint;
  }

  std::string authentication() {
    auto value = non_empty(env_, kAuthentication);
    if (!value) return {};
    if (wire::grpc::valid_metadata_value(*value)) return *std::move(value);
    warn(env_.label(kAuthentication) + " is ignored: expected printable ASCII characters");
    return {};
  }

  // Cut as sw8 would cut it, so that the two always agree.
  std::string name(std::string_view variable, std::string otherwise, std::size_t most) const {
    return std::string(clipped(non_empty(env_, variable).value_or(std::move(otherwise)), most));
  }

 private:
  void warn(std::string text) { notes_.push_back({Level::kWarning, std::move(text)}); }

  const Environment& env_;
  const FunctionContext& context_;
  std::vector<Note>& notes_;
};

std::string value_of(const Metadata& tags, const char* name) {
  const auto found = tags.find(name);
  return found == tags.end() ? std::string() : found->second;
}

}  // namespace

bool is_wanted(const FunctionContext& context) {
  return context.tracing && context.tracing->enabled && context.tracing->provider == "skywalking";
}

std::optional<Settings> read_settings(const Environment& env, const FunctionContext& context,
                                      const Facts& facts, std::vector<Note>& notes) {
  if (!is_wanted(context)) return std::nullopt;
  Reader reader(env, context, notes);
  auto oap = reader.oap();
  if (!oap) return std::nullopt;
  const std::string function = context.name.empty() ? facts.function_name : context.name;
  Metadata tags = tracing::filled_tags(env, context, *context.tracing);
  const std::string pod = non_empty(env, "POD_NAME").value_or("");
  const std::string space = non_empty(env, "POD_NAMESPACE").value_or("");
  std::string instance = value_of(tags, "instance");
  if (instance.empty()) {
    instance = facts.instance_id;
    if (!facts.host_name.empty()) instance += "@" + facts.host_name;
  }
  Settings settings{.oap = *std::move(oap),
                    .authentication = reader.authentication(),
                    .service = reader.name(kName, function, kMaxService),
                    .instance = reader.name(kInstanceName, instance, kMaxInstance),
                    .tags = std::move(tags),
                    .baggage = context.tracing->baggage,
                    .function = function,
                    .space = space};
  const auto add = [&settings](std::string name, std::string value) {
    if (!value.empty()) settings.properties.push_back({std::move(name), std::move(value)});
  };
  add("Process No.", facts.process_id == 0 ? "" : std::to_string(facts.process_id));
  add("hostname", facts.host_name);
  add("language", "cpp");
  add("OS Name", "linux");
  add("pod", pod);
  add("namespace", space);
  return settings;
}

}  // namespace ofn::skywalking
