// Docker Compose: the function, daprd in the function's network, and the brokers that the components
// name.

#include <array>
#include <set>
#include <string>
#include <string_view>

#include "manifest/form.h"
#include "manifest/manifest.h"
#include "manifest/pod.h"

namespace ofn::manifest {

namespace {

// The version whose behaviour docs/dapr-behaviour.md describes.
constexpr std::string_view kDaprdImage = "daprio/daprd:1.16.0";

struct Broker {
  std::string_view technology;  // the second part of a component's type
  std::string_view property;    // that has the address
  std::string_view image;
  std::string_view command;  // its arguments as YAML; may be empty
};
constexpr std::array<Broker, 3> kBrokers = {{
    {"redis", "redisHost", "redis:7-alpine", ""},
    {"mqtt3", "url", "eclipse-mosquitto:2", R"(["mosquitto", "-c", "/mosquitto-no-auth.conf"])"},
    {"rabbitmq", "connectionString", "rabbitmq:4-alpine", ""},
}};

// "tcp://user:pass@redis:6379/0" → "redis".
std::string_view host_of(std::string_view address) {
  if (const auto scheme = address.find("://"); scheme != std::string_view::npos)
    address.remove_prefix(scheme + 3);
  address = address.substr(0, address.find_first_of(",/"));
  if (const auto user = address.rfind('@'); user != std::string_view::npos)
    address.remove_prefix(user + 1);
  return address.substr(0, address.find(':'));
}

bool is_this_machine(std::string_view host) { return host == "localhost" || host == "127.0.0.1"; }

// The services of the brokers on hosts that the compose file can provide: one name, or the function's own network.
std::string broker_services(const Description& function) {
  std::set<std::string, std::less<>> hosts;
  std::string services;
  for (const UsedComponent& used : used_components(function.context)) {
    const Component* component = function.find_component(used.name);
    if (component == nullptr) continue;
    for (const Broker& broker : kBrokers) {
      if (!component->type.ends_with("." + std::string(broker.technology))) continue;
      const std::string_view host = host_of(component->property(broker.property));
      const bool is_local = is_this_machine(host);
      if (!is_local && !is_dns_label(host)) continue;
      const std::string name(is_local ? broker.technology : host);
      if (!hosts.insert(name).second) continue;
      services += section(
          name,
          member("image", broker.image) +
              (broker.command.empty() ? "" : "command: " + std::string(broker.command) + "\n") +
              (is_local ? "# The components call it at " + std::string(host) +
                              ", so it shares the function's network.\n"
                              "network_mode: service:function\n"
                        : ""));
    }
  }
  return services;
}

// Compose replaces $NAME in values; $$ stands for a dollar.
std::string without_variables(std::string_view text) {
  std::string escaped;
  for (const char c : text) escaped.append(c == '$' ? 2 : 1, c);
  return escaped;
}

std::string environment_text(const Description& function) {
  std::string members;
  for (const auto& [name, value] : variables_of(function, Place::kCompose)) {
    members += scalar(name) + ": " + scalar(without_variables(value)) + "\n";
  }
  if (function.needs_dapr()) {
    members +=
        "# So that the program waits for daprd and does not start its own sidecar.\n"
        "DAPR_GRPC_ENDPOINT: \"127.0.0.1:50001\"\n";
  }
  if (function.context.runtime != Runtime::kNone) {
    members += fill("FUNC_CONTEXT_V1BETA2: |-\n  ${context}\n",
                    {{"context", without_variables(context_text(function))}});
  }
  return section("environment", members);
}

std::string daprd_service(const Description& function) {
  const Stopping stopping = stopping_of(function, Place::kCompose);
  return fill(
      R"(daprd:
  image: ${image}
  command:
    - ./daprd
    - --app-id=${name}
    - --app-port=${port}
    - --app-protocol=${protocol}
    - --app-max-concurrency=${concurrency}
    # As OFN_MAX_BODY_SIZE.
    - --max-body-size=${body}
    - --resources-path=/components
    # ${delay} s drain delay + ${drain} s drain timeout + 1 s.
    - --dapr-block-shutdown-duration=${block}s
    - --dapr-graceful-shutdown-seconds=${graceful}
  # The function reaches it at 127.0.0.1.
  network_mode: service:function
  volumes:
    - ${components}
  stop_grace_period: ${grace}s
)",
      {{"image", scalar(kDaprdImage)},
       {"components", scalar(without_variables(function.components_folder) + ":/components:ro")},
       {"name", function.name},
       {"port", std::to_string(function.port)},
       {"protocol", function.calls_by_http ? "http" : "grpc"},
       {"concurrency", std::to_string(function.concurrency)},
       {"body", mebibytes(function.max_body_size)},
       {"delay", std::to_string(stopping.delay)},
       {"drain", std::to_string(stopping.drain)},
       {"block", std::to_string(stopping.block_shutdown)},
       {"graceful", std::to_string(stopping.graceful)},
       {"grace", std::to_string(stopping.grace)}});
}

}  // namespace

std::string compose_text(const Description& wanted) {
  Description function = wanted;
  // No proxy learns late of a stop.
  if (!function.drain_delay_given) function.drain_delay = Duration::zero();
  const Stopping stopping = stopping_of(function, Place::kCompose);
  return fill(R"(${heading}
name: ${name}
services:
  function:
    image: ${image}
    ${environment}
    ports:
      - ${ports}
    user: "65532"
    read_only: true
    tmpfs:
      - /tmp
    cap_drop:
      - ALL
    security_opt:
      - no-new-privileges:true
    # ${delay} s drain delay + ${drain} s drain timeout + 1 s + 3 s for the container to end, rounded up.
    stop_grace_period: ${grace}s
  ${daprd}
  ${brokers}
)",
              {{"heading", heading(function, "Compose file of " + function.name, "--compose")},
               {"name", scalar(function.name)},
               {"image", scalar(function.image)},
               {"environment", environment_text(function)},
               {"ports", scalar("127.0.0.1:" + std::to_string(function.port) + ":" +
                                std::to_string(function.port))},
               {"delay", std::to_string(stopping.delay)},
               {"drain", std::to_string(stopping.drain)},
               {"grace", std::to_string(stopping.grace)},
               {"daprd", function.needs_dapr() ? daprd_service(function) : ""},
               {"brokers", function.needs_dapr() ? broker_services(function) : ""}});
}

}  // namespace ofn::manifest
