#include "dapr/trace_context.h"

#include <gtest/gtest.h>

namespace ofn::dapr {
namespace {

TEST(TraceBin, IsTheBinaryFormOfATraceparent) {
  const auto bytes = trace_bin("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01");
  ASSERT_TRUE(bytes);
  EXPECT_EQ(*bytes,
            std::string("\x00\x00\x0a\xf7\x65\x19\x16\xcd\x43\xdd\x84\x48\xeb\x21\x1c\x80\x31\x9c"
                        "\x01\xb7\xad\x6b\x71\x69\x20\x33\x31\x02\x01",
                        29));
}

TEST(TraceBin, OnlyOfAValidTraceparent) {
  struct Case {
    std::string_view traceparent;
    bool valid;
  };
  for (const Case& c : {
           Case{"", false},
           Case{"00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-0", false},
           Case{"00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01-x", false},
           Case{"00-0AF7651916CD43DD8448EB211C80319C-b7ad6b7169203331-01", false},
           Case{"00-00000000000000000000000000000000-b7ad6b7169203331-01", false},
           Case{"00-0af7651916cd43dd8448eb211c80319c-0000000000000000-01", false},
           Case{"ff-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01", false},
           Case{"0g-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01", false},
           Case{"00_0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01", false},
           Case{"cc-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01", true},
           Case{"cc-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01-more", true},
           Case{"cc-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01more", false},
           Case{"00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00", true},
       }) {
    EXPECT_EQ(trace_bin(c.traceparent).has_value(), c.valid) << c.traceparent;
  }
}

TEST(TraceBin, ComesBack) {
  constexpr std::string_view kText = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
  const std::string bytes = *trace_bin(kText);
  EXPECT_EQ(traceparent_of(bytes), kText);
  for (std::size_t length = 0; length < bytes.size(); ++length)
    EXPECT_FALSE(traceparent_of(std::string_view(bytes).substr(0, length)));
  for (const std::size_t marker : {0U, 1U, 18U, 27U}) {
    std::string changed = bytes;
    changed[marker] = '\7';
    EXPECT_FALSE(traceparent_of(changed)) << marker;
  }
  EXPECT_FALSE(traceparent_of(std::string(29, '\0'))) << "ids of zeros";
}

}  // namespace
}  // namespace ofn::dapr
