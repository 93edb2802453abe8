// The forms of functions whose argument or result is the author's: what a client gets of each.
#include <optional>
#include <string>
#include <vector>

#include <ofn/function.h>
#include <ofn/testing/gtest.h>
#include <ofn/typed.h>

namespace {

using namespace ofn::testing;  // NOLINT(google-build-using-namespace): as an author writes it
using ::testing::HasSubstr;
using ::testing::Not;

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

const Options kOptions{.context = "name: fn\nruntime: Knative\n"};
const std::vector<ofn::Header> kWantsJson = {{"Accept", "application/json"}};

TEST(Forms, Answer) {
  struct Case {
    const char* name;
    Result (*invoked)(const Call&, const Options&);
    Call call;
    int status;
    const char* body;
    const char* type;
  };
  constexpr const char* kNothing = "there is no such thing here\n";
  constexpr const char* kJson = "application/json";
  constexpr const char* kText = "text/plain; charset=utf-8";
  for (const Case& each : std::vector<Case>{
           {"fixed", invoke<fixed>, {}, 200, R"({"item":"fixed"})", kJson},
           {"all", invoke<all>, {.target = "/x"}, 200, R"([{"item":"/x"}])", kJson},
           {"one", invoke<one>, {.target = "/7"}, 200, R"({"item":"seven"})", kJson},
           {"one", invoke<one>, {.target = "/8"}, 404, kNothing, kText},
           {"one",
            invoke<one>,
            {.target = "/8", .fields = kWantsJson},
            404,
            R"({"type":"about:blank","title":"Not Found","status":404,)"
            R"("detail":"there is no such thing here"})",
            "application/problem+json"},
           {"made",
            invoke<made>,
            {.method = "POST", .target = "/orders", .body = R"({"item":"a"})"},
            201,
            R"({"item":"a"})",
            kJson},
           {"made", invoke<made>, {.method = "GET"}, 405, "allowed here: POST\n", kText},
           {"other_type",
            invoke<other_type>,
            {.method = "POST", .body = R"({"item":"a"})"},
            200,
            R"({"item":"a"})",
            "application/vnd.order+json"},
           {"other_type",
            invoke<other_type>,
            {.method = "POST", .body = R"({"item":""})"},
            404,
            kNothing,
            kText},
           {"in_context", invoke<in_context>, {}, 200, R"({"item":"fn"})", kJson},
           {"both", invoke<both>, {}, 200, "3", kJson},
           {"text", invoke<text>, {}, 200, "a \"text\"", kText},
           {"json_text", invoke<json_text>, {}, 200, "\"a\"", kJson},
       }) {
    SCOPED_TRACE(std::string(each.name) + " " + each.call.method + " " + each.call.target);
    const Result result = each.invoked(each.call, kOptions);
    EXPECT_THAT(result, HasStatus(each.status));
    EXPECT_THAT(result, HasBody(each.body));
    EXPECT_THAT(result, HasField("content-type", each.type));
  }
  EXPECT_THAT(
      invoke<made>({.method = "POST", .target = "/orders", .body = R"({"item":"a"})"}, kOptions),
      HasField("location", "/orders/a"));
}

TEST(Forms, AClientThatAcceptsJsonGetsMistakesAsJson) {
  struct Case {
    const char* accept;
    bool is_json;
  };
  Program program = Program::of<made>();
  for (const Case& each :
       {Case{"", false}, Case{"*/*", false}, Case{"application/json", true},
        Case{"Application/Problem+JSON;q=0.5", true}, Case{"text/html, application/json", false},
        Case{"application/json, text/plain, */*", true}, Case{"text/plain", false},
        Case{",,", false}, Case{"text/html;q=0.5, application/json;q=0.6", true},
        Case{"application/json;q=0.5, text/plain;q=0.6", false},
        Case{"application/json;q=0", false}, Case{"application/vnd.api+json", true}}) {
    SCOPED_TRACE(each.accept);
    std::vector<ofn::Header> fields;
    if (*each.accept != '\0') fields.push_back({"Accept", each.accept});
    const Result result =
        program.call({.method = "POST", .fields = fields, .body = R"({"item":null})"});
    EXPECT_THAT(result, HasStatus(400));
    EXPECT_THAT(
        result,
        HasBody(
            each.is_json
                ? R"({"type":"about:blank","title":"Bad Request","status":400,)"
                  R"("detail":"$.item: expected a string, found null",)"
                  R"("errors":[{"detail":"expected a string, found null","path":"$.item","pointer":"#/item"}]})"
                : "$.item: expected a string, found null\n"));
  }
}

TEST(Forms, OnlyJsonIsDescribed) {
  EXPECT_THAT(Program::of<all>().openapi(), HasSubstr("application/json"));
  EXPECT_THAT(Program::of<text>().openapi(), Not(HasSubstr("application/json")));
}

}  // namespace
