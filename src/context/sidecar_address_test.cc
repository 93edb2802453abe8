#include "context/sidecar_address.h"

#include <gtest/gtest.h>

namespace ofn {
namespace {

TEST(Endpoint, Forms) {
  struct Case {
    std::string text;
    std::string expected;  // text(), or the start of the error after '!'
  };
  const std::string long_path(107, 'p');
  for (const Case& c : std::initializer_list<Case>{
           {"127.0.0.1:3500", "127.0.0.1:3500"},
           {"dapr.ns.svc.cluster.local:50001", "dapr.ns.svc.cluster.local:50001"},
           {"dapr", "dapr:1234"},
           {"[::1]:50001", "[::1]:50001"},
           {"[::1]", "[::1]:1234"},
           {"::1", "[::1]:1234"},
           {"[fe80::1%eth0]:9", "[fe80::1%eth0]:9"},
           {"http://sidecar:80", "sidecar:80"},
           {"HTTP://sidecar:80/", "sidecar:80"},
           {"http://sidecar", "sidecar:1234"},
           {"http://[::1]:80", "[::1]:80"},
           {"http://sidecar:80?tls=false", "sidecar:80"},
           {"grpc://sidecar:80", "sidecar:80"},
           {"dns:sidecar:80", "sidecar:80"},
           {"dns:///sidecar:80", "sidecar:80"},
           {"dns://8.8.8.8/sidecar:80", "sidecar:80"},
           {"ipv4:10.0.0.1:80", "10.0.0.1:80"},
           {"ipv6:[::1]:80", "[::1]:80"},
           {"unix:/run/dapr.sock", "unix:/run/dapr.sock"},
           {"unix:///run/dapr.sock", "unix:/run/dapr.sock"},
           {"unix:////run/dapr.sock", "unix:////run/dapr.sock"},
           {"unix:relative.sock", "unix:relative.sock"},
           {"unix-abstract:dapr", "unix-abstract:dapr"},
           {"unix:" + long_path, "unix:" + long_path},
           {"unix:x" + long_path, "!a socket path"},
           {"unix-abstract:" + long_path, "!a socket path"},
           {"unix:", "!a socket path"},
           {"unix://run/dapr.sock", "!an absolute path"},
           {"https://sidecar:443", "!an endpoint without TLS"},
           {"HTTPS://sidecar", "!an endpoint without TLS"},
           {"grpcs://sidecar", "!an endpoint without TLS"},
           {"sidecar:80?tls=true", "!an endpoint without TLS"},
           {"sidecar:0", "!a port"},
           {"sidecar:65536", "!a port"},
           {"sidecar:", "!a port"},
           {"sidecar:http", "!a port"},
           {"sidecar:80:81", "!a port"},
           {"", "!host:port"},
           {":80", "!host:port"},
           {"http://", "!host:port"},
           {"ftp://sidecar:80", "!a port"},
           {"vsock:1:2", "!a port"},
           {"user@sidecar:80", "!host:port"},
           {"side car:80", "!host:port"},
           {"sidecar:80/path", "!a port"},
           {"http://sidecar/path", "!host:port"},
           {"sidecar:80?x=y", "!host:port"},
           {"[::1", "!host:port"},
           {"[::1]80", "!host:port"},
           {"[sidecar]:80", "!host:port"},
           {"dns://8.8.8.8", "!host:port"},
           {"sidecar\n:80", "!host:port"},
       }) {
    const auto address = parse_endpoint(c.text, 1234);
    const std::string actual = address ? address->text() : '!' + address.error();
    if (c.expected.starts_with('!')) {
      EXPECT_TRUE(actual.starts_with(c.expected)) << c.text << " → " << actual;
    } else {
      EXPECT_EQ(actual, c.expected) << c.text;
    }
  }
}

TEST(Endpoint, AbstractSocketsStartWithAnAt) {
  EXPECT_EQ(parse_endpoint("unix-abstract:dapr", 1)->unix_path, "@dapr");
  EXPECT_EQ(parse_endpoint("unix:/x", 1)->host, "");
}

TEST(Sidecar, VariablesInTheirOrder) {
  struct Case {
    EnvironmentMap env;
    std::string address;  // or the problem
    std::string origin;
  };
  for (const Case& c : std::initializer_list<Case>{
           {{}, "127.0.0.1:50001", ""},
           {{{"DAPR_HOST", ""}, {"DAPR_GRPC_PORT", ""}}, "127.0.0.1:50001", ""},
           {{{"DAPR_GRPC_PORT", "3501"}}, "127.0.0.1:3501", "DAPR_GRPC_PORT"},
           {{{"DAPR_HOST", "f-ns-dapr.ns.svc.cluster.local"}},
            "f-ns-dapr.ns.svc.cluster.local:50001",
            "DAPR_HOST"},
           {{{"DAPR_SIDECAR_IP", "f-ns-dapr.ns.svc"}}, "f-ns-dapr.ns.svc:50001", "DAPR_SIDECAR_IP"},
           {{{"DAPR_HOST", "a"}, {"DAPR_SIDECAR_IP", "b"}, {"DAPR_GRPC_PORT", "7"}},
            "a:7",
            "DAPR_HOST, DAPR_GRPC_PORT"},
           {{{"DAPR_HOST", "::1"}}, "[::1]:50001", "DAPR_HOST"},
           {{{"DAPR_HOST", "[::1]"}}, "[::1]:50001", "DAPR_HOST"},
           {{{"DAPR_GRPC_ENDPOINT", "http://e"}, {"DAPR_HOST", "a"}, {"DAPR_GRPC_PORT", "7"}},
            "e:7",
            "DAPR_GRPC_ENDPOINT"},
           {{{"DAPR_GRPC_ENDPOINT", "unix:///d.sock"}, {"DAPR_HOST", "a"}},
            "unix:/d.sock",
            "DAPR_GRPC_ENDPOINT"},
           {{{"DAPR_GRPC_PORT", "http"}},
            R"(DAPR_GRPC_PORT: expected a number from 1 to 65535, found "http")",
            ""},
           {{{"DAPR_HOST", "a:80"}},
            "DAPR_HOST: expected a host name or address without a port (DAPR_GRPC_PORT has it), "
            R"(found "a:80")",
            ""},
           {{{"DAPR_GRPC_ENDPOINT", "https://e"}},
            "DAPR_GRPC_ENDPOINT: expected an endpoint without TLS, which is not available in this "
            "build (use http:// and let the sidecar or a mesh encrypt), found \"https://e\"",
            ""},
       }) {
    const auto address = resolve_sidecar(environment_of(c.env));
    EXPECT_EQ(address ? address->text() : address.error().text(), c.address);
    if (!address) continue;
    EXPECT_EQ(address->origin, c.origin);
    EXPECT_EQ(address->configured(), !c.origin.empty());
  }
}

}  // namespace
}  // namespace ofn
