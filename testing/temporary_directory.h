// A directory for one test, which is removed with its content.
#pragma once

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <string_view>
#include <system_error>

namespace ofn {

class TemporaryDirectory {
 public:
  TemporaryDirectory()
      : path_((canonical(std::filesystem::temp_directory_path()) / "ofn-test-XXXXXX").native()) {
    if (::mkdtemp(path_.data()) == nullptr) std::abort();
  }
  TemporaryDirectory(const TemporaryDirectory&) = delete;
  TemporaryDirectory& operator=(const TemporaryDirectory&) = delete;
  ~TemporaryDirectory() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }

  // Without symbolic links.
  std::filesystem::path path() const { return path_; }
  // Writes a file, makes its folders, and returns its path.
  std::string write(const std::string& name, std::string_view text) const {
    const std::filesystem::path file = path() / name;
    std::filesystem::create_directories(file.parent_path());
    std::ofstream(file, std::ios::binary) << text;
    return file.native();
  }
  // Returns a file's bytes; none if it cannot be read.
  std::string read(const std::string& name) const {
    std::ifstream file(path() / name, std::ios::binary);
    return std::string(std::istreambuf_iterator<char>(file), {});
  }

 private:
  std::string path_;
};

}  // namespace ofn
