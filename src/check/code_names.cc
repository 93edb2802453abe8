#include "check/code_names.h"

#include <algorithm>
#include <array>
#include <map>
#include <optional>
#include <span>

#include "check/code_tokens.h"
#include "loader/scan.h"

namespace ofn::check {

namespace {

using Kind = CodeName::Kind;

template <std::size_t kCount>
bool is_one_of(const Token& token, const std::array<std::string_view, kCount>& words) {
  return token.kind == Token::Kind::kWord && std::ranges::find(words, token.text) != words.end();
}

constexpr std::array<std::string_view, 3> kSends = {"send", "async_send", "send_all"};
constexpr std::array<std::string_view, 9> kStateCalls = {
    "get_state",    "get_state_as",  "get_states",     "save_state",  "save_states",
    "delete_state", "delete_states", "transact_state", "update_state"};
constexpr std::array<std::string_view, 2> kSecretCalls = {"get_secret", "get_secrets"};
constexpr std::array<std::string_view, 6> kStateTypes = {
    "GetState", "GetBulkState", "StateItems", "DeleteState", "DeleteBulkState", "StateTransaction"};
constexpr std::array<std::string_view, 2> kSecretTypes = {"GetSecret", "GetBulkSecret"};
constexpr std::array<std::string_view, 1> kSendTypes = {"SendAll"};
// How far `.store = "…"` may be behind the type or the call to which it belongs.
constexpr std::size_t kTokensOfACall = 60;

class Reader {
 public:
  Reader(std::span<const Token> tokens, CodeNames& names) : tokens_(tokens), names_(names) {}

  void read() {
    collect_contexts();
    collect_constants();
    for (at_ = 0; at_ < tokens_.size(); ++at_) read_token();
  }

 private:
  const Token& token(std::size_t index) const {
    static const Token end{.kind = Token::Kind::kOther, .text = {}, .begin = 0, .end = 0};
    return index < tokens_.size() ? tokens_[index] : end;
  }
  bool is_string(std::size_t index) const { return token(index).kind == Token::Kind::kString; }
  bool is_word(std::size_t index) const { return token(index).kind == Token::Kind::kWord; }

  // Context& context
  void collect_contexts() {
    for (std::size_t i = 0; i + 2 < tokens_.size(); ++i) {
      if (token(i).is("Context") && token(i + 1).is("&") && is_word(i + 2))
        contexts_.insert(token(i + 2).text);
    }
  }

  // kFiles = "files"; kFiles[] = "files"; kFiles{"files"}; kFiles("files")
  void collect_constants() {
    for (std::size_t i = 0; i + 2 < tokens_.size(); ++i) {
      if (!is_word(i)) continue;
      std::size_t value = i + 1;
      if (token(value).is("[") && token(value + 1).is("]")) value += 2;
      const bool is_assigned = token(value).is("=");
      const bool is_initialized = token(value).is("{") && token(value + 2).is("}");
      if (!(is_assigned || is_initialized) || !is_string(value + 1)) continue;
      if (is_assigned && !token(value + 2).is(";") && !token(value + 2).is(",")) continue;
      const auto [known, is_new] = constants_.emplace(token(i).text, token(value + 1).text);
      if (!is_new && known->second != token(value + 1).text) known->second.reset();
    }
  }

  void add(Kind kind, std::string name, std::size_t index) {
    names_.names.push_back({.kind = kind,
                            .name = std::move(name),
                            .begin = token(index).begin,
                            .end = token(index).end});
  }

  // Returns the name at a token if it is a literal or a constant that has one.
  std::optional<std::string> name_at(std::size_t index) const {
    if (is_string(index)) return token(index).text;
    if (!is_word(index)) return std::nullopt;
    // A name within namespaces: names::kFiles.
    while (token(index + 1).is("::") && is_word(index + 2)) index += 2;
    if (!token(index + 1).is(",") && !token(index + 1).is(")") && !token(index + 1).is("}"))
      return std::nullopt;
    const auto constant = constants_.find(token(index).text);
    return constant == constants_.end() ? std::nullopt : constant->second;
  }

  // Returns the index behind the argument that begins at `index`: of a ',' or of what closes the list.
  std::size_t argument_end(std::size_t index) const {
    int depth = 0;
    for (; index < tokens_.size(); ++index) {
      const Token& each = token(index);
      const bool opens = each.is("(") || each.is("{") || each.is("[");
      const bool closes = each.is(")") || each.is("}") || each.is("]");
      if (depth == 0 && (closes || each.is(",") || each.is(";"))) return index;
      if (opens) ++depth;
      if (closes) --depth;
    }
    return index;
  }

  // Returns the index of the '(' behind a function's name and its template arguments; 0 if there is none.
  std::size_t call_at(std::size_t index) const {
    if (token(index).is("<")) {
      int depth = 0;
      for (std::size_t most = index + kTokensOfACall; index < most; ++index) {
        if (token(index).is("<")) ++depth;
        if (token(index).is(">") && --depth == 0) break;
        if (token(index).is(";")) return 0;
      }
      ++index;
    }
    return token(index).is("(") ? index : 0;
  }

