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
                 .what = "map::at \xe9",
                 .frames = {{.function = "price()", .file = "a.cc", .line = 12, .source = "x"},
                            {.function = "greet()", .file = "", .line = 0, .source = ""}}},
      .request = {.fields = {{"a", "1"}, {"a", "\xff"}},
                  .body = std::string("\0\xfe\n", 3),
                  .size = 9},
      .answer = {.fields = {{"b", "ä"}}, .body = "\x01 \"text\"", .size = 8}};
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
  EXPECT_EQ(back->thrown->what, "map::at \xe9");
  ASSERT_EQ(back->thrown->frames.size(), 2U);
  EXPECT_EQ(back->thrown->frames[0].line, 12U);
  EXPECT_EQ(back->thrown->frames[0].source, "x");
  EXPECT_FALSE(decode_call(encode(CallEnded()))->thrown) << "nothing was thrown";
  EXPECT_EQ(back->request.fields, call.request.fields);
  EXPECT_EQ(back->request.body, call.request.body);
  EXPECT_EQ(back->request.size, 9U);
  EXPECT_EQ(back->answer.fields, call.answer.fields);
  EXPECT_EQ(back->answer.body, call.answer.body);
  EXPECT_EQ(back->answer.size, 8U);
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

TEST(Messages, AReportTellsOfACrash) {
  const auto report = decode_report(
      R"json({"time":"…","level":"error","message":"process crashed","signal":"SIGSEGV",)json"
      R"json("reason":"the stack overflowed","function":"greet","request_id":"id-1",)json"
      R"json("in_flight":"id-2 id-3 and 4 more",)json"
      R"json("stack":"price() (a.cc:12) < greet() (b.cc:3) (17 times) < other.so+0x1f",)json"
      R"json("left_out":4,"source_line":"int x;","source_lines":"int x;\n\n"})json");
  ASSERT_TRUE(report);
  EXPECT_TRUE(report->is_of_worker);
  EXPECT_EQ(report->how, "SIGSEGV: the stack overflowed");
  EXPECT_EQ(report->id, "id-1");
  EXPECT_EQ(report->running, (std::vector<std::string>{"id-2", "id-3", "and 4 more"}));
  ASSERT_EQ(report->frames.size(), 3U);
  EXPECT_EQ(report->frames[0].function, "price()");
  EXPECT_EQ(report->frames[0].file, "a.cc");
  EXPECT_EQ(report->frames[0].line, 12U);
  EXPECT_EQ(report->frames[0].source, "int x;");
  EXPECT_EQ(report->frames[1].function, "greet()");
  EXPECT_EQ(report->frames[1].line, 3U);
  EXPECT_EQ(report->frames[1].source, "");
  EXPECT_EQ(report->frames[2].function, "other.so+0x1f");
  EXPECT_EQ(report->frames[2].file, "");
}

TEST(Messages, ACallThatStartedTheThreadIsNotAmongTheOthers) {
  const auto report = decode_report(
      R"json({"message":"the function ended the process","call":"exit(5)","function":"greet",)json"
      R"json("started_by":"id-1","in_flight":"id-1 id-2"})json");
  ASSERT_TRUE(report);
  EXPECT_EQ(report->id, "id-1");
  EXPECT_EQ(report->running, std::vector<std::string>{"id-2"});
}

TEST(Messages, ACallThatDoesNotReturnComesBackAsItWas) {
  const StillRuns told{.id = "1f",
                       .function = "app::get",
                       .used = 3s,
                       .why = StillRuns::Why::kReload,
                       .frames = {{.function = "f()", .file = "a.cc", .line = 2, .source = "x"}}};
  const auto back = decode_still_runs(encode(told));
  ASSERT_TRUE(back);
  EXPECT_EQ(encode(*back), encode(told));
  EXPECT_EQ(back->why, StillRuns::Why::kReload);
  EXPECT_EQ(back->used, 3s);
  ASSERT_EQ(back->frames.size(), 1U);
  EXPECT_EQ(back->frames[0].source, "x");
}

TEST(Messages, FramesOfARecursionSayHowOftenTheyRepeat) {
  const std::vector<Frame> frames = frames_of(std::vector<os::SourceFrame>{
      {.function = "f()", .file = "a.cc", .line = 2, .times = 17, .source = "f();"},
      {.function = "g()", .file = "", .source = ""}});
  ASSERT_EQ(frames.size(), 2U);
  EXPECT_EQ(frames[0].function, "f() (17 times)");
  EXPECT_EQ(frames[0].line, 2U);
  EXPECT_EQ(frames[0].source, "f();");
  EXPECT_EQ(frames[1].function, "g()");
}

TEST(Messages, OtherTextsAreNone) {
  for (const char* text : {"", "7", "[", "{"}) {
    EXPECT_FALSE(decode_call(text)) << text;
    EXPECT_FALSE(decode_functions(text)) << text;
    EXPECT_FALSE(decode_still_runs(text)) << text;
  }
}

}  // namespace
}  // namespace ofn::dev
