#include "localdapr/http/components.h"

#include "localdapr/http/http_binding.h"
#include "wire/blocking/curl_client.h"

namespace ofn::localdapr {
namespace {

constexpr std::array<Property, 10> kProperties = {{{"url"},
                                                   {"responseTimeout"},
                                                   {"maxResponseBodySize"},
                                                   {"mtlsRootCA"},
                                                   {"mtlsClientCert"},
                                                   {"mtlsClientKey"},
                                                   {"mtlsRenegotiation"},
                                                   {"securityToken"},
                                                   {"securityTokenHeader"},
                                                   {"errorIfNot2XX"}}};

Result<Parts> make(const Component& component, const Surroundings& around) {
  const Clock& clock = around.loop.clock();
  const auto make_client = [&clock](const wire::blocking::HttpClientOptions& options) {
    return wire::blocking::make_curl_client(options, clock);
  };
  return part(&Parts::output,
              blocking(HttpBinding::create(component, make_client, clock), around.run));
}

}  // namespace

constinit const ComponentType kHttpBinding{
    .name = "bindings.http", .kind = Kind::kOutput, .properties = {kProperties}, .make = make};

}  // namespace ofn::localdapr
