// The kernel's files of an imagined machine, for tests.
//
//   const Machine machine;
//   machine.write("/proc/self/status", "Threads:\t12\n");
//   read(machine.root());
#pragma once

#include <string>

#include "testing/temporary_directory.h"

namespace ofn::os {

// A folder that holds them; it is removed with the object.
class Machine {
 public:
  void write(const std::string& path, const std::string& text) const {
    folder_.write(path.substr(1), text);  // an absolute path would name a file of the real machine
  }
  std::string root() const { return folder_.path().native(); }

 private:
  TemporaryDirectory folder_;
};

}  // namespace ofn::os