  void read_token() {
    const Token& here = token(at_);
    if (here.is(".") || here.is("->")) return read_member();
    if (!is_word(at_)) return;
    note_type(here);
    if (here.is("OFN_PLUGIN") || here.is("OFN_REQUIRED_PLUGIN")) return read_plugin();
    if (here.is("OFN_FUNCTION") && token(at_ + 1).is("(")) return read_function(at_ + 2, true);
    if (here.is("OFN_ROUTE") && token(at_ + 1).is("(")) {
      if (const auto route = name_at(at_ + 2)) add(Kind::kRoute, *route, at_ + 2);
      const std::size_t end = argument_end(at_ + 2);
      if (token(end).is(","))
        read_function(end + 1, false);  // one function may have several routes
    }
  }

  void note_type(const Token& word) {
    const auto note = [this](Kind kind) {
      owner_ = kind;
      owner_at_ = at_;
    };
    if (is_one_of(word, kStateTypes)) note(Kind::kState);
    if (is_one_of(word, kSecretTypes)) note(Kind::kSecretStore);
    if (is_one_of(word, kSendTypes)) note(Kind::kOutput);
  }

  // at_ is at "." or "->".
  void read_member() {
    const std::size_t name = at_ + 1;
    if (read_designated(name)) return;
    const std::size_t open = call_at(name + 1);
    if (!is_word(name) || open == 0) return;
    const bool is_ours = at_ > 0 && is_word(at_ - 1) && contexts_.contains(token(at_ - 1).text);
    if (is_one_of(token(name), kSends)) return read_send(is_ours, open);
    if (!is_ours) return;
    if (is_one_of(token(name), kStateCalls)) return read_store(Kind::kState, open);
    if (is_one_of(token(name), kSecretCalls)) return read_store(Kind::kSecretStore, open);
    if (token(name).is("plugin") && is_string(open + 1))
      add(Kind::kUsedPlugin, token(open + 1).text, open + 1);
  }

  // {.store = "visits"} of the type or the call before it. Returns true if it is one.
  bool read_designated(std::size_t name) {
    const bool is_store = token(name).is("store");
    const bool is_output = token(name).is("output");
    if ((!is_store && !is_output) || !token(name + 1).is("=")) return false;
    if (!owner_ || at_ - owner_at_ > kTokensOfACall || is_output != (*owner_ == Kind::kOutput))
      return true;
    if (const auto given = name_at(name + 2)) {
      add(*owner_, *given, name + 2);
    } else if (is_output) {
      names_.has_other_outputs = true;
    }
    return true;
  }

  void read_send(bool is_ours, std::size_t open) {
    if (!is_ours) {
      // The receiver may be a context under another name, such as `auto& c` or `self.context`.
      names_.has_other_outputs = true;
      return;
    }
    const std::size_t first = open + 1;
    if (!token(argument_end(first)).is(",")) {
      names_.sends_to_all = true;
    } else if (const auto name = name_at(first)) {
      add(Kind::kOutput, *name, first);
    } else {
      names_.has_other_outputs = true;
    }
  }

  void read_store(Kind kind, std::size_t open) {
    owner_ = kind;
    owner_at_ = at_;
    const std::size_t first = open + 1;
    if (token(first).is("{")) return;  // read_designated() sees it
    if (const auto name = name_at(first); name && token(argument_end(first)).is(","))
      add(kind, *name, first);
  }

  void read_plugin() {
    if (!token(at_ + 1).is("(")) return;
    std::size_t index = at_ + 2;
    // The type may have commas in its template arguments.
    while (index < tokens_.size() && !is_string(index) && !token(index).is(")") &&
           !token(index).is(";")) {
      ++index;
    }
    if (is_string(index)) {
      add(Kind::kHook, token(index).text, index);
    } else {
      names_.has_other_hooks = true;
    }
  }

  // The function's name begins at the index. `is_once`: a program may register it only once.
  void read_function(std::size_t index, bool is_once) {
    const std::size_t begin = index;
    std::string name;
    while (is_word(index) || token(index).is("::") || token(index).is("&")) {
      if (!token(index).is("&")) name += token(index).text;
      ++index;
    }
    if (name.starts_with("::")) name.erase(0, 2);
    if (name.empty() || (!token(index).is(")") && !token(index).is(","))) return;
    names_.functions.insert(name);
    if (!is_once) return;
    names_.names.push_back({.kind = Kind::kFunction,
                            .name = std::move(name),
                            .begin = token(begin).begin,
                            .end = token(index - 1).end});
  }

  std::span<const Token> tokens_;
  CodeNames& names_;
  std::size_t at_ = 0;
  std::set<std::string, std::less<>> contexts_;
  // nullopt: several values.
  std::map<std::string, std::optional<std::string>, std::less<>> constants_;
  std::optional<Kind> owner_;  // of `.store = …`
  std::size_t owner_at_ = 0;
};

}  // namespace

std::vector<const CodeName*> CodeNames::of(CodeName::Kind kind) const {
  std::vector<const CodeName*> found;
  for (const CodeName& each : names) {
    if (each.kind == kind) found.push_back(&each);
  }
  return found;
}

CodeNames code_names(std::string_view source) {
  CodeNames names;
  const std::vector<Token> tokens = code_tokens(source);
  Reader(tokens, names).read();
  for (const loader::DefinedFunction& each : loader::defined_functions(source)) {
    names.functions.insert(each.name);
  }
  return names;
}

}  // namespace ofn::check
