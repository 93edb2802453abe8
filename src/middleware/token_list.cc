#include "middleware/token_list.h"

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <fstream>
#include <ios>
#include <sys/stat.h>
#include <utility>

#include "base/trimmed.h"

namespace ofn {

namespace {

constexpr std::size_t kLongestFile = std::size_t{1} << 20;
constexpr Duration kBetweenLooks = std::chrono::seconds(1);

Result<std::string> read_secret_file(const char* path) {
  std::ifstream file(path, std::ios::binary);
  std::string text;
  if (file) {
    text.resize(kLongestFile + 1);
    file.read(text.data(), static_cast<std::streamsize>(text.size()));
    text.resize(static_cast<std::size_t>(std::max<std::streamsize>(file.gcount(), 0)));
    if (!file.bad() && text.size() <= kLongestFile) return text;
    return fail(Code::kFailedPrecondition,
                std::string(path) + " cannot be read, or has more than 1 MiB");
  }
  return fail(Code::kNotFound, std::string(path) + " cannot be opened");
}

// Returns the tokens of a text, which comes from `from`.
Result<TokenList::Tokens> tokens_of(const TokenList::Source& source, std::string_view text,
                                    const std::string& from) {
  TokenList::Tokens tokens;
  while (!text.empty()) {
    const std::string_view part = text.substr(0, text.find_first_of(source.separators));
    text.remove_prefix(std::min(part.size() + 1, text.size()));
    if (const std::string_view kept = trimmed(part); !kept.empty()) tokens.emplace_back(kept);
  }
  if (tokens.empty()) return fail(Code::kNotFound, from + " has no " + std::string(source.kind));
  for (std::size_t i = 0; i < tokens.size(); ++i) {
    if (!source.is_valid(tokens[i]))
      return fail(Code::kInvalidArgument, "number " + std::to_string(i + 1) + " in " + from +
                                              " is not a " + std::string(source.kind));
  }
  return tokens;
}

std::shared_ptr<const TokenList::Tokens> joined(TokenList::Tokens first,
                                                const TokenList::Tokens& second) {
  first.insert(first.end(), second.begin(), second.end());
  return std::make_shared<const TokenList::Tokens>(std::move(first));
}

}  // namespace

Result<TokenList::Stamp> TokenList::stamp_of(const char* path) {
  struct stat facts{};
  if (::stat(path, &facts) != 0)
    return fail(Code::kNotFound, std::string(path) + " cannot be opened");
  return Stamp{.device = facts.st_dev,
               .inode = facts.st_ino,
               .bytes = facts.st_size,
               .seconds = facts.st_mtim.tv_sec,
               .nanoseconds = facts.st_mtim.tv_nsec};
}

Result<TokenList::Tokens> TokenList::read_file(const Source& source) {
  const auto text = read_secret_file(source.file);
  if (!text) return std::unexpected(text.error());
  return tokens_of(source, *text, source.file);
}

Result<TokenList> TokenList::of(const Source& source, const Environment& environment) {
  TokenList list;
  if (source.variable == nullptr && source.file == nullptr) return list;
  list.live_ = std::make_unique<Live>();
  Live& live = *list.live_;
  live.source = source;
  if (source.variable != nullptr) {
    const auto set = environment(source.variable);
    if (!set || set->empty())
      return fail(Code::kNotFound, "the variable " + std::string(source.variable) + " is not set");
    auto tokens = tokens_of(source, *set, "the variable " + environment.label(source.variable));
    if (!tokens) return std::unexpected(std::move(tokens).error());
    live.of_variable = *std::move(tokens);
  }
  Tokens of_file;
  if (source.file != nullptr) {
    // The stamp comes first: if the file changes in between, the next look sees it.
    const auto stamp = stamp_of(source.file);
    if (!stamp) return std::unexpected(stamp.error());
    live.stamp = *stamp;
    auto tokens = read_file(source);
    if (!tokens) return std::unexpected(std::move(tokens).error());
    of_file = *std::move(tokens);
  }
  live.tokens = joined(live.of_variable, of_file);
  return list;
}

void TokenList::look(Live& live, Log& log) {
  const auto stamp = stamp_of(live.source.file);
  if (stamp && *stamp == live.stamp) return;
  live.stamp = stamp.value_or(Stamp{});
  auto tokens = stamp ? read_file(live.source) : std::unexpected(stamp.error());
  if (tokens) {
    live.tokens = joined(live.of_variable, *tokens);
    live.has_warned = false;
    return log.write(Level::kInfo, "tokens have changed", {{"file", live.source.file}});
  }
  if (std::exchange(live.has_warned, true)) return;
  log.write(Level::kWarning, "tokens cannot be read again; those read before stay valid",
            {{"file", live.source.file}, {"error", tokens.error().message()}});
}

std::shared_ptr<const TokenList::Tokens> TokenList::current(SteadyTime now, Log& log) const {
  static const auto none = std::make_shared<const Tokens>();
  if (live_ == nullptr) return none;
  const std::lock_guard lock(live_->mutex);
  if (live_->source.file != nullptr && now >= live_->next_look) {
    live_->next_look = now + kBetweenLooks;
    look(*live_, log);
  }
  return live_->tokens;
}

}  // namespace ofn
