#include "localdapr/mqtt/mqtt_settings.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstddef>
#include <optional>
#include <utility>

#include "base/utf8.h"
#include "localdapr/go/go_text.h"
#include "localdapr/go/number.h"

namespace ofn::localdapr {
namespace {

using Transport = MqttBroker::Transport;

struct Scheme {
  std::string_view name;
  Transport transport;
};
constexpr std::array<Scheme, 7> kSchemes = {{{"mqtt", Transport::kPlain},
                                             {"tcp", Transport::kPlain},
                                             {"mqtts", Transport::kTls},
                                             {"mqtt+ssl", Transport::kTls},
                                             {"tcps", Transport::kTls},
                                             {"ssl", Transport::kTls},
                                             {"tls", Transport::kTls}}};

// Decodes percent-encoding. Returns nullopt if a % is not followed by two hexadecimal digits.
std::optional<std::string> decode_percent(std::string_view text) {
  std::string decoded;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      decoded.push_back(text[i]);
      continue;
    }
    unsigned byte = 0;
    if (text.size() - i < 3) return std::nullopt;
    const char* begin = text.data() + i + 1;
    const auto [end, error] = std::from_chars(begin, begin + 2, byte, 16);
    if (error != std::errc() || end != begin + 2) return std::nullopt;
    decoded.push_back(static_cast<char>(byte));
    i += 2;
  }
  return decoded;
}

// Parses SCHEME://[USER[:PASSWORD]@]HOST:PORT[/…].
Result<MqttBroker> parse_url(std::string_view url) {
  const auto refuse = [] {
    return fail(Code::kInvalidArgument,
                "url is not a broker's address here; expected mqtt://[USER:PASSWORD@]HOST:PORT, or "
                "mqtts:// for TLS. Run Dapr for others (WebSocket, Unix sockets)");
  };
  const std::size_t colon = url.find("://");
  if (colon == std::string_view::npos) return refuse();
  const auto* scheme =
      std::ranges::find_if(kSchemes, [name = url.substr(0, colon)](const Scheme& known) {
        return same_field_name(known.name, name);
      });
  if (scheme == kSchemes.end()) return refuse();
  std::string_view rest = url.substr(colon + 3);
  rest = rest.substr(0, rest.find_first_of("/?#"));
  MqttBroker broker{.transport = scheme->transport, .host = {}};
  if (const std::size_t at = rest.rfind('@'); at != std::string_view::npos) {
    const std::string_view who = rest.substr(0, at);
    const std::size_t split = std::min(who.find(':'), who.size());
    const auto user = decode_percent(who.substr(0, split));
    const auto password = decode_percent(who.substr(std::min(split + 1, who.size())));
    if (!user || !password) return refuse();
    broker.user = *user;
    broker.password = *password;
    rest.remove_prefix(at + 1);
  }
  const std::size_t split = rest.rfind(':');
  if (split == std::string_view::npos) return refuse();
  const auto port = number<std::uint16_t>(rest.substr(split + 1));
  std::string_view host = rest.substr(0, split);
  if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
  if (!port || *port == 0 || host.empty()) return refuse();
  broker.host = host;
  broker.port = *port;
  return broker;
}

bool is_pem(std::string_view text) { return text.contains("-----BEGIN "); }

struct CertificateWords {
  std::string_view ca, certificate, key;
};

Result<MqttSettings> read(const Component& component, std::string_view url,
                          const CertificateWords& words) {
  auto broker = parse_url(url);
  if (!broker) return std::unexpected(std::move(broker.error()));
  struct Certificate {
    std::string_view property;
    std::string MqttBroker::* member;
    std::string_view word;
  };
  for (const auto& [property, member, word] :
       {Certificate{"caCert", &MqttBroker::ca, words.ca},
        Certificate{"clientCert", &MqttBroker::client_certificate, words.certificate},
        Certificate{"clientKey", &MqttBroker::client_key, words.key}}) {
    const auto pem = component.property(property);
    if (!pem) continue;
    if (!is_pem(*pem)) return fail(Code::kInvalidArgument, std::string(word));
    (*broker).*member = *pem;
  }
  broker->clean_session = is_truthy(component.property("cleanSession").value_or(""));
  // The library would cut the text at a NUL, and so connect another client or user.
  for (const std::string_view text :
       {std::string_view(broker->user), std::string_view(broker->password),
        component.property("consumerID").value_or("")}) {
    if (text.contains('\0'))
      return fail(Code::kInvalidArgument,
                  "consumerID, user and password must not contain a NUL character");
  }
  return MqttSettings{
      .broker = *std::move(broker),
      .consumer_id = std::string(component.property("consumerID").value_or("")),
      .retain = is_truthy(component.property("retain").value_or("")),
  };
}

