#include "check/code_names.h"

#include <string>
#include <string_view>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "check/code_tokens.h"

namespace ofn::check {
namespace {

using testing::ElementsAreArray;
using testing::IsSupersetOf;
using Kind = CodeName::Kind;

std::string joined_tokens(std::string_view source) {
  std::string text;
  for (const Token& token : code_tokens(source)) {
    const bool is_string = token.kind == Token::Kind::kString;
    text += (text.empty() ? "" : " ") + (is_string ? '"' + token.text + '"' : token.text);
  }
  return text;
}

TEST(CodeTokens, AreWordsSignsAndLiterals) {
  struct Case {
    std::string_view source;
    std::string_view tokens;
  };
  for (const Case& each : {
           Case{"a->b(c::d, 12'000u, 'x')", "a -> b ( c :: d , 12'000u , 'x' )"},
           Case{"\"a\" /* b */ \"c\" // d\n x", "\"ac\" x"},
           Case{R"cpp(R"(a "b" \n)"
                      u8"c"
                      LR"x(d)x")cpp",
                R"("a "b" \ncd")"},
           Case{R"("a\"b\\" c)", R"("a"b\" c)"},
           Case{"#define A \"x\" \\\n  \"y\"\nb", "b"},
           Case{"a\n  #if 0\n b\n #if 1\n c\n #endif\n d\n#endif\ne", "a e"},
           Case{"#if 0\na\n#else\nb\n#endif", "b"},
           Case{"'\"' a '\\'' b", "'\"' a '\\'' b"},
           Case{"f(\"unclosed\n, g", "f ( \"unclosed\" , g"},
           Case{"R\"unclosed", "\"unclosed\""},
           Case{"a # b", "a # b"},
           Case{"", ""},
       }) {
    EXPECT_EQ(joined_tokens(each.source), each.tokens) << each.source;
  }
}

TEST(CodeTokens, KnowTheirPlaces) {
  const std::string_view source = "x(u8\"a\" \"b\", y)";
  const std::vector<Token> tokens = code_tokens(source);
  EXPECT_EQ(source.substr(tokens[2].begin, tokens[2].end - tokens[2].begin), "u8\"a\" \"b\"");
}

struct Case {
  std::string_view code;
  Kind kind;
  std::vector<std::string> names;
  bool sends_to_all = false;
  bool has_other_outputs = false;
};

TEST(CodeNames, AreLiteralsOfCallsAndMacros) {
  const std::string begin = "void f(ofn::Context& context, ofn::Bytes data) {";
  const std::vector<Case> cases = {
      {.code = "context.send(\"files\", data);", .kind = Kind::kOutput, .names = {"files"}},
      {.code = "co_await context.async_send(\"files\", data);",
       .kind = Kind::kOutput,
       .names = {"files"}},
      {.code = "context.send_all(\"files\", items);", .kind = Kind::kOutput, .names = {"files"}},
      {.code = "context.send(\"fi\" \"les\", f(a, b), {.metadata = {{\"a\", \"b\"}}});",
       .kind = Kind::kOutput,
       .names = {"files"}},
      {.code = "context.send(R\"(files)\", data);", .kind = Kind::kOutput, .names = {"files"}},
      {.code = "// context.send(\"no\", data);\n/* context.send(\"no\", data); */",
       .kind = Kind::kOutput,
       .names = {}},
      {.code = "log(\"context.send(\\\"no\\\", data)\");", .kind = Kind::kOutput, .names = {}},
      {.code = "context.send(data);", .kind = Kind::kOutput, .names = {}, .sends_to_all = true},
      {.code = "context.send(\"the data\");",
       .kind = Kind::kOutput,
       .names = {},
       .sends_to_all = true},
      {.code = "context.send(f(a, b));", .kind = Kind::kOutput, .names = {}, .sends_to_all = true},
      {.code = "context.send(name, data);",
       .kind = Kind::kOutput,
       .names = {},
       .has_other_outputs = true},
      {.code = "context.send(a ? \"x\" : \"y\", data);",
       .kind = Kind::kOutput,
       .names = {},
       .has_other_outputs = true},
      {.code = "other.send(\"files\", data);",
       .kind = Kind::kOutput,
       .names = {},
       .has_other_outputs = true},
      {.code = "constexpr std::string_view kFiles = \"files\"; context.send(kFiles, data);",
       .kind = Kind::kOutput,
       .names = {"files"}},
      {.code = "constexpr char kFiles[] = \"files\"; context.send(names::kFiles, data);",
       .kind = Kind::kOutput,
       .names = {"files"}},
      {.code = "const std::string files{\"files\"}; context.send(files, data);",
       .kind = Kind::kOutput,
       .names = {"files"}},
      {.code = "name = \"a\"; name = \"b\"; context.send(name, data);",
       .kind = Kind::kOutput,
       .names = {},
       .has_other_outputs = true},
      {.code = "const ofn::SendAll all{.output = \"files\", .items = items};",
       .kind = Kind::kOutput,
       .names = {"files"}},
      {.code = "context.get_state(\"visits\", key); context.get_state_as<std::map<int, "
               "int>>(\"counts\", key);",
       .kind = Kind::kState,
       .names = {"visits", "counts"}},
      {.code = "context.save_state(\"visits\", {.key = \"k\"}); context.delete_state({.store = "
               "\"old\"});",
       .kind = Kind::kState,
       .names = {"visits", "old"}},
      {.code = "const ofn::GetState get{.store = \"visits\", .key = \"a\"};",
       .kind = Kind::kState,
       .names = {"visits"}},
      {.code = "const ofn::GetSecret get{.store = \"vault\", .key = \"a\"};",
       .kind = Kind::kState,
       .names = {}},
      {.code = "context.get_secret(\"vault\", \"key\"); context.get_secrets({.store = \"safe\"});",
       .kind = Kind::kSecretStore,
       .names = {"vault", "safe"}},
      {.code = "other.get_secret(\"vault\", \"key\");", .kind = Kind::kSecretStore, .names = {}},
      {.code = "context.plugin<Greet>(\"greet\");", .kind = Kind::kUsedPlugin, .names = {"greet"}},
      {.code = "} OFN_PLUGIN(Greet, \"greet\", \"1\") OFN_REQUIRED_PLUGIN(Map<int, int>, \"map\", "
               "\"1\") {",
       .kind = Kind::kHook,
       .names = {"greet", "map"}},
      {.code = "} OFN_FUNCTION(hello) OFN_FUNCTION(app::bye) {",
       .kind = Kind::kFunction,
       .names = {"hello", "app::bye"}},
      {.code = "} OFN_ROUTE(\"GET /\", hello, ofn::timeout(5s)) {",
       .kind = Kind::kRoute,
       .names = {"GET /"}},
  };
  for (const Case& each : cases) {
    const CodeNames found = code_names(begin + std::string(each.code) + "}");
    std::vector<std::string> names;
    for (const CodeName* name : found.of(each.kind)) names.push_back(name->name);
    EXPECT_THAT(names, ElementsAreArray(each.names)) << each.code;
    EXPECT_EQ(found.sends_to_all, each.sends_to_all) << each.code;
    EXPECT_EQ(found.has_other_outputs, each.has_other_outputs) << each.code;
  }
}

TEST(CodeNames, FunctionsMayBeTargets) {
  const CodeNames names = code_names(
      "namespace app { ofn::Response hello(const ofn::Request&) { return {}; } }\n"
      "OFN_ROUTE(\"GET /bye\", other::bye)\nOFN_FUNCTION(made_by_a_macro)\n");
  EXPECT_THAT(names.functions, IsSupersetOf({"app::hello", "other::bye", "made_by_a_macro"}));
}

}  // namespace
}  // namespace ofn::check
