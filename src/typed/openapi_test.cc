#include "typed/openapi.h"

#include <optional>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include <ofn/typed.h>

#include "document/json.h"

namespace ofn {
namespace {

using document::Node;

struct Order {
  std::string item;
  std::optional<std::string> note;
};
OFN_FIELDS(Order, (item, ofn::pattern<"^[a-z]+$">), note)

Order save(const Order& order) { return order; }
std::optional<Order> find(const Request&) { return std::nullopt; }
Json<Order> create(const Request&, const Order& order) { return Json(order); }
void erase(const Order&) {}

template <auto kFunction>
Function function_of(std::string name, std::vector<std::string> routes = {}) {
  using F = internal::Form<std::remove_const_t<decltype(kFunction)>>;
  Function function{.name = std::move(name), .signature = F::kSignature, .typed = &F::kTyped};
  for (std::string& route : routes) function.routes.push_back({std::move(route), "a.cc:1"});
  return function;
}

Node document_of(std::vector<Function> functions) {
  const auto routes = Routes::of(std::move(functions));
  EXPECT_TRUE(routes) << routes.error().message();
  const std::string text = openapi_of(*routes, {.title = "shop", .version = "1.2"});
  const auto parsed = document::parse_json(text);
  EXPECT_TRUE(parsed) << text;
  return parsed->root;
}

// Returns the JSON at that place, whose parts stand after blanks; "none" if there is none.
std::string at(const Node& document, std::string_view place) {
  const Node* node = &document;
  while (!place.empty()) {
    const std::string_view part = place.substr(0, place.find(' '));
    place.remove_prefix(std::min(part.size() + 1, place.size()));
    node = node->find(part);
    if (node == nullptr) return "none";
  }
  return document::to_json(*node);
}

TEST(OpenApi, WhatIsSaidOfAFunction) {
  const Node document = document_of({
      function_of<&save>("save", {"PUT /orders/{id}"}),
      function_of<&find>("find", {"/orders/{key}", "/a%20b/{rest...}"}),
      function_of<&create>("app::create", {"POST,PATCH /orders"}),
      function_of<&erase>("erase"),
  });
  struct Row {
    const char* place;
    const char* json;
  };
  for (
      const Row& row : {
          Row{"openapi", R"("3.1.0")"},
          Row{"info", R"({"title":"shop","version":"1.2"})"},
          // The first route's names count for all.
          Row{"paths /orders/{id} parameters",
              R"([{"name":"id","in":"path","required":true,"schema":{"type":"string"}}])"},
          Row{"paths /orders/{id} put operationId", R"("save")"},
          Row{"paths /orders/{id} put requestBody",
              R"({"required":true,"content":{"application/json":{"schema":{"$ref":"#/components/schemas/Order"}}}})"},
          Row{"paths /orders/{id} put responses 200 content application/json",
              R"({"schema":{"$ref":"#/components/schemas/Order"}})"},
          Row{"paths /orders/{id} put responses 404", "none"},
          Row{"paths /orders/{id} put responses 400",
              R"({"$ref":"#/components/responses/BadBody"})"},
          Row{"paths /orders/{id} get operationId", R"("find_2")"},
          Row{"paths /orders/{id} get requestBody", "none"},
          Row{"paths /orders/{id} get responses 404 description", R"("There is no such thing.")"},
          Row{"paths /orders/{id} post", "none"},
          Row{"paths /a%20b/{rest} get operationId", R"("find")"},
          Row{"paths /orders post operationId", R"("app__create_post")"},
          Row{"paths /orders patch operationId", R"("app__create_patch")"},
          Row{"paths /orders post responses 2XX description", R"("The result.")"},
          Row{"paths /erase post responses 204 description", R"("The function has ended.")"},
          Row{"components schemas Order properties item",
              R"({"type":"string","pattern":"^[a-z]+$"})"},
      })
    EXPECT_EQ(at(document, row.place), row.json) << row.place;
}

TEST(OpenApi, FunctionsWithoutATypeOfTheAuthors) {
  struct Row {
    Signature signature;
    std::string_view methods;
  };
  for (const Row& row :
       {Row{Signature::kHttp, "get put post delete patch "}, Row{Signature::kCloudEvent, "post "},
        Row{Signature::kEvent, "post "}, Row{Signature::kOpenFunction, "post "}}) {
    const Node document = document_of({{.name = "f", .signature = row.signature}});
    std::string methods;
    for (const Node& member : document.find("paths")->find("/{path}")->children()) {
      if (member.key() != "parameters") methods += member.key() + " ";
    }
    EXPECT_EQ(methods, row.methods);
  }
}

}  // namespace
}  // namespace ofn
