// Bodies in pieces: what an author reads with a Reader, and what comes of it.
#include <atomic>
#include <deque>
#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <ofn/reader.h>
#include <ofn/when_any.h>

#include "invocation/stage_for_test.h"

namespace ofn {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using Taken = BodySource::Taken;

// A body that comes when the test says so.
struct Source final : BodySource {
  void on_piece(std::function<void()> on_piece) override { told = std::move(on_piece); }
  Taken take_piece(std::string& piece) override {
    EXPECT_EQ(piece, "");
    if (pieces.empty()) return end;
    piece = std::move(pieces.front());
    pieces.pop_front();
    return pieces.empty() ? end : Taken{};
  }
  void want_piece() override {
    ++wanted;
    if (on_wanted) on_wanted();
  }
  std::span<const Field> body_trailers() const override { return trailers; }

  void bring(std::string piece) {
    pieces.push_back(std::move(piece));
    told();
  }
  void finish() {
    end.then = Taken::Then::kEnd;
    told();
  }
  void fail(abi::BodyFailure why) {
    end = {.then = Taken::Then::kFailed, .failure = why};
    told();
  }
  std::deque<std::string> pieces;
  Taken end{};
  std::vector<Field> trailers;
  int wanted = 0;
  std::function<void()> on_wanted;
  std::function<void()> told;
};

// A call whose body is in pieces.
struct Upload final : Stage {
  explicit Upload(FunctionContext declared = context_with(Runtime::kKnative, {}))
      : Stage(std::move(declared)) {}
  void start(const Function& function, SteadyTime deadline = SteadyTime::max()) {
    response.reset();
    invocation.begin(function,
                     {.method = "POST",
                      .target = "/",
                      .authority = {},
                      .headers = {},
                      .trailers = {},
                      .params = {},
                      .body = {},
                      .peer = {},
                      .id = {},
                      .deadline = deadline,
                      .stop = {}},
                     {.sink = sink, .source = &source, .length = length, .route = "/"});
  }
  // Runs the function while each of these happens, one whenever it waits for more.
  void run(const Function& function, std::vector<std::function<void()>> events,
           SteadyTime deadline = SteadyTime::max()) {
    source.on_wanted = [this, events = std::move(events), next = std::size_t{0}]() mutable {
      if (next < events.size()) loop.post(events[next++]);
    };
    start(function, deadline);
    run_to_end(function);
  }
  Source source;
  std::optional<std::uint64_t> length;
};

std::string joined(Reader& reader, std::size_t most = Reader::kMost) {
  std::string all;
  while (const auto piece = reader.read(most)) all.append(*piece).append("|");
  return all;
}
std::string join_pieces(const Request& request, Reader& reader) {
  EXPECT_EQ(request.body(), "");
  return joined(reader);
}
std::string join_small_pieces(const Request&, Reader& reader) { return joined(reader, 2); }
std::string join_two(Request, Reader& reader) { return joined(reader.limit(2)); }
Response read_nothing(const Request&, Reader&) { return "early"; }
task<std::string> join_later(const Request&, Reader& reader) {
  std::string all;
  while (const auto piece = co_await reader.async_read()) all.append(*piece).append("|");
  co_return all;
}
task<void> echo_later(Context&, const Request&, Reader& reader, Writer& writer) {
  while (const auto piece = co_await reader.async_read()) co_await writer.async_write(*piece);
}
void echo_pieces(const Request&, Reader& reader, Writer& writer) {
  while (const auto piece = reader.read()) writer.write(*piece);
}

const std::vector<std::pair<std::string, Function>> kJoin = {{"waits", made<&join_pieces>()},
                                                             {"awaits", made<&join_later>()}};

TEST(Reader, GetsThePiecesAsTheyCome) {
  for (const auto& [name, function] : kJoin) {
    SCOPED_TRACE(name);
    Upload test;
    test.run(function, {[&] { test.source.bring("ab"); },
                        [&] {
                          test.source.bring("c");
                          test.source.bring("d");
                        },
                        [&] { test.source.finish(); }});
    EXPECT_EQ(test.response->body(), "ab|c|d|");
    EXPECT_EQ(test.status(), 200);
    EXPECT_EQ(test.notes.record.bytes_in, 4U);
    EXPECT_EQ(test.ends, 1);
    // The next call of the same invocation begins anew, whatever its function reads.
    test.source = {};
    test.source.pieces = {"x"};
    test.source.end.then = Taken::Then::kEnd;
    test.start(function);
    test.run_to_end(function);
    EXPECT_EQ(test.response->body(), "x|");
    EXPECT_EQ(test.source.wanted, 0) << "it was all here";
    test.call(kEcho);
    EXPECT_EQ(test.status(), 200);
  }
}

TEST(Reader, TakesPiecesOfAtMostThatSize) {
  Upload test;
  test.source.pieces = {"abcde", "f"};
  test.source.end.then = Taken::Then::kEnd;
  const Function function = made<&join_small_pieces>();
  test.start(function);
  test.run_to_end(function);
  EXPECT_EQ(test.response->body(), "ab|cd|e|f|");
}

TEST(Reader, AWholeBodyIsThereAtOnce) {
  for (const auto& [name, function] : kJoin) {
    Stage test;
    test.body = "abc";
    test.call(function);
    EXPECT_EQ(test.response->body(), "abc|");
    test.body = "";
    test.call(function);
    EXPECT_EQ(test.response->body(), "");
  }
}

TEST(Reader, ADeliverysDataIsThereAtOnce) {
  Stage test;
  const Trigger input{.name = "in"};
  test.deliver(made<&join_pieces>(), {.input = input, .data = "abc"});
  EXPECT_EQ(test.response->body(), "abc|");
}

TEST(Reader, AFailureIsNeverACompleteBody) {
  struct Case {
    abi::BodyFailure failure;
    int status;
  };
  for (const Case& each :
       {Case{abi::BodyFailure::kClientLeft, 400}, Case{abi::BodyFailure::kTooSlow, 408},
        Case{abi::BodyFailure::kMalformed, 400}, Case{abi::BodyFailure::kNoMemory, 503}}) {
    for (const auto& [name, function] : kJoin) {
      SCOPED_TRACE(each.status);
      Upload test(context_with(Runtime::kKnative, both()));
      test.run(function,
               {[&] { test.source.bring("ab"); }, [&] { test.source.fail(each.failure); }});
      EXPECT_EQ(test.status(), each.status);
      EXPECT_EQ(test.verdict, Verdict::kError);
      EXPECT_TRUE(test.sidecar.calls().empty());
      EXPECT_EQ(test.response->find_header("Retry-After") != nullptr, each.status == 503);
      EXPECT_EQ(test.ends, 1);
    }
  }
}

// The function catches it: each further read says the same.
std::string insist(const Request&, Reader& reader) {
  std::string said;
  for (int i = 0; i < 3; ++i) {
    try {
      said += reader.read() ? "piece " : "end ";
    } catch (const BodyError& error) {
      said += std::to_string(error.status()) + (error.client_left() ? " left " : " ");
    }
  }
  return said;
}

TEST(Reader, AFailureStays) {
  Upload test;
  test.run(made<&insist>(), {[&] { test.source.bring("a"); },
                             [&] { test.source.fail(abi::BodyFailure::kClientLeft); }});
  EXPECT_EQ(test.response->body(), "piece 400 left 400 left ");
}

TEST(Reader, ALimitIsTheAuthors) {
  for (const bool announced : {true, false}) {
    for (const std::string body : {"ab", "abc"}) {
      Upload test;
      if (announced) test.length = body.size();
      test.source.pieces = {body};
      test.source.end.then = Taken::Then::kEnd;
      const Function function = made<&join_two>();
      test.start(function);
      test.run_to_end(function);
      EXPECT_EQ(test.status(), body.size() > 2 ? 413 : 200);
    }
  }
}

TEST(Reader, TheClientLeavesWhileTheFunctionReads) {
  for (const auto& [name, function] : kJoin) {
    Upload test;
    test.run(function, {[&] { test.source.bring("ab"); },
                        [&] {
                          test.source.end = {.then = Taken::Then::kFailed,
                                             .failure = abi::BodyFailure::kClientLeft};
                          test.invocation.request_stop();
                          test.invocation.caller_left();
                        }});
    EXPECT_EQ(test.verdict, Verdict::kError);
    EXPECT_EQ(test.ends, 1);
  }
}

TEST(Reader, TheDeadlineEndsTheRead) {
  for (const auto& [name, function] : kJoin) {
    SCOPED_TRACE(name);
    Upload test;
    test.run(function, {[&] { test.source.bring("ab"); }, [&] { test.clock.advance(5s); }},
             test.clock.now() + 5s);
    EXPECT_EQ(test.status(), 504);
    EXPECT_EQ(test.ends, 1);
  }
}

TEST(Reader, AFunctionMayReturnEarly) {
  Upload test;
  test.source.pieces = {"a"};
  const Function function = made<&read_nothing>();
  test.start(function);
  test.run_to_end(function);
  EXPECT_EQ(test.response->body(), "early");
  EXPECT_EQ(test.source.wanted, 0);
}

TEST(Reader, ReadsAndWritesAtTheSameTime) {
  for (const Function& function : {made<&echo_pieces>(), made<&echo_later>()}) {
    Upload test;
    Sink sink;
    test.sink = &sink;
    std::vector<std::string> seen;
    test.run(function, {[&] { test.source.bring("a"); },
                        [&] {
                          seen.push_back(sink.body);
                          test.source.bring("b");
                        },
                        [&] {
                          seen.push_back(sink.body);
                          test.source.finish();
                        }});
    EXPECT_THAT(seen, ElementsAre("a", "ab")) << "before the body was complete";
    EXPECT_THAT(sink.log, ElementsAre("begin 200", "Trailer: X-OpenFunction-Status", "finish",
                                      "X-OpenFunction-Status: success"));
  }
}

// Its client has part of an answer.
TEST(Reader, AFailureAbortsAnAnswerThatHasBegun) {
  for (const Function& function : {made<&echo_pieces>(), made<&echo_later>()}) {
    Upload test;
    Sink sink;
    test.sink = &sink;
    test.run(function, {[&] { test.source.bring("a"); },
                        [&] { test.source.fail(abi::BodyFailure::kTooSlow); }});
    EXPECT_THAT(sink.log, ElementsAre("begin 200", "Trailer: X-OpenFunction-Status", "abort"));
    EXPECT_THAT(test.notes.lines, ElementsAre("began f", "ended error 200"));
    EXPECT_FALSE(test.response);
  }
}

// An answer that is held for the outputs is neither sent nor given to the client.
TEST(Reader, AFailureDropsAnAnswerThatIsHeld) {
  for (const Function& function : {made<&echo_pieces>(), made<&echo_later>()}) {
    Upload test(context_with(Runtime::kKnative, both()));
    Sink sink;
    test.sink = &sink;
    test.run(function, {[&] { test.source.bring("a"); },
                        [&] { test.source.fail(abi::BodyFailure::kMalformed); }});
    EXPECT_EQ(test.status(), 400);
    EXPECT_EQ(test.verdict, Verdict::kError);
    EXPECT_TRUE(test.sidecar.calls().empty());
    EXPECT_THAT(sink.log, ElementsAre());
  }
}

std::string trailers(const Request&, Reader& reader) {
  std::string said = std::to_string(reader.trailers().size());
  while (reader.read()) said += ".";
  for (const Field& field : reader.trailers())
    said += std::string(field.name) + "=" + std::string(field.value);
  return said + (reader.length() ? std::to_string(*reader.length()) : " unknown");
}

TEST(Reader, TrailersComeWithTheEnd) {
  Upload test;
  test.source.trailers = {{"a", "b"}};
  test.run(made<&trailers>(), {[&] { test.source.bring("x"); }, [&] { test.source.finish(); }});
  EXPECT_EQ(test.response->body(), "0.a=b unknown");
}

// The next piece is fetched while the function has the one before, and no more.
std::atomic<bool> g_go = false;  // NOLINT: functions are plain pointers
std::string read_slowly(const Request&, Reader& reader) {
  std::size_t count = 0;
  while (reader.read()) {
    while (count == 0 && !g_go) std::this_thread::yield();
    ++count;
  }
  return std::to_string(count);
}

TEST(Reader, OnePieceIsFetchedAhead) {
  Upload test;
  g_go = false;
  test.source.pieces = {"a", "b", "c", "d"};
  test.source.end.then = Taken::Then::kEnd;
  const Function function = made<&read_slowly>();
  test.start(function);
  test.run_beside([&] {
    if (test.source.pieces.size() > 2) return;
    if (!g_go) {
      EXPECT_EQ(test.source.pieces.size(), 2U);
    }
    g_go = true;
  });
  test.invocation.finish();
  settle(test.loop);
  EXPECT_EQ(test.response->body(), "4");
}

task<std::string> read_twice_at_once(const Request&, Reader& reader) {
  const auto one = [](Reader& from) -> task<int> {
    co_return (co_await from.async_read()) ? 1 : 0;
  };
  const auto [first, second] = co_await when_all(one(reader), one(reader));
  co_return std::to_string(first + second);
}

std::optional<Completion<>> signal;

task<std::string> waits_for_signal() {
  co_await *signal;
  co_return "signal";
}
// Reads until it has lost; then it insists.
task<std::string> loses(Reader& reader) {
  std::string all;
  for (int refused = 0; refused < 3;) {
    try {
      const auto piece = co_await reader.async_read();
      all += piece.value_or("end");
    } catch (const BodyError& error) {
      EXPECT_EQ(error.status(), 503);
      ++refused;
    }
  }
  co_return all;
}
task<std::string> reads_after_a_race(const Request&, Reader& reader) {
  const auto first = co_await when_any(waits_for_signal(), loses(reader));
  std::string all = std::to_string(first.index()) + ":";
  while (const auto piece = co_await reader.async_read()) all.append(*piece).append("|");
  co_return all;
}

TEST(Reader, ATaskThatHasLostTakesNothing) {
  const Function function = made<&reads_after_a_race>();
  for (const bool at_once : {false, true}) {
    SCOPED_TRACE(at_once);
    Upload test;
    signal.emplace();
    // Both may end in one turn of the loop, the winner first.
    const auto win = [&] {
      (*signal)();
      if (at_once) test.loop.post([&] { test.source.bring("ab"); });
    };
    const auto bring = [&] {
      if (!at_once) test.source.bring("ab");
      test.source.bring("c");
    };
    test.run(function, {win, bring, [&] { test.source.finish(); }});
    ASSERT_EQ(test.status(), 200);
    EXPECT_THAT(std::string(test.response->body()), ::testing::AnyOf("0:ab|c|", "0:abc|"));
    EXPECT_EQ(test.ends, 1);
  }
}

// A client that takes nothing makes each write of the second task wait.
task<int> writes_on(Writer& writer) {
  const std::string piece(StreamHost::kMark + 1, 'x');
  int written = 0;
  while (co_await writer.async_write(piece)) ++written;
  co_return written;
}
task<void> writes_after_a_race(const Request&, Writer& writer) {
  const auto first = co_await when_any(waits_for_signal(), writes_on(writer));
  EXPECT_EQ(first.index(), 0U);
  EXPECT_TRUE(co_await writer.async_write("last"));
}

TEST(Reader, AWriteThatHasLostDoesNotWaitForRoom) {
  Stage stage;
  Sink sink;
  sink.keeps = true;
  stage.sink = &sink;
  const Function function = made<&writes_after_a_race>();
  signal.emplace();
  stage.begin(function);
  stage.run_to_end(function);
  EXPECT_EQ(sink.waiting, StreamHost::kMark + 1);
  (*signal)();
  settle(stage.loop);
  EXPECT_TRUE(stage.piece_due) << "the loser has gone on";
  stage.run_to_end(function);
  EXPECT_EQ(stage.ends, 0) << "the next write waits";
  sink.waiting = 0;
  sink.on_room();
  settle(stage.loop);
  stage.run_to_end(function);
  EXPECT_EQ(stage.ends, 1);
  EXPECT_EQ(sink.body.size(), StreamHost::kMark + 5);
}

TEST(Reader, TwoReadsAtOnceAreAMistake) {
  Upload test;
  test.run(made<&read_twice_at_once>(), {[&] { test.source.bring("a"); }});
  EXPECT_EQ(test.status(), 500);
}

}  // namespace
}  // namespace ofn
