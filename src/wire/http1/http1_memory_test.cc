// What a session takes of the memory that all bodies share, and what it does when there is none.
#include <new>
#include <string>
#include <string_view>
#include <utility>

#include <gtest/gtest.h>

#include "wire/http1/session_bench_for_test.h"
#include "wire/memory_account.h"

namespace ofn::wire::http1 {
namespace {

using namespace session_bench;

const std::string kHead = "POST / HTTP/1.1\r\nHost: a\r\n";

std::string with_length(std::size_t size) {
  return kHead + "Content-Length: " + std::to_string(size) + "\r\n\r\n";
}

TEST(Http1Memory, ABodyIsCountedUntilItsExchangeIsGivenBack) {
  MemoryAccount bodies(100'000);
  Bench bench({}, &bodies);
  bench.handler.keeps = true;
  bench.send(with_length(1'000) + std::string(400, 'x'));
  const std::size_t counted = bodies.used();
  EXPECT_GE(counted, 1'000U + with_length(1'000).size()) << "what is allocated";
  EXPECT_LE(counted, 1'100U);
  bench.send(std::string(600, 'x'));
  EXPECT_EQ(bodies.used(), counted);
  bench.handler.kept[0]->respond(Response("ok"));
  EXPECT_EQ(bodies.used(), counted) << "the function may still read it";
  bench.handler.kept.clear();
  EXPECT_EQ(bodies.used(), 0U);
}

TEST(Http1Memory, AnExchangeThatOutlivesItsSessionGivesItBack) {
  MemoryAccount bodies(100'000);
  Bench bench({}, &bodies);
  bench.handler.keeps = true;
  bench.send(with_length(1'000) + std::string(1'000, 'x'));
  bench.transport.destroy_session();
  EXPECT_GE(bodies.used(), 1'000U);
  bench.handler.kept.clear();
  EXPECT_EQ(bodies.used(), 0U);
}

TEST(Http1Memory, WithoutMemoryItIs503AndNothingIsKept) {
  const std::string chunk = "3e8\r\n" + std::string(1'000, 'x') + "\r\n";
  struct Case {
    const char* name;
    std::string first;   // is accepted
    std::string second;  // is not
  };
  const Case cases[] = {
      {"announced", "", with_length(900)},
      {"announced, and waits for our word", "",
       kHead + "Content-Length: 900\r\nExpect: 100-continue\r\n\r\n"},
      {"arriving", with_length(450) + std::string(300, 'x'), std::string(150, 'x')},
      {"chunked", kHead + "Transfer-Encoding: chunked\r\n\r\n", chunk},
  };
  for (const Case& c : cases) {
    MemoryAccount bodies(1'000);
    MemoryShare others(&bodies);
    others.add(500);
    Bench bench({}, &bodies);
    bench.send(c.first);
    EXPECT_EQ(bench.session().ending(), Ending::kOpen) << c.name;
    MemoryShare more(&bodies);
    more.add(200);  // meanwhile
    bench.send(c.second);
    const std::string answer = bench.take();
    EXPECT_TRUE(answer.starts_with("HTTP/1.1 503 ")) << c.name << answer;
    EXPECT_NE(answer.find("\r\nRetry-After: 1\r\n"), std::string::npos) << c.name;
    EXPECT_NE(answer.find("\r\nConnection: close\r\n"), std::string::npos) << c.name;
    EXPECT_EQ(bench.session().ending(), Ending::kLinger) << c.name;
    EXPECT_EQ(bodies.used(), 700U) << c.name << ": only the others' is left";
    EXPECT_TRUE(bench.handler.seen.empty()) << c.name;
  }
}

// A handler that answers, gives up or keeps the request, and finds no memory then.
class HungryHandler final : public Handler {
 public:
  enum class Way { kAnswers, kGivesUp, kKeeps };
  explicit HungryHandler(Way way) : way_(way) {}
  void handle(ExchangePtr exchange) override {
    if (way_ == Way::kAnswers) exchange->respond(Response("ok"));
    if (way_ == Way::kKeeps) kept_ = std::move(exchange);
    throw std::bad_alloc();
  }

 private:
  Way way_;
  ExchangePtr kept_;
};

TEST(Http1Memory, ARequestIsAnsweredOnceThoughItsHandlerFindsNoMemory) {
  using Way = HungryHandler::Way;
  struct Case {
    Way way;
    int answers;
    Ending ending;
  };
  for (const Case& one :
       {Case{Way::kAnswers, 1, Ending::kLinger}, Case{Way::kGivesUp, 0, Ending::kAbort},
        Case{Way::kKeeps, 0, Ending::kAbort}}) {
    SCOPED_TRACE(static_cast<int>(one.way));
    ofn::testing::ManualClock clock;
    Loop loop(clock);
    HungryHandler handler(one.way);
    const Limits limits;
    HttpDate date;
    const SessionContext context{handler, limits, date, {}, {}, nullptr};
    MemoryTransport transport(loop, make_session(context));
    bool survives = true;
    try {
      transport.feed(kGet + kGet);
    } catch (const std::bad_alloc&) {
      survives = transport.session().out_of_memory();
    }
    if (!survives)
      transport.session().lost(Error(Code::kResourceExhausted, "as the connection says"));
    std::string written;
    for (bool more = true; more;) {
      more = loop.poll();
      written += transport.take(MemoryTransport::kWhole);
    }
    int answers = 0;
    for (std::size_t at = 0; (at = written.find("HTTP/1.1 ", at)) != std::string::npos; ++at)
      ++answers;
    EXPECT_EQ(answers, one.answers) << written;
    EXPECT_EQ(transport.session().ending(), one.ending);
  }
}

TEST(Http1Memory, WithoutMemoryForWhatFollowsAnAnswerIsSentWhole) {
  Bench bench;
  bench.window = 0;
  bench.handler.answer = std::string(100'000, 'a');
  bench.send(kGet);
  EXPECT_TRUE(bench.session().out_of_memory());  // for what is read ahead
  bench.window = MemoryTransport::kWhole;
  bench.pump();
  EXPECT_EQ(bench.take(), answer("200 OK", bench.handler.answer));
  EXPECT_EQ(bench.session().ending(), Ending::kLinger);
}

TEST(Http1Memory, WhoAnnouncesMuchAndSendsNothingTakesNothing) {
  MemoryAccount bodies(1'500);
  Bench silent({}, &bodies);
  silent.send(with_length(1'000));
  Bench good({}, &bodies);
  good.send(with_length(1'000) + std::string(1'000, 'x'));
  EXPECT_EQ(good.take(), kOk);
}

TEST(Http1Memory, ALargeAnswerIsCountedUntilItWasSent) {
  MemoryAccount bodies(1'000);
  Bench bench({}, &bodies);
  bench.handler.answer = std::string(100'000, 'x');
  bench.window = 0;
  bench.send(kGet);
  EXPECT_GE(bodies.used(), 100'000U);
  EXPECT_TRUE(bodies.exhausted());
  bench.window = 1'000;
  bench.pump();
  EXPECT_EQ(bench.take().size() > 100'000U, true);
  EXPECT_EQ(bodies.used(), 0U);
  {
    Bench lost({}, &bodies);
    lost.handler.answer = bench.handler.answer;
    lost.window = 0;
    lost.send(kGet);
    EXPECT_TRUE(bodies.exhausted());
    lost.transport.lose();
    lost.transport.destroy_session();
    EXPECT_EQ(bodies.used(), 0U);
  }
}

TEST(Http1Memory, AnIdleConnectionKeepsNoBody) {
  MemoryAccount bodies(10'000'000);
  struct Case {
    const char* name;
    std::string request;
    std::string answer;
  };
  const std::string large(1'000'000, 'x');
  const Case cases[] = {
      {"a body", with_length(large.size()) + large, "ok"},
      {"in chunks", kHead + "Transfer-Encoding: chunked\r\n\r\nf4240\r\n" + large + "\r\n0\r\n\r\n",
       "ok"},
      {"a head", "GET / HTTP/1.1\r\nHost: a\r\nX: " + std::string(8'000, 'x') + "\r\n\r\n", "ok"},
      {"an answer", kGet, large},
      {"what was read ahead", kGet + kGet + std::string(kGet) + kGet, "ok"},
  };
  for (const Case& c : cases) {
    Bench bench({}, &bodies);
    bench.handler.answer = c.answer;
    bench.send(c.request);
    EXPECT_TRUE(bench.take().starts_with("HTTP/1.1 200 ")) << c.name;
    EXPECT_TRUE(bench.session().idle()) << c.name;
    EXPECT_EQ(bodies.used(), 0U) << c.name;
  }
}

// The memory is needed elsewhere.
TEST(Http1Memory, ShedItGivesBackWhatItsPeerHolds) {
  struct Case {
    const char* name;
    std::string request;
    std::string answer;  // begins
    Ending ending;
  };
  const Case cases[] = {
      {"a head that does not end", "GET / HTTP/1.1\r\nHost: a\r\nX: " + std::string(8'000, 'x'),
       "HTTP/1.1 503 ", Ending::kLinger},
      {"a body that does not end", with_length(100'000) + std::string(50'000, 'x'), "HTTP/1.1 503 ",
       Ending::kLinger},
      {"an answer that is not read", kGet, "HTTP/1.1 503 ", Ending::kLinger},
      {"the last answer, not read", kHead + "Connection: close\r\n\r\n", "HTTP/1.1 503 ",
       Ending::kLinger},
      {"an answer that is not read, and the next request", kGet + with_length(100'000),
       "HTTP/1.1 503 ", Ending::kLinger},
  };
  for (const Case& c : cases) {
    MemoryAccount bodies(10'000'000);
    Bench bench({}, &bodies);
    bench.handler.answer = std::string(100'000, 'x');
    bench.window = 0;
    bench.send(c.request);
    EXPECT_GT(bench.session().held_by_peer(), 8'000U) << c.name;
    EXPECT_EQ(bench.session().held_by_peer(), bodies.used()) << c.name;
    bench.session().shed();
    EXPECT_EQ(bench.session().held_by_peer(), 0U) << c.name;
    EXPECT_EQ(bodies.used(), 0U) << c.name;
    bench.window = MemoryTransport::kWhole;
    bench.pump();
    EXPECT_TRUE(bench.take().starts_with(c.answer)) << c.name;
    EXPECT_EQ(bench.session().ending(), c.ending) << c.name;
  }
}

// However much of the answers the peer has got: it gets nothing that looks like the rest.
TEST(Http1Memory, AnAnswerThatIsShedInTheMiddleIsCut) {
  for (const std::size_t got : {1U, 50U, 100'000U}) {
    MemoryAccount bodies(10'000'000);
    Bench bench({}, &bodies);
    bench.handler.answer = std::string(200'000, 'x');
    bench.window = 0;
    bench.send(kGet);
    EXPECT_EQ(bench.transport.take(got).size(), got);
    bench.session().shed();
    bench.window = MemoryTransport::kWhole;
    bench.pump();
    EXPECT_EQ(bench.take(), "") << got;
    EXPECT_EQ(bench.session().ending(), Ending::kAbort) << got;
  }
}

// The last piece of a streamed answer waits in an output that was empty before.
TEST(Http1Memory, TheRestOfAStreamedAnswerIsNotReplaced) {
  MemoryAccount bodies(10'000'000);
  Bench bench({}, &bodies);
  bench.handler.keeps = true;
  bench.send(kGet);
  const ExchangePtr exchange = std::move(bench.handler.kept.front());
  exchange->begin(Response(), {}, [] {});
  exchange->write("the beginning");
  bench.pump();
  EXPECT_TRUE(bench.take().contains("the beginning"));
  bench.window = 0;
  exchange->write(std::string(100'000, 'x'));
  exchange->finish({});
  bench.session().shed();
  bench.window = MemoryTransport::kWhole;
  bench.pump();
  EXPECT_EQ(bench.take(), "");
  EXPECT_EQ(bench.session().ending(), Ending::kAbort);
}

TEST(Http1Memory, AnAnswerThatWasShedNeverLooksWhole) {
  MemoryAccount bodies(10'000'000);
  Bench bench({}, &bodies);
  bench.handler.keeps = true;
  bench.window = 0;
  bench.send(kGet);
  const ExchangePtr exchange = std::move(bench.handler.kept.front());
  bool told = false;
  exchange->on_abandoned([&told] { told = true; });
  exchange->begin(Response(), {}, [] {});
  exchange->write(std::string(100'000, 'x'));
  bench.session().shed();
  EXPECT_TRUE(told);
  EXPECT_TRUE(exchange->abandoned());
  exchange->write("the end");
  exchange->finish({});
  bench.window = MemoryTransport::kWhole;
  bench.send(kGet);
  EXPECT_EQ(bench.take(), "");
  EXPECT_EQ(bench.session().ending(), Ending::kAbort);
  EXPECT_LT(bodies.used(), 100U) << "the request's head";
}

TEST(Http1Memory, WhoWaitsForItsFunctionHoldsNothing) {
  MemoryAccount bodies(10'000'000);
  Bench bench({}, &bodies);
  bench.handler.keeps = true;
  bench.send(with_length(100'000) + std::string(100'000, 'x'));
  EXPECT_EQ(bench.session().held_by_peer(), 0U);
  EXPECT_GE(bodies.used(), 100'000U);
}

}  // namespace
}  // namespace ofn::wire::http1
