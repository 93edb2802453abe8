#include "typed/openapi.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <set>
#include <string_view>
#include <utility>
#include <vector>

#include "document/json.h"
#include "document/node.h"
#include "typed/type_schemas.h"

namespace ofn {
namespace {

using document::Node;
using SegmentKind = RouteSegment::Kind;

Node yes() { return Node::scalar(Node::Kind::kBool, "true"); }
Node text_schema() { return Node::object({{"type", "string"}}); }
Node content_of(std::string_view media_type, Node schema) {
  return Node::object({{media_type, Node::object({{"schema", std::move(schema)}})}});
}

// The fixed fields of a Path Item (OpenAPI 3.1.0 §4.8.9.1) that a route may have.
constexpr std::array<std::string_view, 8> kMethods = {"GET",   "PUT",     "POST", "DELETE",
                                                      "PATCH", "OPTIONS", "HEAD", "TRACE"};
constexpr std::size_t kUsualMethods = 5;

std::string lower(std::string_view text) {
  std::string result(text);
  std::ranges::transform(result, result.begin(),
                         [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return result;
}

bool has_body(const abi::TypedEnd& end) { return end.type != nullptr || end.media_type != nullptr; }

std::vector<std::string_view> methods_of(const RoutePattern& pattern, const Function& function) {
  if (!pattern.methods.empty()) {
    std::vector<std::string_view> listed;
    for (const std::string_view method : kMethods) {
      if (pattern.lists(method)) listed.push_back(method);
    }
    return listed;
  }
  if (function.signature != Signature::kHttp) return {"POST"};
  if (function.typed != nullptr) return {"GET"};
  return {kMethods.begin(), kMethods.begin() + kUsualMethods};
}

// RFC 3986 §3.3: characters that a part of a path may contain. Braces would be a parameter.
bool is_path_character(char c) {
  return std::isalnum(static_cast<unsigned char>(c)) != 0 ||
         std::string_view("-._~!$&'()*+,;=:@").find(c) != std::string_view::npos;
}

std::string encoded(std::string_view text) {
  constexpr std::string_view kDigits = "0123456789ABCDEF";
  std::string result;
  for (const char c : text) {
    if (is_path_character(c)) {
      result += c;
      continue;
    }
    const auto byte = static_cast<unsigned char>(c);
    result += '%';
    result += kDigits[byte / 16U];
    result += kDigits[byte % 16U];
  }
  return result;
}

// One document while it is made.
class OpenApi {
 public:
  Node paths(const Routes& routes) {
    Node paths = Node::object();
    const auto all = routes.routes();
    // Routes with the same paths are neighbours. They share a Path Item, with the names of the first one's parameters.
    for (auto route = all.begin(); route != all.end();) {
      Node item = Node::object();
      const RoutePattern& pattern = route->pattern;
      const Node parameters = parameters_of(pattern);
      if (!parameters.children().empty()) item.set("parameters", parameters);
      std::set<std::string_view> described;
      for (; route != all.end() && same_paths(route->pattern, pattern); ++route) {
        const Function& function = routes.functions()[route->function];
        const auto methods = methods_of(route->pattern, function);
        for (const std::string_view method : methods) {
          // A route that lists the method comes before one for all methods.
          if (!described.insert(method).second) continue;
          item.set(lower(method), operation(function, method, methods.size()));
        }
      }
      paths.set(path_of(pattern), std::move(item));
    }
    return paths;
  }

  Node components() && {
    Node schemas = std::move(schemas_).definitions();
    Node components = Node::object({{"schemas", std::move(schemas)}});
    if (!refuses_) return components;
    components.set(
        "responses",
        Node::object({{"BadBody",
                       Node::object({{"description",
                                      "The body does not fit, and the answer names each mistake."},
                                     {"content", problem_content()}})}}));
    return components;
  }

 private:
  static std::string path_of(const RoutePattern& pattern) {
    std::string path;
    for (const RouteSegment& segment : pattern.segments) {
      path += '/';
      path +=
          segment.kind == SegmentKind::kLiteral ? encoded(segment.text) : '{' + segment.text + '}';
    }
    return path;
  }

  static Node parameters_of(const RoutePattern& pattern) {
    Node parameters = Node::list();
    for (const RouteSegment& segment : pattern.segments) {
      if (segment.kind == SegmentKind::kLiteral) continue;
      Node parameter = Node::object(
          {{"name", segment.text}, {"in", "path"}, {"required", yes()}, {"schema", text_schema()}});
      if (segment.kind == SegmentKind::kRest)
        parameter.set("description",
                      "The rest of the path, which may contain slashes or be empty.");
      parameters.add(std::move(parameter));
    }
    return parameters;
  }

  Node operation(const Function& function, std::string_view method, std::size_t methods) {
    Node operation = Node::object({{"operationId", id_of(function, method, methods)}});
    if (auto body = request_body(function, method); !body.is(Node::Kind::kNull))
      operation.set("requestBody", std::move(body));
    operation.set("responses", responses(function));
    return operation;
  }

  // Each identifier is unique, also if tools do not see the difference of case.
  std::string id_of(const Function& function, std::string_view method, std::size_t methods) {
    std::string name = function.name;
    std::ranges::replace_if(name, [](unsigned char c) { return std::isalnum(c) == 0; }, '_');
    if (methods > 1) name += '_' + lower(method);
    std::string id = name;
    for (int i = 2; !ids_.insert(lower(id)).second; ++i) id = name + '_' + std::to_string(i);
    return id;
  }

  Node request_body(const Function& function, std::string_view method) {
    if (function.typed != nullptr && has_body(function.typed->argument)) {
      return Node::object({{"required", yes()}, {"content", content(function.typed->argument)}});
    }
    switch (function.signature) {
      case Signature::kCloudEvent:
        return Node::object(
            {{"required", yes()},
             {"description",
              "A CloudEvent 1.0: in structured mode, as a batch, or in binary mode, whose "
              "attributes are header fields."},
             {"content", Node::object({{"application/cloudevents+json",
                                        Node::object({{"schema", event_schema()}})},
                                       {"*/*", Node::object()}})}});
      case Signature::kEvent:
        return Node::object(
            {{"required", yes()},
             {"description", "A background event, or a CloudEvent that converts to one."},
             {"content", content_of("application/json", Node::object({{"type", "object"}}))}});
      default:
        break;
    }
    if (function.typed != nullptr || method == "GET" || method == "HEAD" || method == "DELETE" ||
        method == "OPTIONS" || method == "TRACE")
      return {};
    return Node::object({{"content", Node::object({{"*/*", Node::object()}})}});
  }

  static Node event_schema() {
    return Node::object({{"type", "object"},
                         {"properties", Node::object({{"id", text_schema()},
                                                      {"source", text_schema()},
                                                      {"specversion", text_schema()},
                                                      {"type", text_schema()}})},
                         {"required", Node::list({"id", "source", "specversion", "type"})}});
  }

  Node responses(const Function& function) {
    Node responses = Node::object();
    const auto add = [&responses](std::string_view status, std::string_view description,
                                  Node content) {
      Node response = Node::object({{"description", description}});
      if (!content.is(Node::Kind::kNull)) response.set("content", std::move(content));
      responses.set(status, std::move(response));
    };
    if (function.typed == nullptr) {
      add("2XX", "The function's answer.", Node());
    } else {
      const abi::TypedEnd& result = function.typed->result;
      if (has_body(result)) {
        add(result.has_head ? "2XX" : "200", "The result.", content(result));
      } else {
        add(result.has_head ? "2XX" : "204", "The function has ended.", Node());
      }
      if (result.may_be_none) add("404", "There is no such thing.", problem_content());
      if (has_body(function.typed->argument)) {
        refuses_ = true;
        responses.set("400", Node::object({{"$ref", "#/components/responses/BadBody"}}));
      }
    }
    add("default", "A failure.", problem_content());
    return responses;
  }

  Node content(const abi::TypedEnd& end) {
    return content_of(end.type == nullptr ? end.media_type : "application/json", schemas_.of(end));
  }

  // RFC 9457 for a client that accepts JSON; otherwise text.
  static Node problem_content() {
    Node error = Node::object({{"type", "object"},
                               {"properties", Node::object({{"detail", text_schema()},
                                                            {"path", text_schema()},
                                                            {"pointer", text_schema()}})}});
    Node problem = Node::object(
        {{"type", "object"},
         {"properties", Node::object({{"type", text_schema()},
                                      {"title", text_schema()},
                                      {"status", Node::object({{"type", "integer"}})},
                                      {"detail", text_schema()},
                                      {"errors", Node::object({{"type", "array"},
                                                               {"items", std::move(error)}})}})}});
    return Node::object(
        {{"application/problem+json", Node::object({{"schema", std::move(problem)}})},
         {"text/plain", Node::object({{"schema", text_schema()}})}});
  }

  TypeSchemas schemas_{"#/components/schemas/"};
  std::set<std::string> ids_;
  bool refuses_ = false;
};

}  // namespace

std::string openapi_of(const Routes& routes, const OpenApiFacts& facts) {
  OpenApi openapi;
  Node paths = openapi.paths(routes);
  const Node document =
      Node::object({{"openapi", "3.1.0"},
                    {"info", Node::object({{"title", facts.title}, {"version", facts.version}})},
                    {"paths", std::move(paths)},
                    {"components", std::move(openapi).components()}});
  return document::to_indented_json(document) + "\n";
}

}  // namespace ofn
