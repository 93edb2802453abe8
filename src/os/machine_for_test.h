// The kernel's files of an imagined machine, for tests.
//
//   const Machine machine;
//   machine.write("/proc/self/status", "Threads:\t12\n");
//   read(machine.root());
#pragma once

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>

#include <gtest/gtest.h>

namespace ofn::os {

// A folder that holds them; its destructor removes it.
class Machine {
 public:
  Machine() {
    std::string name = ::testing::TempDir() + "ofn-machine-XXXXXX";
    root_ = mkdtemp(name.data());
  }
  Machine(const Machine&) = delete;
  Machine& operator=(const Machine&) = delete;
  ~Machine() { std::filesystem::remove_all(root_); }

  void write(const std::string& path, const std::string& text) const {
    const std::filesystem::path file = root_ + path;
    std::filesystem::create_directories(file.parent_path());
    std::ofstream(file) << text;
  }
  const std::string& root() const { return root_; }

 private:
  std::string root_;
};

}  // namespace ofn::os
