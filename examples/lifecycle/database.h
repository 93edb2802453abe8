// Stands for a database and the client library that reaches it. The database is down while the file `down` exists.
#pragma once

#include <filesystem>
#include <stdexcept>
#include <string>

class Connection {
 public:
  Connection() {
    if (std::filesystem::exists("down")) throw std::runtime_error("the database is down");
  }
  std::string query(const std::string& text) { return "result of " + text; }
};
