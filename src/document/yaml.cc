#include "document/yaml.h"

#include <algorithm>
#include <map>
#include <memory>
#include <optional>
#include <sstream>
#include <string>
#include <utility>

#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/parser.h>

#include "document/places.h"
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

// Finds where the scalar that begins at `begin`, perhaps with an anchor or a tag, begins and ends.
void place_scalar(std::string_view text, std::string_view value, Placed& placed) {
  std::size_t begin = std::min(placed.begin, text.size());
  while (begin < text.size() && (text[begin] == '&' || text[begin] == '!')) {
    begin = text.find_first_of(" \t\r\n", begin);
    begin = std::min(text.find_first_not_of(" \t\r\n", begin), text.size());
  }
  const std::string_view rest = text.substr(begin);
  std::size_t size = 0;
  if (rest.starts_with('"') || rest.starts_with('\'')) {
    const char quote = rest[0];
    size = 1;
    while (size < rest.size()) {
      const bool is_doubled = rest.substr(size).starts_with("''");
      if (rest[size] == quote && (quote == '"' || !is_doubled)) break;
      const bool is_escape = quote == '"' ? rest[size] == '\\' : is_doubled;
      size += is_escape ? 2 : 1;
    }
    size = size < rest.size() ? size + 1 : 0;
  } else if (rest.starts_with(value)) {
    size = value.size();
  }
  placed.begin = begin;
  placed.end = begin + size;
}

// Makes the Placed trees of a stream that YamlBuilder has accepted, so it checks no limits.
class YamlPlacer final : public YAML::EventHandler {
 public:
  explicit YamlPlacer(std::string_view text) : text_(text) {
    lines_.push_back(text.starts_with("\xEF\xBB\xBF") ? 3 : 0);
    for (std::size_t i = 0; i < text.size(); ++i) {
      if (text[i] == '\n') lines_.push_back(i + 1);
    }
  }
  std::optional<Placed> take_document() { return std::exchange(document_, std::nullopt); }

  void OnDocumentStart(const YAML::Mark& /*mark*/) override {
    open_.clear();
    root_ = Placed();
  }
  void OnDocumentEnd() override { document_ = std::move(root_); }
  void OnNull(const YAML::Mark& mark, YAML::anchor_t /*anchor*/) override {
    const std::size_t begin = byte_of(mark);
    add({.begin = begin, .end = begin});
  }
  void OnScalar(const YAML::Mark& mark, const std::string& /*tag*/, YAML::anchor_t /*anchor*/,
                const std::string& value) override {
    Placed placed{.kind = Kind::kText, .text = value, .begin = byte_of(mark)};
    place_scalar(text_, value, placed);
    add(std::move(placed));
  }
  void OnAlias(const YAML::Mark& mark, YAML::anchor_t anchor) override { OnNull(mark, anchor); }
  void OnSequenceStart(const YAML::Mark& mark, const std::string& /*tag*/,
                       YAML::anchor_t /*anchor*/, YAML::EmitterStyle::value /*style*/) override {
    open(Kind::kList, mark);
  }
  void OnSequenceEnd() override { close(); }
  void OnMapStart(const YAML::Mark& mark, const std::string& /*tag*/, YAML::anchor_t /*anchor*/,
                  YAML::EmitterStyle::value /*style*/) override {
    open(Kind::kObject, mark);
  }
  void OnMapEnd() override { close(); }

 private:
  struct Open {
    Placed node;
    std::optional<Placed> key = {};  // of a mapping: its value comes next
  };

  std::size_t byte_of(const YAML::Mark& mark) const {
    const auto line = std::min(static_cast<std::size_t>(std::max(mark.line, 0)), lines_.size() - 1);
    return std::min(lines_[line] + static_cast<std::size_t>(std::max(mark.column, 0)),
                    text_.size());
  }
  void open(Kind kind, const YAML::Mark& mark) {
    const std::size_t begin = byte_of(mark);
    open_.push_back({.node = {.kind = kind, .begin = begin, .end = begin}});
  }
  void close() {
    Placed node = std::move(open_.back().node);
    open_.pop_back();
    add(std::move(node));
  }
  void add(Placed node) {
    if (open_.empty()) {
      root_ = std::move(node);
      return;
    }
    Open& parent = open_.back();
    if (parent.node.kind == Kind::kObject) {
      if (!parent.key) {
        parent.key = std::move(node);
        return;
      }
      node.key = std::move(parent.key->text);
      node.key_begin = parent.key->begin;
      node.key_end = parent.key->end;
      parent.key.reset();
    }
    parent.node.children.push_back(std::move(node));
  }

  std::string_view text_;
  std::vector<std::size_t> lines_;  // where each begins
  std::vector<Open> open_;
  Placed root_;
  std::optional<Placed> document_;
};

}  // namespace

std::vector<Placed> place_yaml(std::string_view text) {
  std::vector<Placed> documents;
  if (!parse_yaml(text)) return documents;
  std::istringstream stream{std::string(text)};
  YAML::Parser parser(stream);
  YamlPlacer placer(text);
  while (parser.HandleNextDocument(placer)) {
    auto document = placer.take_document();
    if (document && document->kind != Kind::kNull) documents.push_back(*std::move(document));
  }
  return documents;
}

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
