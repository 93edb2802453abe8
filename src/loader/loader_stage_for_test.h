// A fixture for tests that load real functions: each case compiles a tiny source with the compiler
// of this machine.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "loader/loader.h"
#include "loader/process.h"
#include "testing/temporary_directory.h"

namespace ofn {

class LoaderTest : public testing::Test {
 public:
  static std::string call(const Function& function, std::string_view body = "") {
    Request::Parts parts;
    parts.body = body;
    const Request request(parts);
    abi::Outcome outcome;
    function.invoke({.request = &request}, outcome);
    return outcome.response.body();
  }

 protected:
  // One cache for the suite, so that the precompiled header is made once.
  static void SetUpTestSuite() {
    shared_cache = new TemporaryDirectory;  // NOLINT
    NullLog log;
    (void)prepare({.source = {},
                   .target = {},
                   .cxxflags = "-O0",
                   .include_dir = OFN_TEST_INCLUDE_DIR,
                   .cache_dirs = {shared_cache->path() / "cache"}},
                  log);
  }
  static void TearDownTestSuite() {
    delete shared_cache;  // NOLINT
    shared_cache = nullptr;
  }

  LoadRequest request(const std::string& source, std::optional<std::string> target = {},
                      const std::string& flags = "-O0") const {
    return {.source = source,
            .target = std::move(target),
            .cxxflags = flags,
            .include_dir = OFN_TEST_INCLUDE_DIR,
            .cache_dirs = {shared_cache->path() / "cache"}};
  }
  Result<LoadedProgram> load_source(std::string_view text, std::optional<std::string> target = {},
                                    const std::string& flags = "-O0") {
    return load(request(files_.write("hello.cc", text), std::move(target), flags), log_);
  }
  std::string message_of(const Result<LoadedProgram>& program) {
    EXPECT_FALSE(program);
    return program ? "" : program.error().message();
  }
  static std::vector<std::string> names_of(const LoadedProgram& program) {
    std::vector<std::string> names;
    for (const Function& function : program.functions) names.push_back(function.name);
    return names;
  }

  // The compilers of this machine.
  static std::vector<std::string> compilers() {
    std::vector<std::string> found;
    for (const char* name : {"g++", "clang++", "clang++-19"}) {
      if (loader::run({.arguments = {name, "--version"}}, {})) found.emplace_back(name);
    }
    return found;
  }

  inline static TemporaryDirectory* shared_cache = nullptr;
  TemporaryDirectory files_;
  NullLog log_;
};

}  // namespace ofn
