// The tokens of one kind: those of a variable, and those of a file, which is read again when it has changed.
//
//   auto list = TokenList::of({.file = "/etc/tokens/bearer", .kind = "bearer token"}, environment);
//   for (const std::string& token : *list->current(now, log)) fits |= same_secret(given, token);
//
// A rotated secret of Kubernetes works without a restart in this way. The file is looked at at most once a second, and only when somebody
// asks. If it cannot be used any more, the last tokens stay, and the log has one warning.
#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/error.h"
#include "base/log.h"
#include "context/environment.h"

namespace ofn {

// Moved only before others know it. Threads: any.
class TokenList {
 public:
  using Tokens = std::vector<std::string>;
  struct Source {
    const char* variable = nullptr;
    const char* file = nullptr;
    std::string_view separators{};
    bool (*is_valid)(std::string_view) = nullptr;
    std::string_view kind{};
  };

  TokenList() = default;
  // Errors: the variable or the file has no token, or one that no client can send. The messages contain no token.
  static Result<TokenList> of(const Source& source, const Environment& environment);

  // Cost: a lock; once a second a system call, and reading the file if it has changed.
  std::shared_ptr<const Tokens> current(SteadyTime now, Log& log) const;

 private:
  // Tells whether a file is still the same one with the same content.
  struct Stamp {
    std::uint64_t device = 0;
    std::uint64_t inode = 0;
    std::int64_t bytes = 0;
    std::int64_t seconds = 0;
    std::int64_t nanoseconds = 0;
    bool operator==(const Stamp&) const = default;
  };
  // What a file may change.
  struct Live {
    Source source;
    Tokens of_variable;
    std::mutex mutex;
    std::shared_ptr<const Tokens> tokens;
    Stamp stamp;
    SteadyTime next_look = SteadyTime::min();
    bool has_warned = false;
  };

  static Result<Stamp> stamp_of(const char* path);
  static Result<Tokens> read_file(const Source& source);
  static void look(Live& live, Log& log);

  // A pointer, so that the list can be moved. Null: there is no token.
  std::unique_ptr<Live> live_;
};

}  // namespace ofn
