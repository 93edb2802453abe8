// Sessions over time: what times out, who is lost, what drains, what takes over.
#include <array>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "wire/http1/session_bench_for_test.h"

namespace ofn::wire::http1 {
namespace {

using namespace session_bench;
using namespace std::chrono_literals;
using namespace std::string_literals;

TEST(Http1Session, TimesOut) {
  const std::string head = "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\n";
  {  // A head: from its first byte to its last, however it drips.
    Bench bench;
    bench.wait(30s);
    for (const char c : "GET / HTT"s) {
      bench.send({&c, 1});
      bench.wait(1s);
    }
    EXPECT_EQ(bench.session().ending(), Ending::kOpen);
    bench.wait(1s);
    EXPECT_TRUE(bench.take().starts_with("HTTP/1.1 408 Request Timeout\r\n"));
    EXPECT_EQ(bench.session().ending(), Ending::kLinger);
  }
  {  // A body: between two pieces.
    Bench bench;
    bench.send(head);
    for (int i = 0; i < 4; ++i) {
      bench.wait(9s);
      bench.send("x");
    }
    EXPECT_EQ(bench.session().ending(), Ending::kOpen);
    bench.wait(10s);
    EXPECT_TRUE(bench.take().starts_with("HTTP/1.1 408 "));
    EXPECT_EQ(bench.session().ending(), Ending::kLinger);
    EXPECT_TRUE(bench.handler.seen.empty());
  }
  {  // Unfinished chunks.
    Bench bench;
    bench.send("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhel");
    bench.wait(10s);
    EXPECT_TRUE(bench.take().starts_with("HTTP/1.1 408 "));
  }
  for (const std::string& before : {""s, kGet, kGet + "\r\n", "\r\n"s}) {  // Idle: silently.
    Bench bench;
    bench.send(before);
    bench.take();
    bench.wait(74s);
    EXPECT_EQ(bench.session().ending(), Ending::kOpen);
    bench.wait(1s);
    EXPECT_EQ(bench.take(), "");
    EXPECT_EQ(bench.session().ending(), Ending::kLinger);
  }
  {  // The time of one request is not taken from the next.
    Bench bench;
    bench.send("GET / HT");
    bench.wait(9s);
    bench.send("TP/1.1\r\nHost: a\r\n\r\n");
    bench.wait(60s);
    bench.send("GET");
    bench.wait(9s);
    EXPECT_EQ(bench.session().ending(), Ending::kOpen);
    bench.wait(1s);
    EXPECT_EQ(bench.session().ending(), Ending::kLinger);
  }
}

TEST(Http1Session, IsNotIdleWhileThePeerTakesAnAnswer) {
  Bench bench;
  bench.handler.answer = std::string(100'000, 'x');
  bench.window = 0;
  bench.send(kGet);
  bench.handler.answer = "ok\n";
  bench.send(kGet);  // read, and kept until the first answer is on its way
  bench.wait(80s);
  EXPECT_EQ(bench.session().ending(), Ending::kOpen);
  bench.window = MemoryTransport::kWhole;
  bench.pump();
  EXPECT_TRUE(bench.take().ends_with(
      "x" +
      kOk.substr(0, kOk.find("Date")).append("Date: Mon, 01 Jan 2024 00:01:20 GMT\r\n\r\nok\n")));
  bench.wait(74s);
  EXPECT_EQ(bench.session().ending(), Ending::kOpen);
  bench.wait(1s);
  EXPECT_EQ(bench.session().ending(), Ending::kLinger);
}

TEST(Http1Session, AnswersAPeerThatOnlyListens) {
  {
    Bench bench;
    bench.end_input();
    EXPECT_EQ(bench.session().ending(), Ending::kLinger);
    EXPECT_EQ(bench.take(), "");
  }
  {
    Bench bench;
    bench.handler.keeps = true;
    int warned = 0;
    bench.send(kGet + kGet);
    bench.handler.kept[0]->on_abandoned([&] { ++warned; });
    bench.end_input();
    EXPECT_EQ(warned, 1);
    EXPECT_FALSE(bench.handler.kept[0]->abandoned());
    bench.handler.keeps = false;
    bench.handler.kept[0]->respond(Response("ok\n"));
    bench.pump();
    EXPECT_EQ(bench.handler.seen.size(), 2u);
    EXPECT_TRUE(bench.take().starts_with(kOk + "HTTP/1.1 200 OK\r\n"));
    EXPECT_EQ(bench.session().ending(), Ending::kLinger);
  }
  for (const std::string& begun :
       {"GET"s, "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhel"s}) {
    Bench bench;
    bench.send(begun);
    bench.end_input();
    EXPECT_TRUE(bench.take().starts_with("HTTP/1.1 408 "));
    EXPECT_EQ(bench.session().ending(), Ending::kLinger);
  }
}

TEST(Http1Session, TellsTheHandlerOfALostPeer) {
  Bench bench;
  bench.handler.keeps = true;
  bool told = false;
  bench.send(kGet);
  bench.handler.kept[0]->on_abandoned([&] { told = true; });
  bench.transport.lose();
  EXPECT_TRUE(told);
  EXPECT_TRUE(bench.handler.kept[0]->abandoned());
  bench.transport.destroy_session();
  EXPECT_EQ(bench.handler.kept[0]->request().method, "GET");
  bench.handler.kept[0]->respond(Response("nobody reads this"));
}

TEST(Http1Session, OutlivedByItsExchanges) {
  for (const bool answers : {false, true}) {
    Bench bench;
    bench.handler.keeps = true;
    bench.send(kGet);
    if (answers) bench.handler.kept[0]->respond(Response("x"));
    bench.transport.destroy_session();
    EXPECT_EQ(bench.handler.kept[0]->abandoned(), !answers);
    EXPECT_EQ(bench.handler.kept[0]->request().target, "/");
  }
  {  // Released by the very callback.
    Bench bench;
    bench.handler.keeps = true;
    bench.send(kGet);
    bench.handler.kept[0]->on_abandoned([&] { bench.handler.kept.clear(); });
    bench.transport.destroy_session();
    EXPECT_TRUE(bench.handler.kept.empty());
  }
}

TEST(Http1Session, AbortsWhenAnExchangeIsDropped) {
  Bench bench;
  bench.handler.keeps = true;
  bench.send(kGet);
  bench.handler.kept.clear();
  bench.pump();
  EXPECT_EQ(bench.take(), "");
  EXPECT_EQ(bench.session().ending(), Ending::kAbort);
}

TEST(Http1Session, Drains) {
  {
    Bench bench;
    bench.session().drain();
    EXPECT_EQ(bench.session().ending(), Ending::kClose);
  }
  {  // Between two requests nothing is left to be read: nobody waits for the peer to close.
    Bench bench;
    bench.send(kGet);
    bench.session().drain();
    EXPECT_EQ(bench.session().ending(), Ending::kClose);
  }
  {  // What is still being written is, and the peer gets to read it.
    Bench bench;
    bench.window = 10;
    bench.transport.feed(kGet);
    bench.loop.run_ready();
    bench.session().drain();
    EXPECT_EQ(bench.session().ending(), Ending::kLinger);
  }
  {
    Bench bench;
    bench.handler.keeps = true;
    bench.send(kGet);
    bench.session().drain();
    EXPECT_EQ(bench.session().ending(), Ending::kOpen);
    bench.handler.kept[0]->respond(Response("ok\n"));
    bench.pump();
    EXPECT_EQ(bench.take(), kOkClose);
    EXPECT_EQ(bench.session().ending(), Ending::kLinger);
  }
  {  // What has been read is served: the peer cannot take it back any more.
    Bench bench;
    bench.handler.keeps = true;
    bench.send(kGet + kGet);
    bench.session().drain();
    for (std::size_t i = 0; i < 2; ++i) {
      ASSERT_EQ(bench.handler.kept.size(), i + 1);
      bench.handler.kept[i]->respond(Response("ok\n"));
      bench.pump();
    }
    EXPECT_EQ(bench.take(), kOk + kOkClose);
  }
  {
    Bench bench;
    bench.send("GET / HTTP/1.1\r\n");
    bench.session().drain();
    EXPECT_EQ(bench.session().ending(), Ending::kOpen);
    bench.send("Host: a\r\n\r\n");
    EXPECT_EQ(bench.take(), kOkClose);
  }
}

// The server will soon stop: it serves what comes, and asks the client to connect to somebody else.
TEST(Http1Session, Retires) {
  {  // An idle connection stays: the client may be sending a request at this moment.
    Bench bench;
    bench.send(kGet);
    bench.session().retire();
    bench.pump();
    EXPECT_EQ(bench.session().ending(), Ending::kOpen);
    EXPECT_EQ(bench.take(), kOk);
    bench.send(kGet);
    EXPECT_EQ(bench.take(), kOkClose);
    EXPECT_EQ(bench.session().ending(), Ending::kLinger);
  }
  {  // So does one that has served nothing yet.
    Bench bench;
    bench.session().retire();
    EXPECT_EQ(bench.session().ending(), Ending::kOpen);
    bench.send(kGet);
    EXPECT_EQ(bench.take(), kOkClose);
  }
  {  // Pipelined requests that have arrived are served; the last answer says that it is the last.
    Bench bench;
    bench.handler.keeps = true;
    bench.send(kGet + kGet);
    bench.session().retire();
    for (std::size_t i = 0; i < 2; ++i) {
      ASSERT_EQ(bench.handler.kept.size(), i + 1);
      bench.handler.kept[i]->respond(Response("ok\n"));
      bench.pump();
    }
    EXPECT_EQ(bench.take(), kOk + kOkClose);
  }
}

TEST(Http1Session, UpgradesToH2c) {
  const std::string fields = "Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\n";
  const std::string request = "POST /u HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n" + fields +
                              "HTTP2-Settings: AAMAAABk\r\n\r\nhi";
  std::string received;
  const auto make = [&](std::string_view settings, const Message& message) {
    EXPECT_EQ(settings, "AAMAAABk");
    EXPECT_EQ(message.target, "/u");
    EXPECT_EQ(message.body, "hi");
    return std::make_unique<FakeSession>(received);
  };
  for (std::size_t cut = 0; cut < request.size(); ++cut) {
    Bench bench;
    bench.context.upgrade = make;
    bench.transport.feed(request.substr(0, cut));
    bench.transport.feed(request.substr(cut) + "PRI *");
    EXPECT_FALSE(bench.session().wants_input());
    EXPECT_EQ(received, "");
    bench.pump();
    EXPECT_EQ(bench.take(),
              "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n");
    EXPECT_EQ(std::exchange(received, {}), "PRI *");
    EXPECT_TRUE(bench.handler.seen.empty());
  }
  {  // Nobody can make it, or the settings are bad: a plain request.
    Bench bench;
    bench.send(request);
    EXPECT_EQ(bench.take(), kOk);
    bench.context.upgrade = [](std::string_view, const Message&) { return nullptr; };
    bench.send(request);
    EXPECT_EQ(bench.take(), kOk);
    bench.context.upgrade = make;
    bench.send("GET / HTTP/1.1\r\nHost: a\r\n" + fields + "HTTP2-Settings: AAM\r\n\r\n");
    EXPECT_EQ(bench.take(), kOk);
  }
}

TEST(Refusal, CarriesTheIdThatWasLogged) {
  Bench bench;
  std::vector<std::string> refused;
  bench.context.refused = [&](Transport& transport, const Refused& refusal) {
    refused.push_back(std::to_string(refusal.status) + " " + std::string(refusal.reason));
    return RequestId::of({}, transport.loop().random());
  };
  bench.send("GET / HTTP/1.1\r\n\r\n");
  const std::string answer = bench.take();
  ASSERT_EQ(refused.size(), 1U);
  EXPECT_TRUE(refused[0].starts_with("400 ")) << refused[0];
  EXPECT_NE(answer.find("\r\nX-Request-Id: "), std::string::npos) << answer;
}

}  // namespace
}  // namespace ofn::wire::http1
