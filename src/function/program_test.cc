// The author's side of abi.h in a linked program: every supported form is registered by the macro
// in two files, and called through the table.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <ofn/function.h>

#include "function/registry.h"

namespace app {
namespace {

ofn::Response response(const ofn::Request& request) {
  return ofn::Response("response " + std::string(request.body())).status(201);
}
std::string text(const ofn::Request& request) { return "text " + std::string(request.body()); }
std::string_view view(ofn::Request request) { return request.body(); }
const char* literal() { return "literal"; }
const std::string& reference() noexcept {
  static const std::string text = "reference";
  return text;
}
struct Page {
  operator ofn::Response() const { return "page"; }  // NOLINT(google-explicit-constructor)
};
Page convertible() { return {}; }
std::string overloaded(int number) { return std::to_string(number); }
std::string overloaded(const ofn::Request&) { return overloaded(42); }
ofn::Response throwing(const ofn::Request&) { throw std::runtime_error("thrown"); }

std::string seen;  // NOLINT: the event of a function that returns nothing
void event(const ofn::CloudEvent& event) { seen = event.id(); }
ofn::CloudEvent reply(ofn::CloudEvent event) { return event.id("reply"); }
std::optional<ofn::CloudEvent> maybe(const ofn::CloudEvent& event) {
  return event.id().empty() ? std::nullopt : std::optional(event);
}

std::string before_request(ofn::Context& context, const ofn::Request& request) {
  return std::string(context.name()) + " " + std::string(request.body());
}
void background(const ofn::EventData& data, const ofn::EventContext& context) {
  seen = context.event_id() + data.json();
}
void background_values(ofn::EventData data, ofn::EventContext context) {
  background(data, context);
}
void before_background(ofn::Context& host, const ofn::EventData& data,
                       const ofn::EventContext& context) noexcept {
  seen = std::string(host.name()) + context.event_id() + data.json();
}
void before_event(ofn::Context& context, const ofn::CloudEvent& event) {
  seen = std::string(context.name()) + " " + event.id();
}
ofn::Out out(ofn::Context&, ofn::Bytes data) { return ofn::Out::error(std::string(data), 404); }
std::string out_text(ofn::Context& context) { return std::string(context.name()); }
const char* out_literal(ofn::Context&, const ofn::Bytes&) { return "literal"; }
void no_out(ofn::Context&, std::string_view data) noexcept { seen = data; }

}  // namespace
}  // namespace app

OFN_FUNCTION(app::response)
OFN_FUNCTION(app::text)
OFN_FUNCTION(app::view);
OFN_FUNCTION(&app::literal)
OFN_FUNCTION(::app::reference)
OFN_FUNCTION(app::convertible)
OFN_FUNCTION(app::overloaded)
OFN_FUNCTION(app::throwing)
namespace app {
OFN_FUNCTION(event)
}
OFN_FUNCTION(app::reply)
OFN_FUNCTION(app::maybe)
OFN_FUNCTION(app::before_request)
OFN_FUNCTION(app::before_event)
OFN_FUNCTION(app::background)
OFN_FUNCTION(app::background_values)
OFN_FUNCTION(app::before_background)
OFN_FUNCTION(app::out)
OFN_FUNCTION(app::out_text)
OFN_FUNCTION(app::out_literal)
OFN_FUNCTION(app::no_out)
OFN_ROUTE("GET /text", app::text)
OFN_ROUTE("/{id}", app::text);