// Returns true for U+0001 to U+001F and U+007F to U+009F. A broker ends the connection if it gets
// one.
bool holds_control_character(std::string_view utf8) {
  for (std::size_t i = 0; i < utf8.size(); ++i) {
    const auto byte = static_cast<unsigned char>(utf8[i]);
    if (byte < 0x20 || byte == 0x7f) return true;
    if (byte == 0xc2 && i + 1 < utf8.size() && static_cast<unsigned char>(utf8[i + 1]) < 0xa0)
      return true;
  }
  return false;
}

// Returns mapstructure's message for a text that is not a number.
std::unexpected<Error> no_number(std::string_view before, std::string_view property,
                                 std::string_view kind, std::string_view function,
                                 std::string_view text) {
  std::string message(before);
  message.append("1 error(s) decoding:\n\n* cannot parse '").append(property).append("' as ");
  message.append(kind).append(": strconv.").append(function).append(": parsing \"");
  message.append(text).append("\": invalid syntax");
  return fail(Code::kInvalidArgument, std::move(message));
}

}  // namespace

Result<void> check_mqtt_topic(std::string_view topic, TopicUse use) {
  constexpr std::size_t kLongest = 65'535;
  // The limit of libmosquitto and of the Mosquitto broker.
  constexpr std::ptrdiff_t kMostLevels = 200;
  const auto refuse = [](std::string_view why) {
    return fail(Code::kInvalidArgument, "MQTT does not allow this topic: it " + std::string(why));
  };
  if (topic.empty()) return refuse("is empty");
  if (topic.size() > kLongest) {
    return refuse("has " + std::to_string(topic.size()) + " bytes; at most 65535 are possible");
  }
  if (topic.contains('\0')) return refuse("contains a NUL character");
  if (!is_utf8(topic)) return refuse("is not UTF-8");
  if (holds_control_character(topic)) return refuse("contains a control character");
  if (std::ranges::count(topic, '/') > kMostLevels) return refuse("has more than 200 levels");
  if (use == TopicUse::kPublish) {
    if (topic.find_first_of("+#") == std::string_view::npos) return {};
    return refuse("contains a wildcard (+ or #), which only a subscription may contain");
  }
  for (std::size_t at = topic.find_first_of("+#"); at != std::string_view::npos;
       at = topic.find_first_of("+#", at + 1)) {
    const bool begins = at == 0 || topic[at - 1] == '/';
    const bool ends = at + 1 == topic.size() || (topic[at] == '+' && topic[at + 1] == '/');
    if (!begins || !ends) {
      return refuse(
          "contains a wildcard that is not a whole level (orders/+/new), or a # before its end");
    }
  }
  return {};
}

Result<MqttSettings> mqtt_binding_settings(const Component& component) {
  if (const auto retries = component.property("backOffMaxRetries");
      retries && !number<int>(*retries)) {
    return no_number("", "backOffMaxRetries", "int", "ParseInt", *retries);
  }
  for (const std::string_view required : {"url", "topic", "consumerID"}) {
    if (component.property(required)) continue;
    return fail(Code::kInvalidArgument, "missing " + std::string(required));
  }
  auto settings = read(component, *component.property("url"),
                       {.ca = "invalid ca certificate",
                        .certificate = "invalid client certificate",
                        .key = "invalid client certificate key"});
  if (!settings) return settings;
  settings->topic = *component.property("topic");
  if (auto checked = check_mqtt_topic(settings->topic, TopicUse::kSubscribe); !checked) {
    return std::unexpected(std::move(checked.error()));
  }
  return settings;
}

Result<MqttSettings> mqtt_pubsub_settings(const Component& component, std::string_view app_id) {
  const auto text = component.property("qos");
  const auto qos = text ? number<unsigned>(*text) : 1U;
  if (!qos) return no_number("mqtt pubsub error: ", "qos", "uint", "ParseUint", *text);
  const auto url = component.property("url");
  if (!url) return fail(Code::kInvalidArgument, "missing url");
  if (*qos > 2) {
    return fail(Code::kInvalidArgument,
                "invalid qos " + std::to_string(*qos) + "; expected 0, 1 or 2");
  }
  auto settings = read(component, *url,
                       {.ca = "invalid TLS configuration: invalid caCert",
                        .certificate = "invalid TLS configuration: invalid clientCert",
                        .key = "invalid TLS configuration: invalid clientKey"});
  if (!settings) return settings;
  settings->qos = static_cast<int>(*qos);
  if (settings->consumer_id.empty()) settings->consumer_id = app_id;
  return settings;
}

}  // namespace ofn::localdapr
