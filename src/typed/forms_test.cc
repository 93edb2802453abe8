// The forms of functions whose argument or result is the author's, as the host calls them.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <ofn/function.h>
#include <ofn/typed.h>

#include "typed/json_table.h"
#include "typed/registry_for_test.h"
#include "typed/schema.h"

namespace forms {
namespace {

struct Order {
  std::string item;
};
OFN_FIELDS(Order, item)

Order fixed() { return {"fixed"}; }
std::vector<Order> all(const ofn::Request& request) { return {{std::string(request.path())}}; }
std::optional<Order> one(ofn::Request request) {
  if (request.path() != "/7") return std::nullopt;
  return Order{"seven"};
}
ofn::Json<Order> made(const ofn::Request& request, const Order& order) {
  return ofn::Json(order).status(201).header("Location",
                                             std::string(request.path()) + "/" + order.item);
}
std::optional<ofn::Json<Order>> other_type(ofn::Context&, const ofn::Request&, Order order) {
  if (order.item.empty()) return std::nullopt;
  return ofn::Json(order).content_type("application/vnd.order+json");
}
Order in_context(ofn::Context& context) { return {std::string(context.name())}; }
int both(ofn::Context& context, const ofn::Request& request) {
  return static_cast<int>(context.name().size() + request.path().size());
}
std::string text(const ofn::Request&) { return "a \"text\""; }
ofn::Json<std::string> json_text(const ofn::Request&) { return ofn::Json(std::string("a")); }
}  // namespace
}  // namespace forms

OFN_FUNCTION(forms::fixed)
OFN_FUNCTION(forms::all)
OFN_FUNCTION(forms::one)
OFN_FUNCTION(forms::made)
OFN_FUNCTION(forms::other_type)
OFN_FUNCTION(forms::in_context)
OFN_FUNCTION(forms::both)
OFN_FUNCTION(forms::text)
OFN_FUNCTION(forms::json_text)

