#include "wire/own_address.h"

#include <utility>
#include <vector>

#include <gtest/gtest.h>

namespace ofn::wire {
namespace {

TEST(OwnAddress, IsWhatThisMachineCanListenOn) {
  const std::vector<std::pair<std::string, bool>> cases = {
      {"127.0.0.1", true},
      {"127.0.0.2", true},
      {"0.0.0.0", true},
      {"localhost", true},
      {"192.0.2.1", false},                       // RFC 5737: nobody's
      {"2001:db8::1", false},                     // RFC 3849: nobody's
      {"x86_64-conda-linux-gnu.invalid", false},  // RFC 6761: no name
      {"256.0.0.1", false},
  };
  for (const auto& [host, is_own] : cases) EXPECT_EQ(is_own_address(host), is_own) << host;
}

}  // namespace
}  // namespace ofn::wire
