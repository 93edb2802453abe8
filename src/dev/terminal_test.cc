#include "dev/terminal.h"

#include <algorithm>
#include <chrono>
#include <optional>
#include <string>

#include <gtest/gtest.h>

#include "dev/visible_text.h"
#include "testing/manual_clock.h"

namespace ofn::dev {
namespace {

using namespace std::chrono_literals;

constexpr Look kColours{.cursor = true, .colours = true};
constexpr Look kFull{.cursor = true, .colours = true, .links = true};

Started started() {
  return {.version = "0.9.0",
          .source = "price.cc",
          .url = "http://127.0.0.1:8080/",
          .sidecar = "local sidecar at 127.0.0.1:41234"};
}

ServingBuild serving(unsigned build) {
  ServingBuild event{.build = build};
  event.times = {.detect = 4ms, .compile = 310ms, .start = 6ms, .hand_over = 3ms, .whole = 323ms};
  event.functions = {
      {.name = "price", .signature = "http", .routes = {"GET /price/{sku}", "POST /price"}},
      {.name = "audit", .signature = "cloudevent", .routes = {}}};
  event.outputs = {
      {.name = "archive", .component = "files", .type = "bindings.localstorage", .to = "./data"}};
  return event;
}

CallEnded request(std::string path, int status = 200) {
  CallEnded call{.build = 4, .id = "1f", .kind = "request", .method = "GET"};
  call.path = std::move(path);
  call.function = "price";
  call.verdict = status < 500 ? "success" : "error";
  call.status = status;
  call.answered = 1240us;
  return call;
}

// A terminal that records what is written to it.
struct Shown {
  explicit Shown(Look look = {}, std::size_t width = 80)
      : terminal(clock, {.write = [this](std::string_view text) { written += text; },
                         .width = [this] { return width_; },
                         .wake_at = [this](SteadyTime at) { wake_at = at; },
                         .look = look,
                         .folder = "/home/me",
                         .host = "box",
                         .has_keys = true}),
        width_(width) {
    clock.advance(15h + 38min);
  }

  std::string take() { return std::exchange(written, {}); }
  // What stands before each text on a terminal of this width.
  std::string start() const { return "\x1b[0m" + std::string(width_ - 1, ' ') + "\r\x1b[K"; }
  // Moves the clock and wakes the terminal, as its owner does.
  void pass(Duration time) {
    clock.advance(time);
    if (wake_at && *wake_at <= clock.now()) {
      wake_at.reset();
      terminal.tick();
    }
  }