namespace ofn {
namespace {

Registry own_registry() {
  abi::Program program;
  ofn_program(&program);
  return Registry::of(program).value();
}

TEST(Program, EveryHttpFormAnswers) {
  const Registry registry = own_registry();
  struct Case {
    const char* name;
    const char* body;
  };
  for (const Case& each :
       {Case{"app::response", "response in"}, Case{"app::text", "text in"}, Case{"app::view", "in"},
        Case{"app::literal", "literal"}, Case{"app::reference", "reference"},
        Case{"app::convertible", "page"}, Case{"app::overloaded", "42"},
        Case{"elsewhere::hello", "another file"}}) {
    SCOPED_TRACE(each.name);
    const Function* function = registry.find(each.name);
    ASSERT_NE(function, nullptr);
    EXPECT_EQ(function->signature, Signature::kHttp);
    EXPECT_FALSE(function->takes_context);
    Request::Parts parts;
    parts.body = "in";
    const Request request(parts);
    abi::Outcome outcome;
    function->invoke({.request = &request}, outcome);
    EXPECT_EQ(outcome.response.body(), each.body);
    EXPECT_FALSE(outcome.event);
  }
}

TEST(Program, EveryBackgroundEventFormIsCalled) {
  const Registry registry = own_registry();
  const abi::ContextTable table{};
  const abi::ContextFacts facts{.name = "app"};
  Context context(table, nullptr, facts);
  const BackgroundEvent event{.data = EventData("{}"), .context = EventContext().event_id("1")};
  for (const auto& [name, takes_context, expected] : {std::tuple{"app::background", false, "1{}"},
                                                      {"app::background_values", false, "1{}"},
                                                      {"app::before_background", true, "app1{}"}}) {
    const Function* function = registry.find(name);
    ASSERT_NE(function, nullptr) << name;
    EXPECT_EQ(function->signature, Signature::kEvent);
    EXPECT_EQ(function->takes_context, takes_context);
    app::seen.clear();
    abi::Outcome outcome;
    function->invoke({.background = &event, .context = &context}, outcome);
    EXPECT_EQ(app::seen, expected);
  }
}

TEST(Program, EveryCloudEventFormAnswers) {
  const Registry registry = own_registry();
  const auto call = [&](const char* name, const CloudEvent& event) {
    const Function* function = registry.find(name);
    EXPECT_NE(function, nullptr) << name;
    EXPECT_EQ(function->signature, Signature::kCloudEvent);
    abi::Outcome outcome;
    function->invoke({.event = &event}, outcome);
    return outcome.event;
  };
  const CloudEvent event("1", "/test", "kind");
  EXPECT_EQ(call("event", event), std::nullopt);
  EXPECT_EQ(app::seen, "1");
  EXPECT_EQ(call("app::reply", event)->id(), "reply");
  EXPECT_EQ(call("app::maybe", event), event);
  EXPECT_EQ(call("app::maybe", CloudEvent()), std::nullopt);
}

TEST(Program, EveryFormWithAContextAnswers) {
  const Registry registry = own_registry();
  const abi::ContextTable table{};
  const abi::ContextFacts facts{.name = "fn"};
  Context context(table, nullptr, facts);
  Request::Parts parts;
  parts.body = "in";
  const Request request(parts);
  const CloudEvent event("1", "/test", "kind");
  const auto call = [&](const char* name, Signature signature) {
    const Function* function = registry.find(name);
    EXPECT_NE(function, nullptr) << name;
    EXPECT_EQ(function->signature, signature) << name;
    EXPECT_TRUE(function->takes_context) << name;
    abi::Outcome outcome;
    function->invoke({.request = &request, .event = &event, .context = &context, .data = "in"},
                     outcome);
    return outcome;
  };
  EXPECT_EQ(call("app::before_request", Signature::kHttp).response.body(), "fn in");
  call("app::before_event", Signature::kCloudEvent);
  EXPECT_EQ(app::seen, "fn 1");
  const Out out = call("app::out", Signature::kOpenFunction).out;
  EXPECT_EQ(out.data(), "in");
  EXPECT_EQ(out.code(), 404);
  EXPECT_EQ(call("app::out_text", Signature::kOpenFunction).out.data(), "fn");
  EXPECT_EQ(call("app::out_literal", Signature::kOpenFunction).out.data(), "literal");
  EXPECT_TRUE(call("app::no_out", Signature::kOpenFunction).out.ok());
  EXPECT_EQ(app::seen, "in");
}

TEST(Program, RoutesAreRegistered) {
  const Registry registry = own_registry();
  const Function* function = registry.find("app::text");
  ASSERT_EQ(function->routes.size(), 2U);
  EXPECT_EQ(function->routes[0].text, "GET /text");
  EXPECT_EQ(function->routes[1].text, "/{id}");
  EXPECT_THAT(function->routes[1].place, testing::MatchesRegex(".*program_test.cc:[0-9]+"));
  EXPECT_TRUE(registry.find("app::view")->routes.empty());
}

TEST(Program, WhatAFunctionThrowsReachesTheCaller) {
  const Registry registry = own_registry();
  const Request request({});
  abi::Outcome outcome;
  EXPECT_THROW(registry.find("app::throwing")->invoke({.request = &request}, outcome),
               std::runtime_error);
}

}  // namespace
}  // namespace ofn
