#include "localdapr/yaml_tree.h"

#include <map>
#include <ranges>
#include <sstream>
#include <utility>

#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/parser.h>

namespace ofn::localdapr {
namespace {

constexpr std::size_t kMaxDepth = 64;  // the parser recurses
constexpr std::size_t kMaxNodes = 100'000;

using Kind = YamlNode::Kind;
using Building = std::shared_ptr<YamlNode>;

// Builds the tree of one document after another from the parser's events. The parser is left by its
// own exception when a bound is reached.
class TreeBuilder final : public YAML::EventHandler {
 public:
  YamlNode::Pointer take_document() { return std::exchange(root_, nullptr); }

  void OnDocumentStart(const YAML::Mark& /*mark*/) override {
    root_ = nullptr;
    open_.clear();
    anchors_.clear();
  }
  void OnDocumentEnd() override {}
  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    add(make(Kind::kNull, mark, anchor));
  }
  void OnAlias(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    const auto named = anchors_.find(anchor);
    if (named == anchors_.end()) throw YAML::ParserException(mark, "an alias names no anchor");
    for (const Open& open : open_) {
      if (open.node == named->second) {
        throw YAML::ParserException(mark, "an alias names a node that contains it");
      }
    }
    add(named->second);
  }
  void OnScalar(const YAML::Mark& mark, const std::string& /*tag*/, YAML::anchor_t anchor,
                const std::string& value) override {
    const Building node = make(Kind::kScalar, mark, anchor);
    node->text = value;
    add(node);
  }
  void OnSequenceStart(const YAML::Mark& mark, const std::string& /*tag*/, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value /*style*/) override {
    open(make(Kind::kSequence, mark, anchor), mark);
  }
  void OnSequenceEnd() override { open_.pop_back(); }
  void OnMapStart(const YAML::Mark& mark, const std::string& /*tag*/, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value /*style*/) override {
    open(make(Kind::kMap, mark, anchor), mark);
  }
  void OnMapEnd() override { open_.pop_back(); }

 private:
  struct Open {
    Building node;
    YamlNode::Pointer key;  // of a map: read, its value not yet
  };

  Building make(Kind kind, const YAML::Mark& mark, YAML::anchor_t anchor) {
    if (++nodes_ > kMaxNodes) {
      throw YAML::ParserException(mark, "more than 100000 values in one file");
    }
    auto node = std::make_shared<YamlNode>();
    node->kind = kind;
    node->line = mark.line + 1;
    if (anchor != YAML::NullAnchor) anchors_[anchor] = node;
    return node;
  }

  void add(const Building& node) {
    if (open_.empty()) {
      root_ = node;
    } else if (Open& parent = open_.back(); parent.node->kind == Kind::kSequence) {
      parent.node->items.push_back(node);
    } else if (parent.key == nullptr) {
      parent.key = node;
    } else {
      parent.node->members.emplace_back(std::exchange(parent.key, nullptr), node);
    }
  }

  void open(const Building& node, const YAML::Mark& mark) {
    if (open_.size() == kMaxDepth) throw YAML::ParserException(mark, "more than 64 levels deep");
    add(node);
    open_.push_back({node, nullptr});
  }

  YamlNode::Pointer root_;
  std::vector<Open> open_;
  std::map<YAML::anchor_t, Building> anchors_;
  std::size_t nodes_ = 0;
};

}  // namespace

const YamlNode* YamlNode::find(std::string_view name) const {
  for (const auto& [key, value] : std::views::reverse(members)) {
    if (key->kind == Kind::kScalar && key->text == name) return value.get();
  }
  return nullptr;
}

std::string_view YamlNode::kind_name() const {
  switch (kind) {
    case Kind::kNull:
      return "nothing";
    case Kind::kScalar:
      return "a text";
    case Kind::kSequence:
      return "a list";
    case Kind::kMap:
      return "a mapping";
  }
  return "nothing";
}

Result<std::vector<YamlNode::Pointer>> read_yaml(std::string_view text) {
  if (text.size() > kMaxYamlBytes) {
    return fail(Code::kInvalidArgument, "the file is larger than 1 MiB");
  }
  try {
    std::istringstream stream{std::string(text)};
    YAML::Parser parser(stream);
    TreeBuilder builder;
    std::vector<YamlNode::Pointer> documents;
    while (parser.HandleNextDocument(builder)) {
      if (auto document = builder.take_document()) documents.push_back(std::move(document));
    }
    return documents;
  } catch (const YAML::Exception& error) {
    return fail(Code::kInvalidArgument, "not valid YAML: " + error.msg,
                {{"line", std::to_string(error.mark.line + 1)}});
  }
}

}  // namespace ofn::localdapr
