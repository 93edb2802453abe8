// The names that a C++ source writes down as literals and that other files must know: outputs, stores, hooks, functions.
//
//   const CodeNames names = code_names(R"(void f(ofn::Context& c) { c.send("files", "x"); })");
//   names.of(CodeName::Kind::kOutput)[0]->name;   // "files"
//
// It reads words and does not compile. So it cannot know a name that is made while the program runs, or by a macro; it says if there
// are such names. What it finds is good for warnings only.
#pragma once

#include <cstddef>
#include <cstdint>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace ofn::check {

struct CodeName {
  enum class Kind : std::uint8_t {
    kOutput,       // context.send("files", …)
    kState,        // context.get_state("visits", …)
    kSecretStore,  // context.get_secret("vault", …)
    kHook,         // OFN_PLUGIN(Greet, "greet", …)
    kUsedPlugin,   // context.plugin<Greet>("greet")
    kFunction,     // OFN_FUNCTION(app::hello)
    kRoute,        // OFN_ROUTE("GET /users/{id}", …)
  };
  Kind kind = Kind::kOutput;
  std::string name;
  std::size_t begin = 0;  // bytes of the source
  std::size_t end = 0;
};

// A value.
struct CodeNames {
  std::vector<CodeName> names;      // in the order of the source
  std::set<std::string> functions;  // also those that are defined and not registered
  bool sends_to_all = false;        // context.send(data)
  bool has_other_outputs = false;   // some output's name is not a literal
  bool has_other_hooks = false;     // some hook's name is not a literal

  std::vector<const CodeName*> of(CodeName::Kind kind) const;
};

// Cost: linear, besides copies of tokens.
CodeNames code_names(std::string_view source);

}  // namespace ofn::check
