#include "dev/json_events.h"

#include <chrono>
#include <string>

#include <gtest/gtest.h>

#include "document/json.h"
#include "testing/manual_clock.h"

namespace ofn::dev {
namespace {

using namespace std::chrono_literals;

struct Written {
  testing::ManualClock clock;
  std::string text;
  JsonEvents events{clock, [this](std::string_view line) { text += line; }};

  // The lines since the last call. The time of each is cut out; it is 2024-01-01 at midnight.
  template <class Event>
  std::string lines_of(const Event& event) {
    text.clear();
    events.on(event);
    std::string lines = text;
    const std::string time = R"("time":"2024-01-01T00:00:00.000Z",)";
    for (std::size_t at = 0; (at = lines.find(time, at)) != std::string::npos;)
      lines.erase(at, time.size());
    EXPECT_TRUE(lines.ends_with('\n'));
    return lines;
  }
};

Started started() {
  return {.version = "0.9.0",
          .source = "price.cc",
          .url = "http://127.0.0.1:8080/",
          .sidecar = "local sidecar at 127.0.0.1:41234"};
}

TEST(JsonEvents, TellTheVersionFirst) {
  Written written;
  written.clock.advance(15h + 38min + 1001ms);
  EXPECT_EQ(
      written.lines_of(started()),
      R"({"version":1,"event":"started","time":"2024-01-01T15:38:01.001Z","framework":"0.9.0",)"
      R"("source":"price.cc","url":"http://127.0.0.1:8080/",)"
      R"("sidecar":"local sidecar at 127.0.0.1:41234","note":""})"
      "\n");
  EXPECT_FALSE(written.lines_of(started()).contains("version"));

  Written other;
  EXPECT_EQ(other.lines_of(Told{.weight = Told::Weight::kWarning, .text = "slow\nnow"}),
            R"({"version":1,"event":"note","weight":"warning","text":"slow\nnow"})"
            "\n");
}

TEST(JsonEvents, TellOfBuilds) {
  Written written;
  written.lines_of(started());
  EXPECT_EQ(written.lines_of(BuildStarted{.build = 2, .changed = {"price.cc", "a b.h"}}),
            R"({"event":"build_started","build":2,"changed":["price.cc","a b.h"]})"
            "\n");
  EXPECT_EQ(written.lines_of(BuildStarted{.build = 1}),
            R"({"event":"build_started","build":1,"changed":[]})"
            "\n");
  const Diagnostic diagnostic{
      .file = "price.cc", .line = 12, .column = 5, .severity = "error", .message = "no \"x\""};
  EXPECT_EQ(
      written.lines_of(BuildFailed{
          .build = 2, .text = "price.cc:12:5: …\n", .diagnostics = {diagnostic}, .serving = 1}),
      R"({"event":"diagnostics","build":2,"diagnostics":[{"file":"price.cc","line":12,)"
      R"("column":5,"severity":"error","message":"no \"x\""}],"text":"price.cc:12:5: …\n"})"
      "\n"
      R"({"event":"build_failed","build":2,"serving":1,"text":"price.cc:12:5: …\n"})"
      "\n");
}

TEST(JsonEvents, TellOfTheBuildThatServes) {
  Written written;
  written.lines_of(started());
  ServingBuild event{.build = 2};
  event.times = {.detect = 4ms,
                 .compile = 310ms,
                 .start = 6040us,
                 .hand_over = 3001us + 999ns,
                 .whole = 1000001ms};
  event.functions = {{.name = "price", .signature = "http", .routes = {"GET /price"}}};
  event.inputs = {{.name = "in", .component = "c", .type = "t", .to = ""}};
  event.outputs = {{.name = "out", .component = "d", .type = "u", .to = "./data"}};
  EXPECT_EQ(written.lines_of(event),
            R"({"event":"serving","build":2,"url":"http://127.0.0.1:8080/","cached":false,)"
            R"("detect_ms":4,"compile_ms":310,"start_ms":6.04,"hand_over_ms":3.001,)"
            R"("whole_ms":1000001,)"
            R"("functions":[{"name":"price","signature":"http","routes":["GET /price"]}],)"
            R"("inputs":[{"name":"in","component":"c","type":"t","to":""}],)"
            R"("outputs":[{"name":"out","component":"d","type":"u","to":"./data"}]})"
            "\n");
  event.warnings = "unused";
  event.was_cached = true;
  const std::string lines = written.lines_of(event);
  EXPECT_TRUE(
      lines.starts_with(R"({"event":"diagnostics","build":2,"diagnostics":[],"text":"unused"})"
                        "\n"
                        R"({"event":"serving",)"));
  EXPECT_TRUE(lines.contains(R"("cached":true)"));
}

