// Makes a shared object from a source that must be compiled, in the first cache folder with enough
// space.
//
//   std::optional<Workshop> workshop;
//   Shared made = make_somewhere(request, workshop, "/src/hello.cc", target, log);
//   if (made.program) look_at(*made.program);
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/error.h"
#include "base/log.h"
#include "loader/cache.h"
#include "loader/compiler.h"
#include "loader/loader.h"
#include "loader/process.h"
#include "loader/unit.h"

namespace ofn::loader {

// A shared object before it is loaded, and the objects from which it was made, if any.
struct Shared {
  Result<std::filesystem::path> program;
  std::vector<Object> objects = {};
  Build build = {};  // set if there is no program, too
};

// The compiler and the cache of one request. Lifetime: refers to the request and the log.
class Workshop {
 public:
  // Errors: no headers, no compiler, no usable folder for the cache, flags that cannot be split.
  static Result<Workshop> open(const LoadRequest& request, Log& log);

  Shared make(const std::filesystem::path& source, const Target& target);
  // Makes the precompiled header.
  Result<Build> prepare();

  const Cache& cache() const { return cache_; }

 private:
  Workshop(const LoadRequest& request, std::vector<std::string> flags, Compiler compiler,
           Cache cache, Log& log)
      : request_(request),
        flags_(std::move(flags)),
        compiler_(std::move(compiler)),
        cache_(std::move(cache)),
        log_(log) {}

  Limits limits() const {
    return {.deadline = request_.deadline,
            .stop = request_.stop,
            .in_background = request_.in_background};
  }
  Shared make_project(const std::filesystem::path& source);
  Shared make_sources(const std::filesystem::path& source, const Target& target);
  // Compiles the request's tests and their entry. Adds the work to `build`.
  Result<std::vector<Object>> test_objects(const Limits& until, Build& build);

  const LoadRequest& request_;
  std::vector<std::string> flags_;  // the author's, split
  Compiler compiler_;
  Cache cache_;
  Log& log_;
};

// Makes the source in the first cache folder with enough space. The workshop may own a temporary
// cache, so it must live until the program is loaded or copied. It refers to `request`.
Shared make_somewhere(LoadRequest& request, std::optional<Workshop>& workshop,
                      const std::filesystem::path& source, const Target& target, Log& log);

}  // namespace ofn::loader
