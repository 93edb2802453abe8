#include "dapr/message.h"

#include <utility>

#include "base/utf8.h"

namespace ofn::dapr {

std::optional<Error> bad_text(std::initializer_list<Text> texts,
                              const std::vector<Header>& metadata) {
  for (const Text& text : texts) {
    if (!is_utf8(text.value)) {
      return Error(Code::kInvalidArgument, std::string(text.what) + " is not valid UTF-8");
    }
  }
  for (const Header& entry : metadata) {
    if (!is_utf8(entry.name)) {
      return Error(Code::kInvalidArgument, "a metadata name is not valid UTF-8");
    }
    if (!is_utf8(entry.value)) {
      return Error(Code::kInvalidArgument,
                   "the value of metadata '" + entry.name + "' is not valid UTF-8");
    }
  }
  return std::nullopt;
}

std::optional<Error> too_large(std::size_t size) {
  if (size <= kMaxMessage) return std::nullopt;
  return Error(Code::kInvalidArgument,
               "the message is larger than 2 GiB, which protobuf cannot carry");
}

Result<std::string> serialize(const google::protobuf::MessageLite& message) {
  if (auto bad = too_large(message.ByteSizeLong())) return std::unexpected(*std::move(bad));
  return message.SerializeAsString();
}

void fill(Map& map, const std::vector<Header>& metadata) {
  for (const Header& entry : metadata) map[entry.name] = entry.value;
}

std::vector<Header> take(Map& map) {
  std::vector<Header> metadata;
  metadata.reserve(map.size());
  for (auto& [name, value] : map) metadata.push_back({name, std::move(value)});
  return metadata;
}

}  // namespace ofn::dapr