CallEnded call() {
  CallEnded call{.build = 4, .id = "1f", .kind = "request", .method = "GET", .path = "/price?x=1"};
  call.function = "price";
  call.route = "GET /price";
  call.verdict = "success";
  call.status = 200;
  call.answered = 1240us;
  call.waited = 100us;
  call.ran = 900us;
  call.delivered = 200us;
  call.ran_on = "loop";
  call.bytes_in = 3;
  call.bytes_out = 5;
  return call;
}

TEST(JsonEvents, TellOfRequests) {
  Written written;
  written.lines_of(started());
  CallEnded event = call();
  event.outputs = {
      {.name = "archive", .component = "files", .outcome = "timed out", .tries = 3, .took = 5s}};
  const std::string members =
      R"({"event":"request","build":4,"id":"1f","kind":"request","method":"GET",)"
      R"("path":"/price?x=1","function":"price","route":"GET /price","verdict":"success",)"
      R"("refusal":"","status":200,"answered_ms":1.24,"waited_ms":0.1,"ran_ms":0.9,)"
      R"("delivered_ms":0.2,"ran_on":"loop","bytes_in":3,"bytes_out":5,)";
  EXPECT_EQ(written.lines_of(event),
            members + R"("outputs":[{"name":"archive","component":"files","outcome":"timed out",)"
                      R"("tries":3,"took_ms":5000}],"thrown":null})"
                      "\n");
  event.outputs.clear();
  event.thrown =
      Thrown{.type = "int",
             .what = "w",
             .frames = {{.function = "f", .file = "price.cc", .line = 3, .source = "throw 1;"}}};
  EXPECT_EQ(written.lines_of(event),
            members + R"("outputs":[],"thrown":{"type":"int","what":"w","frames":[)"
                      R"({"function":"f","file":"price.cc","line":3,"source":"throw 1;"}]}})"
                      "\n");
}

TEST(JsonEvents, TellOfCrashes) {
  Written written;
  written.lines_of(started());
  WorkerCrashed event{.build = 4, .how = "SIGSEGV", .by = "GET /price 1f"};
  event.frames = {{.function = "f", .file = "price.cc", .line = 3, .source = ""}};
  event.running = {"GET /a 20"};
  event.again_in = 500ms;
  EXPECT_EQ(written.lines_of(event),
            R"({"event":"crash","build":4,"how":"SIGSEGV","by":"GET /price 1f","frames":[)"
            R"({"function":"f","file":"price.cc","line":3,"source":""}],)"
            R"("running":["GET /a 20"],"again_in_ms":500})"
            "\n");
  EXPECT_TRUE(written.lines_of(WorkerCrashed{}).contains(R"("again_in_ms":null)"));
}

TEST(JsonEvents, AreJsonWhateverAClientSends) {
  Written written;
  CallEnded event = call();
  event.path = "/\xff\"\\\x1b[2J\r\n\xed\xa0\x80";
  const std::string line = written.lines_of(event);
  EXPECT_TRUE(document::is_json(line)) << line;
  EXPECT_EQ(line.find('\n'), line.size() - 1);
  EXPECT_TRUE(line.contains("\\u001b[2J\\r\\n")) << line;
}

TEST(JsonEvents, TellOfWhatDoesNotReturn) {
  Written written;
  written.lines_of(started());
  StillRuns event{.build = 4, .id = "1f", .call = "GET /loop", .function = "spin"};
  event.since = written.clock.system_now();
  event.used = 3s;
  event.frames = {{.function = "spin", .file = "a.cc", .line = 3, .source = "for (;;);"}};
  EXPECT_EQ(written.lines_of(event),
            R"({"event":"still_runs","build":4,"why":"long","id":"1f","call":"GET /loop",)"
            R"("function":"spin","since":"2024-01-01T00:00:00.000Z","used_ms":3000,)"
            R"("frames":[{"function":"spin","file":"a.cc","line":3,"source":"for (;;);"}]})"
            "\n");
  using Why = StillRuns::Why;
  for (const auto& [why, word] :
       {std::pair(Why::kTimeLimit, "time limit"), std::pair(Why::kReload, "reload"),
        std::pair(Why::kStart, "start")}) {
    event.why = why;
    EXPECT_TRUE(
        written.lines_of(event).contains(R"("why":")" + std::string(word) + std::string(1, '"')));
  }
}

}  // namespace
}  // namespace ofn::dev
