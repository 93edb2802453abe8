#include "document/yaml.h"

#include <map>
#include <memory>
#include <optional>
#include <sstream>
#include <string>
#include <utility>

#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/parser.h>

#include "document/tree_builder.h"

namespace ofn::document {
namespace {

using Kind = Node::Kind;

constexpr std::size_t kMaxNodes = 100'000;

int line_of(const YAML::Mark& mark) { return mark.line + 1; }

// The parser's words may end in a character of the text, such as a line feed: "unknown escape character: ".
std::string one_line(std::string words) {
  for (char& c : words) {
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F) c = '?';
  }
  return words;
}

// Builds the trees of a stream's documents from the parser's events. When a limit is reached, it
// leaves the parser by throwing the parser's own exception.
class YamlBuilder final : public YAML::EventHandler {
 public:
  // Returns nullopt if the stream held no further document.
  std::optional<Tree> take_document() { return std::exchange(document_, std::nullopt); }

  void OnDocumentStart(const YAML::Mark& /*mark*/) override {
    builder_ = std::make_unique<TreeBuilder>(kMaxDepth);
    open_.clear();
    anchors_.clear();
  }
  void OnDocumentEnd() override { document_ = std::move(*builder_).take(); }
  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override { scalar({}, mark, anchor); }
  void OnScalar(const YAML::Mark& mark, const std::string& /*tag*/, YAML::anchor_t anchor,
                const std::string& value) override {
    scalar(Node(value), mark, anchor);
  }
  void OnAlias(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    for (const Open& open : open_) {
      if (open.anchor == anchor) {
        throw YAML::ParserException(mark, "an alias names a node that contains it");
      }
    }
    const auto named = anchors_.find(anchor);
    if (named == anchors_.end()) throw YAML::ParserException(mark, "an alias names no anchor");
    add(named->second, mark);
  }
  void OnSequenceStart(const YAML::Mark& mark, const std::string& /*tag*/, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value /*style*/) override {
    open(Kind::kList, mark, anchor);
  }
  void OnSequenceEnd() override { close(); }
  void OnMapStart(const YAML::Mark& mark, const std::string& /*tag*/, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value /*style*/) override {
    open(Kind::kObject, mark, anchor);
  }
  void OnMapEnd() override { close(); }

 private:
  // A list or mapping that is being read.
  struct Open {
    Kind kind = Kind::kList;
    YAML::Mark mark;
    YAML::anchor_t anchor = YAML::NullAnchor;
    bool wants_key = false;  // of a mapping: a key comes next
    bool is_key = false;     // this collection is itself a mapping's key
  };

  void count(const YAML::Mark& mark) {
    if (++nodes_ <= kMaxNodes) return;
    throw YAML::ParserException(mark, "more than 100000 values in one file");
  }
  static void too_deep(const YAML::Mark& mark) {
    throw YAML::ParserException(mark, "more than " + std::to_string(kMaxDepth) + " levels deep");
  }

  // Returns true if the next node is a key of the mapping that is being read. Then its value comes
  // next.
  bool takes_key() {
    if (open_.empty() || open_.back().kind == Kind::kList) return false;
    return std::exchange(open_.back().wants_key, !open_.back().wants_key);
  }

  void scalar(Node node, const YAML::Mark& mark, YAML::anchor_t anchor) {
    count(mark);
    node.with_line(line_of(mark));
    if (anchor != YAML::NullAnchor) anchors_[anchor] = {node, 0};
    add({std::move(node), 0}, mark);
  }

  void add(TreeBuilder::Finished finished, const YAML::Mark& mark) {
    if (takes_key()) {
      builder_->key(std::move(finished.node).take_text(), line_of(mark));
    } else if (!builder_->add(std::move(finished))) {
      too_deep(mark);
    }
  }

  void open(Kind kind, const YAML::Mark& mark, YAML::anchor_t anchor) {
    count(mark);
    const bool is_key = takes_key();
    if (!builder_->open(kind, line_of(mark))) too_deep(mark);
    open_.push_back({.kind = kind,
                     .mark = mark,
                     .anchor = anchor,
                     .wants_key = kind == Kind::kObject,
                     .is_key = is_key});
  }

  void close() {
    const Open ended = open_.back();
    open_.pop_back();
    TreeBuilder::Finished finished = builder_->close();
    if (ended.anchor != YAML::NullAnchor) anchors_[ended.anchor] = finished;
    if (ended.is_key) {
      builder_->key("", line_of(ended.mark));
    } else if (!builder_->add(std::move(finished))) {
      too_deep(ended.mark);
    }
  }

  std::unique_ptr<TreeBuilder> builder_;
  std::optional<Tree> document_;
  std::vector<Open> open_;
  std::map<YAML::anchor_t, TreeBuilder::Finished> anchors_;
  std::size_t nodes_ = 0;
};

}  // namespace

Result<std::vector<Tree>> parse_yaml(std::string_view text) {
  if (text.size() > kMaxYamlBytes) {
    return fail(Code::kInvalidArgument, "the file is larger than 1 MiB");
  }
  try {
    std::istringstream stream{std::string(text)};
    YAML::Parser parser(stream);
    YamlBuilder builder;
    std::vector<Tree> documents;
    while (parser.HandleNextDocument(builder)) {
      if (auto document = builder.take_document()) documents.push_back(*std::move(document));
    }
    return documents;
  } catch (const YAML::Exception& error) {
    return fail(Code::kInvalidArgument, "not valid YAML: " + one_line(error.msg),
                {{"line", std::to_string(error.mark.line + 1)}});
  }
}

}  // namespace ofn::document
