// What the terminal shows of calls: one line each, or a line a second for many.
#include <algorithm>
#include <chrono>
#include <cstddef>
#include <string>

#include <gtest/gtest.h>

#include "dev/terminal_for_test.h"

namespace ofn::dev {
namespace {

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

TEST(Terminal, ShowsWhatDoesNotReturn) {
  Running shown;
  StillRuns event{.build = 4, .id = "1f", .call = "GET /loop (1f)", .function = "spin"};
  event.since = shown.clock.system_now() - 3s;
  event.used = 3s;
  event.frames.assign(
      11,
      {.function = "spin()", .file = "/home/me/price.cc", .line = 3, .source = "  for (;;) ++n;"});
  shown.terminal.on(event);
  std::string frames;
  for (int i = 0; i < 10; ++i) frames += "    price.cc:3 in spin()\n        for (;;) ++n;\n";
  EXPECT_EQ(shown.take(),
            "15:38:00 GET /loop (1f) has not returned after 3 s of the processor · spin · since "
            "15:37:57 · build 4\n" +
                frames + "    and 1 more\n");
  event.frames.clear();
  using Why = StillRuns::Why;
  for (const auto& [why, words] :
       {std::pair(Why::kTimeLimit, "was answered 504, and has not returned"),
        std::pair(Why::kReload, "is left behind by the newer build, and has not returned")}) {
    event.why = why;
    shown.terminal.on(event);
    EXPECT_EQ(shown.take(), "15:38:00 GET /loop (1f) " + std::string(words) +
                                " · spin · since 15:37:57 · build 4\n");
  }
  shown.terminal.on(StillRuns{.build = 5, .used = 3s, .why = Why::kStart});
  EXPECT_EQ(shown.take(),
            "15:38:00 build 5 does not start: its start-up code has not returned after 3 s of the "
            "processor\n");
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
  shown.terminal.on(
      StillRuns{.build = 3, .id = evil, .call = evil, .function = evil, .frames = {frame}});
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

CallEnded throwing(int line, std::string what = "no such sku") {
  CallEnded call = request("/price/7", 500);
  call.thrown = Thrown{.type = "std::out_of_range",
                       .what = std::move(what),
                       .frames = {{.function = "find(int)",
                                   .file = "/home/me/price.cc",
                                   .line = static_cast<std::size_t>(line),
                                   .source = "    return prices.at(sku);"},
                                  {.function = "price()", .file = "", .source = ""}}};
  return call;
}

TEST(Terminal, ShowsWhatCountedRequestsThrew) {
  Running shown;
  for (int i = 0; i < 50; ++i) shown.terminal.on(request("/price"));
  shown.take();
  for (int i = 0; i < 30; ++i) shown.terminal.on(throwing(12, "sku " + std::to_string(i)));
  shown.terminal.on(throwing(30));
  shown.pass(1s);
  EXPECT_EQ(shown.take(),
            R"(15:38:01 31 more requests · 500 × 31 · p50 1.2 ms · p99 1.2 ms · build 4
  30 threw std::out_of_range: sku 0 · one of them in GET /price/7 (1f)
    price.cc:12 in find(int)
        return prices.at(sku);
    price()
  1 threw std::out_of_range: no such sku · one of them in GET /price/7 (1f)
    price.cc:30 in find(int)
        return prices.at(sku);
    price()
)");
  // While the burst goes on, the stack is not shown again.
  for (int i = 0; i < 60; ++i) shown.terminal.on(throwing(12));
  shown.pass(1s);
  EXPECT_EQ(shown.take(), R"(15:38:02 60 requests · 500 × 60 · p50 1.2 ms · p99 1.2 ms · build 4
  60 threw std::out_of_range: no such sku at price.cc:12
)");
  // A second with few requests ends the burst.
  shown.terminal.on(request("/price"));
  shown.pass(1s);
  for (int i = 0; i < 50; ++i) shown.terminal.on(request("/price"));
  shown.take();
  shown.terminal.on(throwing(12));
  shown.pass(1s);
  EXPECT_TRUE(shown.take().contains("    price.cc:12 in find(int)\n"));
}

TEST(Terminal, ShowsTheStackOfAThrowOnceInABurstThatBeganWithIt) {
  Running shown;
  for (int i = 0; i < 51; ++i) shown.terminal.on(throwing(12));
  shown.take();
  shown.pass(1s);
  EXPECT_TRUE(shown.take().ends_with("  1 threw std::out_of_range: no such sku at price.cc:12\n"));
}

TEST(Terminal, CountsThrowsAtTooManyPlaces) {
  Running shown;
  for (int i = 0; i < 50; ++i) shown.terminal.on(request("/price"));
  shown.take();
  for (int i = 0; i < 13; ++i) shown.terminal.on(throwing(i));
  shown.terminal.on(throwing(0));
  shown.pass(1s);
  const std::string text = shown.take();
  EXPECT_TRUE(text.contains("\n  2 threw std::out_of_range")) << text;
  EXPECT_TRUE(text.ends_with("\n  3 threw something else\n")) << text;
  // Without a stack, the text stands for the place.
  CallEnded call = request("/price", 500);
  for (const char* what : {"a is no name", "b is no name"}) {
    call.thrown = Thrown{.type = "", .what = what, .frames = {}};
    for (int i = 0; i < 60; ++i) shown.terminal.on(call);
  }
  shown.pass(1s);
  EXPECT_TRUE(shown.take().contains("\n  60 a is no name · one of them in"));
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