  testing::ManualClock clock;
  Terminal terminal;
  std::string written;
  std::size_t width_;
  std::optional<SteadyTime> wake_at;
};

// A terminal that shows build 4.
struct Running : Shown {
  explicit Running(Look look = {}, std::size_t width = 80) : Shown(look, width) {
    terminal.on(started());
    terminal.on(serving(4));
    take();
  }
};

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

BuildFailed failed() {
  return {.build = 5,
          .text =
              "price.cc: In function ‘int price()’:\n"
              "price.cc:12:5: error: ‘x’ was not declared in this scope\n"
              "   12 |     x = 1;\n"
              "      |     ^\n",
          .diagnostics = {{.file = "price.cc", .line = 12, .column = 5, .severity = "error"},
                          {.file = "price.cc", .line = 9, .severity = "warning"},
                          {.file = "price.cc", .line = 9, .severity = "warning"},
                          {.file = "price.cc", .line = 9, .severity = "note"}},
          .serving = 4};
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
no build serves: requests get 503 until the next save mends it
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

TEST(Terminal, ShowsARequest) {
  struct Case {
    CallEnded call;
    std::string line;
  };
  const auto with = [](CallEnded call, auto change) {
    change(call);
    return call;
  };
  for (const auto& [call, line] : {
           Case{request("/price?sku=7"), "GET /price?sku=7 200 in 1.2 ms · price · build 4"},
           Case{with(request("/x"),
                     [](CallEnded& call) {
                       call.outputs = {{.name = "archive",
                                        .component = "files",
                                        .outcome = "confirmed",
                                        .took = 800us},
                                       {.name = "bill",
                                        .component = "queue",
                                        .outcome = "timed out",
                                        .tries = 3,
                                        .took = 5s}};
                     }),
                "GET /x 200 in 1.2 ms · price · archive confirmed in 0.8 ms · bill timed out in 5 "
                "s, 3 tries · build 4"},
           Case{with(request("/nope", 404),
                     [](CallEnded& call) {
                       call.function.clear();
                       call.refusal = "no route";
                     }),
                "GET /nope 404 in 1.2 ms · no route · build 4"},
           Case{request("/x", 0), "GET /x no answer after 1.2 ms · price · build 4"},
           Case{with(request("orders"),
                     [](CallEnded& call) {
                       call.kind = "topic";
                       call.method.clear();
                     }),
                "topic orders 200 in 1.2 ms · price · build 4"},
           // No client's words reach the terminal.
           Case{with(request("/\x1b[2J\xc2\x9b\r\n"),
                     [](CallEnded& call) {
                       call.method = "\x1b[H";
                       call.function = "\x1b]0;x\x07";
                     }),
                "\\x1b[H /%1B[2J%C2%9B%0D%0A 200 in 1.2 ms · \\x1b]0;x\\x07 · build 4"},
           Case{request("/" + std::string(10'000, 'x')),
                "GET /" + std::string(498, 'x') + "… 200 in 1.2 ms · price · build 4"},
       }) {
    Running shown;
    shown.terminal.on(call);
    EXPECT_EQ(shown.take(), "15:38:00 " + line + "\n");
  }
}

TEST(Terminal, ShowsARequestInColours) {
  Running shown(kColours);
  CallEnded call = request("/price", 503);
  call.outputs = {{.name = "archive", .outcome = "unreachable", .took = 5s}};
  shown.terminal.on(call);
  EXPECT_EQ(shown.take(),
            shown.start() +
                "\x1b[2m15:38:00\x1b[0m GET \x1b[1m/price\x1b[0m \x1b[31m503\x1b[0m in 1.2 ms"
                "\x1b[2m · \x1b[0mprice\x1b[2m · \x1b[0m\x1b[31marchive unreachable in 5 s\x1b[0m"
                "\x1b[2m · \x1b[0m\x1b[2mbuild 4\x1b[0m\n");
  for (const auto& [status, colour] :
       {std::pair(204, "32"), std::pair(302, "36"), std::pair(404, "33"), std::pair(0, "31")}) {
    shown.terminal.on(request("/", status));
    const std::string word = status == 0 ? "no answer" : std::to_string(status);
    EXPECT_TRUE(shown.take().contains("\x1b[" + std::string(colour) + "m" + word + "\x1b[0m"));
  }
}

TEST(Terminal, AsksForTheWidthBeforeEachText) {
  Running shown({.cursor = true}, 60);
  shown.terminal.on(request("/price/of/all/things"));
  EXPECT_EQ(shown.take(),
            shown.start() + "15:38:00 GET /price/of/all/… 200 in 1.2 ms · price · build 4\n");
  shown.width_ = 20;
  shown.terminal.on(request("/price/of/all/things"));
  EXPECT_EQ(shown.take(), shown.start() + R"(15:38:00 GET
  /price/of/a… 200
  in 1.2 ms · price
  build 4
)");
  shown.width_ = 1;
  shown.terminal.on(request("/price"));
  EXPECT_EQ(shown.take(),
            "\x1b[0m\r\x1b[K15:38:00 GET /price\n  200 in 1.2 ms\n  price · build 4\n");
  // Unknown: the cursor is left alone, so that a partial line is not overwritten.
  shown.width_ = 0;
  shown.terminal.on(request("/price"));
  EXPECT_EQ(shown.take(), "\x1b[0m15:38:00 GET /price 200 in 1.2 ms · price · build 4\n");
}

TEST(Terminal, LinksFilesOnATerminalThatShowsLinks) {
  Running shown(kFull);
  shown.terminal.on(failed());
  EXPECT_TRUE(
      shown.take().contains("\x1b]8;;file://box/home/me/price.cc\x1b\\\x1b[1mprice.cc:12:5"
                            "\x1b[0m\x1b]8;;\x1b\\: \x1b[31merror:\x1b[0m"));
}

TEST(Terminal, HidesProbesUnlessVerbose) {
  Running shown;
  CallEnded probe = request("/healthz/ready");
  probe.function.clear();
  probe.refusal = "probe";
  shown.terminal.on(probe);
  EXPECT_EQ(shown.take(), "");
  shown.terminal.toggle_verbose();
  EXPECT_EQ(shown.take(), "verbose: shows probes, and more of each call and reload\n");
  probe.id = "1f3a";
  shown.terminal.on(probe);
  EXPECT_EQ(shown.take(),
            "15:38:00 GET /healthz/ready 200 in 1.2 ms · probe · build 4\n"
            "    id 1f3a · 0 bytes in · 0 bytes out\n");
  CallEnded call = request("/price/7");
  call.route = "GET /price/{sku}";
  call.waited = 100us;
  call.ran = 900us;
  call.ran_on = "worker";
  call.delivered = 200us;
  call.bytes_in = 1234;
  shown.terminal.on(call);
  EXPECT_EQ(shown.take(),
            "15:38:00 GET /price/7 200 in 1.2 ms · price · build 4\n"
            "    id 1f · route GET /price/{sku} · waited 0.1 ms · ran on a worker 0.9 ms · "
            "delivered 0.2 ms · 1,234 bytes in · 0 bytes out\n");
  shown.terminal.on(BuildStarted{.build = 5, .changed = {"price.cc"}});
  shown.terminal.on(serving(5));
  EXPECT_EQ(shown.take(),
            "15:38:00 saved price.cc · noticed after 4 ms · compiled 0.31 s · started 6 ms · "
            "handed over 3 ms · in all 0.32 s · serving build 5\n");
  shown.terminal.toggle_verbose();
  EXPECT_EQ(shown.take(), "no longer verbose\n");
  shown.terminal.on(probe);
  EXPECT_EQ(shown.take(), "");
}

TEST(Terminal, ShowsWhatWasThrownAndWhere) {
  Running shown;
  CallEnded call = request("/price/7", 500);
  call.thrown = Thrown{.type = "std::out_of_range",
                       .what = "no such sku",
                       .frames = {{.function = "find(int)",
                                   .file = "/home/me/price.cc",
                                   .line = 12,
                                   .source = "    throw std::out_of_range(\"no such sku\");"},
                                  {.function = "price(ofn::Request const&)",
                                   .file = "/home/me/price.cc",
                                   .line = 20,
                                   .source = ""},
                                  {.function = "helper()", .file = "", .source = ""}}};
  shown.terminal.on(call);
  EXPECT_EQ(shown.take(), R"(15:38:00 GET /price/7 500 in 1.2 ms · price · build 4
  threw std::out_of_range: no such sku
    price.cc:12 in find(int)
        throw std::out_of_range("no such sku");
    price.cc:20 in price(ofn::Request const&)
    helper()
)");
  call.thrown = Thrown{.type = "int", .what = "", .frames = {}};
  shown.terminal.on(call);
  EXPECT_EQ(shown.take(), "15:38:00 GET /price/7 500 in 1.2 ms · price · build 4\n  threw int\n");
  call.thrown = Thrown{.type = "", .what = "invalid response: a b is no name", .frames = {}};
  shown.terminal.on(call);
  EXPECT_EQ(shown.take(),
            "15:38:00 GET /price/7 500 in 1.2 ms · price · build 4\n"
            "  invalid response: a b is no name\n");
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

std::size_t lines_in(const std::string& text) {
  return static_cast<std::size_t>(std::ranges::count(text, '\n'));
}

TEST(Terminal, ObeysNobodysWords) {
  const std::string evil = "a\x1b[2J\x9b\x31m\xc2\x9b\r\x07\x08\x7f\xe2\x80\xae b.cc:1:2: error:\n";
  const Frame frame{.function = evil, .file = evil, .line = 1, .source = evil};
  Shown shown;
  shown.terminal.toggle_verbose();
  shown.terminal.on(
      Started{.version = evil, .source = evil, .url = evil, .sidecar = evil, .note = evil});
  shown.terminal.on(BuildStarted{.build = 1});
  shown.terminal.on(BuildStarted{.build = 2, .changed = {evil}});
  shown.terminal.on(BuildFailed{.build = 2, .text = evil});
  shown.terminal.on(BuildStarted{.build = 3, .changed = {evil}});
  ServingBuild served = serving(3);
  served.warnings = evil;
  served.functions = {{.name = evil, .signature = evil, .routes = {evil, evil}}};
  served.inputs = {{.name = evil, .component = evil, .type = evil, .to = evil}};
  served.outputs = served.inputs;
  shown.terminal.on(served);
  CallEnded call{.build = 3, .id = evil, .kind = evil, .method = evil, .path = evil};
  call.function = evil;
  call.route = evil;
  call.refusal = evil;
  call.ran_on = evil;
  call.ran = 1ms;
  call.outputs = {{.name = evil, .component = evil, .outcome = evil}};
  call.thrown = Thrown{.type = evil, .what = evil, .frames = {frame}};
  shown.terminal.on(call);
  call.kind = "request";
  shown.terminal.on(call);
  WorkerCrashed crash{.build = 3, .how = evil, .by = evil, .frames = {frame}};
  crash.running = {evil};
  shown.terminal.on(crash);
  shown.terminal.on(Told{.text = evil});
  const std::string text = shown.take();
  EXPECT_EQ(visible(text, Lines::kSeveral), text);
  EXPECT_GE(lines_in(text), 30U);
}

TEST(Terminal, CountsRequestsBeyondFiftyInASecond) {
  Running shown;
  for (int i = 0; i < 5000; ++i) {
    CallEnded call = request("/price", i % 100 == 0 ? 500 : 200);
    call.answered = std::chrono::microseconds(i);
    shown.terminal.on(call);
  }
  EXPECT_EQ(lines_in(shown.take()), 50U);
  shown.pass(999ms);
  EXPECT_EQ(shown.take(), "");
  shown.pass(1ms);
  EXPECT_EQ(shown.take(),
            "15:38:01 4,950 more requests · 200 × 4,901 · 500 × 49 · p50 2.5 ms · p99 5 ms · build "
            "4\n");

  // The burst goes on: nothing but a line a second.
  for (int second = 0; second < 3; ++second) {
    for (int i = 0; i < 51; ++i) shown.terminal.on(request("/price"));
    EXPECT_EQ(shown.take(), "");
    shown.pass(1s);
    EXPECT_EQ(lines_in(shown.take()), 1U);
  }
  // Its last second has few.
  CallEnded event = request("orders", 0);
  event.kind = "topic";
  shown.terminal.on(event);
  shown.pass(1s);
  EXPECT_EQ(shown.take(), "15:38:05 1 call · no answer × 1 · p50 1.2 ms · p99 1.2 ms · build 4\n");
  shown.terminal.on(request("/price"));
  EXPECT_EQ(shown.take(), "15:38:05 GET /price 200 in 1.2 ms · price · build 4\n");
}

TEST(Terminal, FiftyInASecondAreNoBurst) {
  Running shown;
  for (int second = 0; second < 3; ++second) {
    for (int i = 0; i < 50; ++i) shown.terminal.on(request("/price"));
    EXPECT_EQ(lines_in(shown.take()), 50U);
    shown.pass(1s);
    EXPECT_EQ(shown.take(), "");
  }
  EXPECT_FALSE(shown.wake_at);
}

TEST(Terminal, ShowsWhatWasCountedBeforeAnythingElse) {
  Running shown;
  for (int i = 0; i < 60; ++i) shown.terminal.on(request("/price"));
  shown.take();
  shown.terminal.on(WorkerCrashed{.build = 4, .how = "SIGSEGV"});
  EXPECT_TRUE(shown.take().starts_with("15:38:00 10 more requests · 200 × 10 · p50"));
  // In the same second nothing but the rest is counted.
  shown.terminal.on(request("/price"));
  EXPECT_EQ(shown.take(), "");
  shown.pass(1s);
  EXPECT_TRUE(shown.take().starts_with("15:38:01 1 more request · "));
}

}  // namespace
}  // namespace ofn::dev
