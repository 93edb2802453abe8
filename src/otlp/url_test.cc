#include "otlp/url.h"

#include <string>
#include <string_view>

#include <gtest/gtest.h>

namespace ofn::otlp {
namespace {

TEST(Url, ReadsOrSaysWhatWasExpected) {
  struct Case {
    std::string_view text;
    std::string_view expected;  // the URL, or what was expected
  };
  for (const Case& c : {
           Case{"http://collector:4318", "http://collector:4318/"},
           Case{"http://collector", "http://collector:80/"},
           Case{"HTTPS://collector/v1/traces", "https://collector:443/v1/traces"},
           Case{"http://127.0.0.1:1/a/?b=%20c", "http://127.0.0.1:1/a/?b=%20c"},
           Case{"http://host?b", "http://host:80/?b"},
           Case{"http://[::1]:4317", "http://[::1]:4317/"},
           Case{"https://[fe80::1]/x", "https://[fe80::1]:443/x"},
           Case{"collector:4317", "http://host:port or https://host:port"},
           Case{"", "http://host:port or https://host:port"},
           Case{"grpc://collector:4317", "http://host:port or https://host:port"},
           Case{"http://", "a host, or a host and a port, behind http://"},
           Case{"http://:4317", "a host, or a host and a port, behind http://"},
           Case{"http://a b", "a host, or a host and a port, behind http://"},
           Case{"http://a%20b", "a host, or a host and a port, behind http://"},
           Case{"http://[::1", "a host, or a host and a port, behind http://"},
           Case{"http://host:65536", "a host, or a host and a port, behind http://"},
           Case{"http://host:", "a port from 1 to 65535 behind the host"},
           Case{"http://host:0", "a port from 1 to 65535 behind the host"},
           Case{"http://user:word@host", "an address without a user; a header carries secrets"},
           Case{"http://host/a b", "a path without blanks, control characters and #"},
           Case{"http://host/a#b", "a path without blanks, control characters and #"},
           Case{"http://host/a\nb", "a path without blanks, control characters and #"},
           Case{"http://host#b", "a path without blanks, control characters and #"},
       }) {
    const auto url = parse_url(c.text);
    EXPECT_EQ(url ? url->text() : url.error(), c.expected) << c.text;
  }
}

}  // namespace
}  // namespace ofn::otlp
