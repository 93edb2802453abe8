// A terminal whose text and time the tests decide.
#pragma once

#include <chrono>
#include <optional>
#include <string>

#include <gtest/gtest.h>

#include "dev/terminal.h"
#include "dev/visible_text.h"
#include "testing/manual_clock.h"

namespace ofn::dev {

using namespace std::chrono_literals;

inline constexpr Look kColours{.cursor = true, .colours = true};
inline constexpr Look kFull{.cursor = true, .colours = true, .links = true};

inline Started started() {
  return {.version = "0.9.0",
          .source = "price.cc",
          .url = "http://127.0.0.1:8080/",
          .sidecar = "local sidecar at 127.0.0.1:41234"};
}

inline ServingBuild serving(unsigned build) {
  ServingBuild event{.build = build};
  event.times = {.detect = 4ms, .compile = 310ms, .start = 6ms, .hand_over = 3ms, .whole = 323ms};
  event.functions = {
      {.name = "price", .signature = "http", .routes = {"GET /price/{sku}", "POST /price"}},
      {.name = "audit", .signature = "cloudevent", .routes = {}}};
  event.outputs = {
      {.name = "archive", .component = "files", .type = "bindings.localstorage", .to = "./data"}};
  return event;
}

inline CallEnded request(std::string path, int status = 200) {
  CallEnded call{.build = 4, .id = "1f", .kind = "request", .method = "GET"};
  call.path = std::move(path);
  call.function = "price";
  call.verdict = status < 500 ? "success" : "error";
  call.status = status;
  call.answered = 1240us;
  return call;
}

inline BuildFailed failed() {
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

}  // namespace ofn::dev
