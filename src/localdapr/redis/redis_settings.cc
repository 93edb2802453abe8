#include "localdapr/redis/redis_settings.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "localdapr/go/go_text.h"
#include "localdapr/go/number.h"

namespace ofn::localdapr {
namespace {

constexpr std::uint16_t kPort = 6379;

std::unexpected<Error> unsupported(std::string_view what) {
  return fail(Code::kUnimplemented,
              "the local sidecar does not connect to Redis " + std::string(what) +
                  ". Run Dapr for that (dapr run) and set DAPR_GRPC_PORT to its gRPC port");
}

// Parses HOST, HOST:PORT, [ADDRESS]:PORT.
Result<wire::Endpoint> read_host(std::string_view text) {
  wire::Endpoint endpoint{.host = "localhost", .port = kPort, .unix_path = {}};
  if (text.empty()) return endpoint;
  const auto refuse = [text] {
    return fail(Code::kInvalidArgument,
                "redisHost '" + std::string(text) + "' is not an address; expected HOST:PORT");
  };
  if (text.contains(',')) return unsupported("as a cluster");
  const std::size_t colon = text.rfind(':');
  if (colon == std::string_view::npos) return refuse();
  const auto port = number<std::uint16_t>(text.substr(colon + 1));
  std::string_view host = text.substr(0, colon);
  if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
  if (!port || *port == 0) return refuse();
  endpoint.port = *port;
  if (!host.empty()) endpoint.host = host;
  return endpoint;
}

std::unexpected<Error> invalid(std::string_view property, std::string_view kind,
                               std::string_view text) {
  std::string message(
      "redis client configuration error: decode failed. 1 error(s) decoding:\n\n* error decoding "
      "'");
  message.append(property).append("': invalid ").append(kind).append(" \"");
  message.append(text).append("\"");
  return fail(Code::kInvalidArgument, std::move(message));
}

template <class Number>
constexpr std::string_view kKind = "int";
template <>
constexpr std::string_view kKind<std::size_t> = "uint";
template <>
constexpr std::string_view kKind<std::int64_t> = "int64";

// Leaves the value unchanged if the property is missing.
template <class Number>
Result<void> read_number(const Component& component, std::string_view property, Number& value) {
  const auto text = component.property(property);
  if (!text) return {};
  const std::optional<Number> read = number<Number>(*text);
  if (!read) return invalid(property, kKind<Number>, *text);
  value = *read;
  return {};
}

// A plain number counts in `unit`.
Result<void> read_duration(const Component& component, std::string_view property, Duration unit,
                           Duration& duration) {
  const auto text = component.property(property);
  if (!text) return {};
  constexpr std::uint32_t kMost = 1U << 31;
  if (const auto plain = number<std::uint32_t>(*text); plain && *plain < kMost) {
    duration = unit * *plain;
    return {};
  }
  const auto value = go_duration(*text);
  if (!value) return invalid(property, "duration", *text);
  duration = *value;
  return {};
}

}  // namespace

Result<RedisSettings> redis_settings(const Component& component, std::string_view app_id) {
  const auto is_set = [&component](std::string_view property) {
    return is_truthy(component.property(property).value_or(""));
  };
  if (is_set("enableTLS")) return unsupported("by TLS (enableTLS)");
  if (is_set("failover")) return unsupported("through Sentinel (failover)");
  if (is_set("useEntraID") || is_set("useAzureAD"))
    return unsupported("with Entra ID (useEntraID)");
  if (component.property("redisType").value_or("node") == "cluster") {
    return unsupported("as a cluster");
  }
  auto endpoint = read_host(component.property("redisHost").value_or(""));
  if (!endpoint) return std::unexpected(std::move(endpoint.error()));
  const auto text = [&component](std::string_view property) {
    return std::string(component.property(property).value_or(""));
  };
  RedisSettings settings{.server = {.endpoint = *std::move(endpoint),
                                    .user = text("redisUsername"),
                                    .password = text("redisPassword")},
                         .consumer_id = text("consumerID")};
  if (settings.consumer_id.empty()) settings.consumer_id = app_id;
  using std::chrono::milliseconds;
  using std::chrono::seconds;
  for (Result<void> read :
       {read_number(component, "redisDB", settings.server.database),
        read_number(component, "queueDepth", settings.queue_depth),
        read_number(component, "concurrency", settings.concurrency),
        read_number(component, "maxLenApprox", settings.max_length),
        read_duration(component, "processingTimeout", milliseconds(1), settings.processing_timeout),
        read_duration(component, "redeliverInterval", milliseconds(1), settings.redeliver_interval),
        read_duration(component, "streamTTL", seconds(1), settings.stream_ttl)}) {
    if (!read) return std::unexpected(std::move(read.error()));
  }
  settings.queue_depth = std::max<std::size_t>(settings.queue_depth, 1);
  return settings;
}

}  // namespace ofn::localdapr