namespace ofn {
namespace {

using ::testing::HasSubstr;

struct Asked {
  std::string_view path = "/";
  std::string_view body = {};
  std::string_view accept = {};
};

Response called(const char* name, const Asked& asked) {
  const Registry registry = own_registry();
  const Function* const function = registry.find(name);
  const Field accept{"Accept", asked.accept};
  Request::Parts parts;
  parts.target = asked.path;
  parts.body = asked.body;
  if (!asked.accept.empty()) parts.headers = {&accept, 1};
  Request request(parts);
  const abi::ContextTable table{};
  const abi::ContextFacts facts{.name = "fn"};
  Context context(table, nullptr, facts);
  abi::Outcome outcome;
  const abi::Call call{.request = &request, .context = &context, .json = &json_table()};
  function->invoke(call, outcome);
  return outcome.response;
}

TEST(Forms, Answer) {
  struct Case {
    const char* name;
    Asked asked;
    int status;
    const char* body;
    const char* type;
  };
  for (const Case& each : {
           Case{"forms::fixed", {}, 200, R"({"item":"fixed"})", "application/json"},
           Case{"forms::all", {.path = "/x"}, 200, R"([{"item":"/x"}])", "application/json"},
           Case{"forms::one", {.path = "/7"}, 200, R"({"item":"seven"})", "application/json"},
           Case{"forms::one", {.path = "/8"}, 404, "there is no such thing here\n", nullptr},
           Case{"forms::one",
                {.path = "/8", .accept = "application/json"},
                404,
                R"({"type":"about:blank","title":"Not Found","status":404,)"
                R"("detail":"there is no such thing here"})",
                "application/problem+json"},
           Case{"forms::made",
                {.path = "/orders", .body = R"({"item":"a"})"},
                201,
                R"({"item":"a"})",
                "application/json"},
           Case{"forms::other_type",
                {.body = R"({"item":"a"})"},
                200,
                R"({"item":"a"})",
                "application/vnd.order+json"},
           Case{"forms::other_type",
                {.body = R"({"item":""})"},
                404,
                "there is no such thing here\n",
                nullptr},
           Case{"forms::in_context", {}, 200, R"({"item":"fn"})", "application/json"},
           Case{"forms::both", {.path = "/"}, 200, "3", "application/json"},
           Case{"forms::text", {}, 200, "a \"text\"", nullptr},
           Case{"forms::json_text", {}, 200, "\"a\"", "application/json"},
       }) {
    SCOPED_TRACE(std::string(each.name) + " " + std::string(each.asked.path));
    const Response response = called(each.name, each.asked);
    EXPECT_EQ(response.status(), each.status);
    EXPECT_EQ(response.body(), each.body);
    const std::string* const type = response.find_header("content-type");
    EXPECT_EQ(type == nullptr ? "" : *type, each.type == nullptr ? "" : each.type);
  }
  EXPECT_EQ(*called("forms::made", {.path = "/orders", .body = R"({"item":"a"})"})
                 .find_header("location"),
            "/orders/a");
}

TEST(Forms, AClientThatAcceptsJsonGetsMistakesAsJson) {
  const char* const kText = "$.item: expected a string, found null\n";
  struct Case {
    const char* accept;
    bool is_json;
  };
  for (const Case& each :
       {Case{"", false}, Case{"*/*", false}, Case{"application/json", true},
        Case{"Application/Problem+JSON;q=0.5", true}, Case{"text/html, application/json", false},
        Case{"application/json, text/plain, */*", true}, Case{"text/plain", false},
        Case{",,", false}, Case{"text/html;q=0.5, application/json;q=0.6", true},
        Case{"application/json;q=0.5, text/plain;q=0.6", false},
        Case{"application/json;q=0", false}, Case{"application/vnd.api+json", true}}) {
    SCOPED_TRACE(each.accept);
    const Response response =
        called("forms::made", {.body = R"({"item":null})", .accept = each.accept});
    EXPECT_EQ(response.status(), 400);
    EXPECT_EQ(response.body() == kText, !each.is_json);
    if (!each.is_json) continue;
    EXPECT_EQ(
        response.body(),
        R"({"type":"about:blank","title":"Bad Request","status":400,)"
        R"("detail":"$.item: expected a string, found null",)"
        R"("errors":[{"detail":"expected a string, found null","path":"$.item","pointer":"#/item"}]})");
  }
}

TEST(Forms, TheSignatureDecidesTheMethods) {
  const Registry registry = own_registry();
  EXPECT_EQ(registry.find("forms::made")->signature, Signature::kTyped);
  for (const char* name : {"forms::fixed", "forms::all", "forms::one", "forms::in_context",
                           "forms::both", "forms::text", "forms::json_text"})
    EXPECT_EQ(registry.find(name)->signature, Signature::kHttp) << name;
  const std::string schema = schema_of(registry.functions());
  EXPECT_THAT(schema, HasSubstr("\"forms::all\""));
  EXPECT_EQ(schema.find("\"forms::text\""), std::string::npos);
}

class JsonTexts : public ::testing::Test {
 protected:
  JsonTexts() { internal::host_slot = &host_; }
  ~JsonTexts() override { internal::host_slot = nullptr; }

 private:
  abi::Host host_{.json = &json_table()};
};

TEST_F(JsonTexts, AreWrittenAndRead) {
  EXPECT_EQ(to_json(forms::Order{"a"}), R"({"item":"a"})");
  EXPECT_EQ(from_json<std::vector<forms::Order>>(R"([{"item":"b"}])").at(0).item, "b");
  EXPECT_EQ(to_json(std::string("\n")), R"("\n")");
  try {
    (void)from_json<forms::Order>(R"({"item":1})");
    FAIL() << "it reads a number";
  } catch (const BadInput& error) {
    EXPECT_STREQ(error.what(), "$.item: expected a string, found the number 1");
  }
}

TEST_F(JsonTexts, WholeEvents) {
  const CloudEvent event =
      CloudEvent("1", "/source", "type").datacontenttype("application/json").data(R"({"a":1})");
  const std::string text = to_json(event);
  EXPECT_THAT(text, HasSubstr(R"("data":{"a":1})"));
  EXPECT_EQ(from_json<CloudEvent>(text), event);
  EXPECT_THROW((void)from_json<CloudEvent>("{}"), BadInput);
  EXPECT_THROW((void)to_json(CloudEvent()), std::runtime_error);
}

TEST(JsonTextsAlone, AreALogicErrorThatSaysWhatToDo) {
  try {
    (void)to_json(1);
    FAIL() << "there is no host";
  } catch (const std::logic_error& error) {
    EXPECT_THAT(error.what(), HasSubstr("serve it with functions-framework, or call ofn::run"));
  }
}

}  // namespace
}  // namespace ofn
