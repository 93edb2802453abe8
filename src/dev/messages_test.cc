#include "dev/messages.h"

#include <chrono>

#include <gtest/gtest.h>

namespace ofn::dev {
namespace {

using namespace std::chrono_literals;

TEST(Messages, ACallComesBackAsItWas) {
  const CallEnded call{
      .build = 7,
      .id = "id-1",
      .kind = "request",
      .method = "POST",
      .path = "/a?b=\"c\"\n",
      .function = "app::hello",
      .route = "/{x}",
      .verdict = "error",
      .refusal = "no route",
      .status = 502,
      .answered = 5ms,
      .waited = 1us,
      .ran = 3ns,
      .delivered = 400s,
      .ran_on = "worker",
      .bytes_in = 12,
      .bytes_out = 1U << 31U,
      .outputs =
          {{.name = "files", .component = "store", .outcome = "refused", .tries = 3, .took = 2ms}},
      .thrown =
          Thrown{.type = "std::out_of_range",
                 .what = "map::at",
                 .frames = {{.function = "price()", .file = "a.cc", .line = 12, .source = "x"},
                            {.function = "greet()", .file = "", .line = 0, .source = ""}}}};
  const auto back = decode_call(encode(call));
  ASSERT_TRUE(back);
  EXPECT_EQ(encode(*back), encode(call));
  EXPECT_EQ(back->path, call.path);
  EXPECT_EQ(back->delivered, call.delivered);
  EXPECT_EQ(back->bytes_out, call.bytes_out);
  ASSERT_EQ(back->outputs.size(), 1U);
  EXPECT_EQ(back->outputs[0].tries, 3U);
  EXPECT_EQ(back->outputs[0].took, 2ms);
  ASSERT_TRUE(back->thrown);
  EXPECT_EQ(back->thrown->what, "map::at");
  ASSERT_EQ(back->thrown->frames.size(), 2U);
  EXPECT_EQ(back->thrown->frames[0].line, 12U);
  EXPECT_EQ(back->thrown->frames[0].source, "x");
  EXPECT_FALSE(decode_call(encode(CallEnded()))->thrown) << "nothing was thrown";
}

TEST(Messages, FunctionsComeBackAsTheyWere) {
  const std::vector<ServedFunction> functions = {{"add", "http", {"GET /a", "POST /b"}},
                                                 {"app::get", "typed", {}}};
  const auto back = decode_functions(encode(functions));
  ASSERT_TRUE(back);
  ASSERT_EQ(back->size(), 2U);
  EXPECT_EQ((*back)[0].routes, functions[0].routes);
  EXPECT_EQ((*back)[1].name, "app::get");
  EXPECT_EQ((*back)[1].signature, "typed");
}

TEST(Messages, OtherTextsAreNone) {
  for (const char* text : {"", "7", "[", "{"}) {
    EXPECT_FALSE(decode_call(text)) << text;
    EXPECT_FALSE(decode_functions(text)) << text;
  }
}

}  // namespace
}  // namespace ofn::dev
