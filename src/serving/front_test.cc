#include "serving/front.h"

#include <optional>
#include <string>
#include <utility>

#include <gtest/gtest.h>

#include "testing/manual_clock.h"
#include "wire/exchange_for_test.h"

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

TEST(Front, GivesEachRequestToTheFirstDoorThatWantsIt) {
  testing::ManualClock clock;
  Loop loop(clock);
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
    wire::FakeAnswer got;
    front.handle(wire::ExchangePtr(new wire::FakeExchange(loop, got, {.target = target})));
    EXPECT_EQ(got.body, answer);
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
