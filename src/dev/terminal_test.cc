#include "dev/terminal.h"

#include <chrono>
#include <cstddef>
#include <string>

#include <gtest/gtest.h>

#include "dev/terminal_for_test.h"

namespace ofn::dev {
namespace {

TEST(Terminal, ShowsTheStart) {
  Shown shown;
  shown.terminal.on(started());
  EXPECT_EQ(shown.take(), "");
  shown.terminal.on(BuildStarted{.build = 1});
  EXPECT_EQ(shown.take(), "compiling price.cc\n");
  ServingBuild first = serving(1);
  first.times = {.compile = 1210ms, .start = 6ms};
  shown.terminal.on(first);
  EXPECT_EQ(shown.take(), R"(functions-framework 0.9.0 · http://127.0.0.1:8080/
  local sidecar at 127.0.0.1:41234
  function  price    http                           GET /price/{sku}, POST /price
  function  audit    cloudevent                     every path
  output    archive  bindings.localstorage (files)  to ./data
15:38:00 compiled 1.21 s · started 6 ms · serving build 1 · press h for help
)");
}

TEST(Terminal, ShowsTheStartInTwentyColumns) {
  Shown shown({.cursor = true}, 20);
  shown.terminal.on(started());
  shown.terminal.on(BuildStarted{.build = 1});
  EXPECT_EQ(shown.take(), shown.start() + "compiling price.cc\n");
  shown.terminal.on(serving(1));
  EXPECT_EQ(shown.take(), shown.start() + R"(functions-framework…
  http://127.0.0.1:8080/
  local sidecar at
    127.0.0.1:41234
  function price
    http
    GET /price/{sku…
  function audit
    cloudevent
    every path
  output archive
    bindings.locals…
    to ./data
15:38:00
  compiled 0.31 s
  started 6 ms
  handed over 3 ms
  serving build 1
  press h for help
)");
}

TEST(Terminal, SaysAtOnceThatThePortIsAnotherOne) {
  Shown shown;
  Started event = started();
  event.note = "port 8080 is taken by nginx (pid 12), so 8081 is used";
  shown.terminal.on(event);
  EXPECT_EQ(shown.take(), "warning: port 8080 is taken by nginx (pid 12), so 8081 is used\n");
}

TEST(Terminal, ShowsInputs) {
  Shown shown;
  shown.terminal.on(started());
  ServingBuild event = serving(1);
  event.functions = {{.name = "audit", .signature = "openfunction", .routes = {}}};
  event.inputs = {
      {.name = "orders", .component = "broker", .type = "pubsub.mqtt3", .to = "topic orders"},
      {.name = "tick", .component = "every", .type = "bindings.cron", .to = ""}};
  event.outputs.clear();
  shown.terminal.on(event);
  EXPECT_EQ(shown.take(), R"(functions-framework 0.9.0 · http://127.0.0.1:8080/
  local sidecar at 127.0.0.1:41234
  function  audit   openfunction
  input     orders  pubsub.mqtt3 (broker)  from topic orders
  input     tick    bindings.cron (every)
15:38:00 compiled 0.31 s · started 6 ms · handed over 3 ms · serving build 1 · press h for help
)");
}

TEST(Terminal, ShowsAReload) {
  Running shown;
  shown.terminal.on(BuildStarted{.build = 5, .changed = {"/home/me/price.cc"}});
  EXPECT_EQ(shown.take(), "");
  shown.terminal.on(serving(5));
  EXPECT_EQ(shown.take(),
            "15:38:00 saved price.cc · compiled 0.31 s · started 6 ms · handed over 3 ms · serving "
            "build 5\n");
  // A build that a newer save replaced, and files of another folder.
  shown.terminal.on(BuildStarted{.build = 6, .changed = {"/home/me/a/x.h", "/home/mean/y.h"}});
  shown.terminal.on(BuildStarted{.build = 7, .changed = {"/home/me/a/x.h", "z.h", "z.cc", "1.cc"}});
  shown.terminal.on(serving(7));
  EXPECT_EQ(shown.take(),
            "15:38:00 saved a/x.h, /home/mean/y.h, z.h and 2 others · compiled 0.31 s · started 6 "
            "ms · handed over 3 ms · serving build 7\n");
  // By the key, without a save.
  shown.terminal.on(BuildStarted{.build = 8});
  ServingBuild cached = serving(8);
  cached.was_cached = true;
  shown.terminal.on(cached);
  EXPECT_EQ(shown.take(),
            "15:38:00 rebuilt · found in the cache · started 6 ms · handed over 3 ms · serving "
            "build 8\n");
}

TEST(Terminal, ShowsWarningsAndWhatHasChangedInTheFunctions) {
  Running shown;
  ServingBuild event = serving(5);
  event.warnings = "price.cc:3:7: warning: unused variable ‘x’\n";
  event.functions.pop_back();
  event.outputs.clear();
  shown.terminal.on(BuildStarted{.build = 5, .changed = {"price.cc"}});
  shown.terminal.on(event);
  EXPECT_EQ(shown.take(), R"(price.cc:3:7: warning: unused variable ‘x’
  function  price  http  GET /price/{sku}, POST /price
15:38:00 saved price.cc · compiled 0.31 s · started 6 ms · handed over 3 ms · serving build 5
)");
}

TEST(Terminal, ShowsALineForEachWarningUnlessVerbose) {
  Running shown;
  ServingBuild event = serving(5);
  event.warnings =
      "/home/me/price.cc: In function ‘int f()’:\n/home/me/price.cc:3:7: warning: unused\n";
  event.diagnostics = {
      {.file = "/home/me/price.cc",
       .line = 3,
       .column = 7,
       .severity = "warning",
       .message = "unused variable ‘x’ [-Wunused-variable]"},
      {.file = "/else/y.h", .line = 9, .severity = "warning", .message = "\x1b[2J"}};
  shown.terminal.on(event);
  const std::string text = shown.take();
  EXPECT_TRUE(
      text.starts_with("price.cc:3:7: warning: unused variable ‘x’ [-Wunused-variable]\n"
                       "/else/y.h:9: warning: \\x1b[2J\n"
                       "verbose shows the compiler's own words\n15:38:00 "))
      << text;
  event.build = 6;
  event.diagnostics.assign(12, event.diagnostics.front());
  shown.terminal.on(event);
  EXPECT_TRUE(shown.take().contains(
      "\n… 2 more warnings; verbose shows them in the compiler's own words\n15:38:00 "));
  // The same build again, after a crash.
  shown.terminal.on(event);
  EXPECT_FALSE(shown.take().contains("warning"));
  shown.terminal.toggle_verbose();
  event.build = 7;
  shown.take();
  shown.terminal.on(event);
  EXPECT_TRUE(shown.take().starts_with(
      "/home/me/price.cc: In function ‘int f()’:\n/home/me/price.cc:3:7: warning: unused\n"));
}

TEST(Terminal, SaysThatABuildTakesLong) {
  Running shown;
  shown.terminal.on(BuildStarted{.build = 5, .changed = {"price.cc"}});
  shown.pass(999ms);
  EXPECT_EQ(shown.take(), "");
  shown.pass(1ms);
  EXPECT_EQ(shown.take(), "15:38:01 saved price.cc · compiling\n");
  shown.pass(1h);
  EXPECT_EQ(shown.take(), "");
  shown.terminal.on(serving(5));
  EXPECT_FALSE(shown.take().empty());
  // Builds that newer saves replace are announced once.
  shown.terminal.on(BuildStarted{.build = 6, .changed = {"a.cc"}});
  shown.pass(600ms);
  shown.terminal.on(BuildStarted{.build = 6, .changed = {"b.cc"}});
  shown.pass(400ms);
  EXPECT_EQ(shown.take(), "16:38:02 saved a.cc and b.cc · compiling\n");
  shown.terminal.on(BuildStarted{.build = 6, .changed = {"c.cc"}});
  shown.pass(1h);
  EXPECT_EQ(shown.take(), "");
  shown.terminal.on(serving(6));
  EXPECT_TRUE(shown.take().contains("saved a.cc, b.cc and c.cc"));
  // A short one is not announced.
  shown.terminal.on(BuildStarted{.build = 7, .changed = {"price.cc"}});
  shown.terminal.on(serving(7));
  EXPECT_FALSE(shown.take().empty());
  shown.pass(1h);
  EXPECT_EQ(shown.take(), "");
}

TEST(Terminal, ShowsABuildThatFailed) {
  Running shown;
  shown.terminal.on(BuildStarted{.build = 5, .changed = {"/home/me/price.cc"}});
  shown.terminal.on(failed());
  EXPECT_EQ(shown.take(), R"(15:38:00 build 5 failed · saved price.cc · 1 error, 2 warnings
price.cc: In function ‘int price()’:
price.cc:12:5: error: ‘x’ was not declared in this scope
   12 |     x = 1;
      |     ^
build 4 goes on serving
)");
  BuildFailed first = failed();
  first.text = "no such thing";
  first.diagnostics.clear();
  first.serving = 0;
  shown.terminal.on(first);
  EXPECT_EQ(shown.take(), R"(15:38:00 build 5 failed
no such thing
no build serves: http://127.0.0.1:8080/ answers 503 with these words until the next save mends it
)");
}

TEST(Terminal, ShowsNoMoreThanAScreenOfACompiler) {
  Running shown;
  BuildFailed event = failed();
  event.text.clear();
  for (std::size_t i = 1; i <= Terminal::kMostQuoted; ++i) event.text += std::to_string(i) + "\n";
  shown.terminal.on(event);
  EXPECT_EQ(shown.take().find("more"), std::string::npos);
  event.text += "41\n42";
  shown.terminal.on(event);
  EXPECT_TRUE(shown.take().contains("\n40\n… 2 more lines; verbose shows them\nbuild 4 goes"));
  shown.terminal.toggle_verbose();
  shown.terminal.on(event);
  EXPECT_TRUE(shown.take().contains("\n41\n42\nbuild 4 goes"));
}

TEST(Terminal, ShowsACrash) {
  Running shown;
  WorkerCrashed crash{.build = 4, .how = "SIGSEGV", .by = "GET /price/7 (1f)"};
  crash.frames.assign(12, {.function = "f(int)", .file = "price.cc", .line = 3, .source = ""});
  crash.running = {"GET /a (20)", "topic orders (21)"};
  crash.again_in = 500ms;
  shown.terminal.on(crash);
  std::string frames;
  for (int i = 0; i < 10; ++i) frames += "    price.cc:3 in f(int)\n";
  EXPECT_EQ(shown.take(), "15:38:00 build 4 crashed: SIGSEGV in GET /price/7 (1f)\n" + frames +
                              R"(    and 2 more
  it had not answered these calls either:
    GET /a (20)
    topic orders (21)
  starts again in 0.5 s
)");
  ServingBuild again = serving(4);
  again.times = {.start = 6ms};
  shown.terminal.on(again);
  EXPECT_EQ(shown.take(), "15:38:00 started 6 ms · serving build 4 again\n");

  shown.terminal.on(WorkerCrashed{.build = 4, .how = "exit code 6", .again_in = 0ms});
  EXPECT_EQ(shown.take(), "15:38:00 build 4 crashed: exit code 6\n");
  shown.terminal.on(WorkerCrashed{.build = 4, .how = "SIGABRT"});
  EXPECT_EQ(shown.take(), "15:38:00 build 4 crashed: SIGABRT\n  starts again at the next save\n");
  WorkerCrashed killed{.build = 4, .how = "SIGKILL", .again_in = 0ms};
  killed.running.assign(23, "GET /a (20)");
  shown.terminal.on(killed);
  const std::string text = shown.take();
  EXPECT_TRUE(
      text.starts_with("15:38:00 build 4 crashed: SIGKILL\n"
                       "  it had not answered these calls:\n    GET /a (20)\n"))
      << text;
  EXPECT_TRUE(text.ends_with("    GET /a (20)\n    and 3 more\n")) << text;
}

TEST(Terminal, ARestartDoesNotEndABuildUnderWay) {
  Running shown;
  shown.terminal.on(BuildStarted{.build = 5, .changed = {"price.cc"}});
  shown.terminal.on(serving(4));
  shown.take();
  shown.terminal.on(serving(5));
  EXPECT_TRUE(shown.take().starts_with("15:38:00 saved price.cc · compiled"));
}

TEST(Terminal, ShowsNotes) {
  Running shown(kColours, 30);
  shown.terminal.on(Told{.text = "variables of the function start anew\nas \x1b[1mmemory"});
  EXPECT_EQ(shown.take(),
            shown.start() + "variables of the function\n  start anew\n  as \\x1b[1mmemory\n");
  shown.terminal.on(Told{.weight = Told::Weight::kWarning, .text = "slow"});
  EXPECT_EQ(shown.take(), shown.start() + "\x1b[33mwarning:\x1b[0m slow\n");
  shown.terminal.on(Told{.weight = Told::Weight::kError, .text = "gone"});
  EXPECT_EQ(shown.take(), shown.start() + "\x1b[31merror:\x1b[0m gone\n");
}

TEST(Terminal, ShowsTheKeys) {
  Shown shown;
  shown.terminal.show_help();
  EXPECT_EQ(shown.take(), R"(  i     send the last request again
  r, b  build again
  v     verbose, or no longer
  h, ?  this help
  q     quit
)");
}

}  // namespace
}  // namespace ofn::dev
