#include "serving/front.h"

#include <optional>
#include <string>
#include <utility>

#include <gtest/gtest.h>

namespace ofn {
namespace {

// Answers with its own name.
class NamedHandler final : public wire::Handler {
 public:
  explicit NamedHandler(std::string name) : name_(std::move(name)) {}
  void handle(wire::ExchangePtr exchange) override { exchange->respond(Response(name_)); }
  std::optional<Response> refuse_call(const wire::Message&) override { return Response(name_); }

 private:
  std::string name_;
};

// An exchange that keeps its answer's body.
class KeptExchange final : public wire::Exchange {
 public:
  KeptExchange(std::string_view target, std::string& answer) : answer_(answer) {
    message_.target = target;
  }
  const wire::Message& request() const override { return message_; }
  bool hold(std::size_t /*bytes*/) override { return true; }
  void respond(Response&& response, std::span<const Field>, std::span<const Field>) override {
    answer_ = response.body();
  }
  void begin(Response, std::span<const Field>, std::function<void()>) override {}
  void write(std::string_view) override {}
  std::size_t unsent() const override { return 0; }
  void finish(std::span<const Field>) override {}
  void abort() override {}
  bool abandoned() const override { return false; }
  void on_abandoned(std::function<void()>) override {}
  Loop& loop() override { std::abort(); }

 private:
  void release() override { delete this; }

  wire::Message message_;
  std::string& answer_;
};

TEST(Front, GivesEachRequestToTheFirstDoorThatWantsIt) {
  NamedHandler health("health");
  NamedHandler callbacks("callbacks");
  NamedHandler requests("requests");
  const auto begins = [](const char* prefix) {
    return [prefix](const wire::Message& message) { return message.target.starts_with(prefix); };
  };
  Front front({{.wants = begins("/a/health"), .handler = health},
               {.wants = begins("/a"), .handler = callbacks},
               {.wants = {}, .handler = requests}});
  const struct {
    const char* target;
    const char* answer;
  } cases[] = {{"/a/health", "health"}, {"/a/other", "callbacks"}, {"/b", "requests"}};
  for (const auto& [target, answer] : cases) {
    std::string got;
    front.handle(wire::ExchangePtr(new KeptExchange(target, got)));
    EXPECT_EQ(got, answer);
    wire::Message head;
    head.target = target;
    EXPECT_EQ(front.refuse_call(head)->body(), answer) << "the same door refuses";
  }
}

TEST(FrontDeathTest, TheLastDoorTakesEveryRequest) {
  NamedHandler handler("handler");
  EXPECT_DEATH(Front({{.wants = [](const wire::Message&) { return true; }, .handler = handler}}),
               "");
  EXPECT_DEATH(Front({}), "");
}

}  // namespace
}  // namespace ofn
