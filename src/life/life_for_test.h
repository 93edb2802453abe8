// Registrations that only a test has, and what they did.
#pragma once

#include <deque>
#include <functional>
#include <stdexcept>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include <ofn/abi.h>
#include <ofn/life.h>

#include "life/life_cycle.h"

namespace ofn {

inline std::string did;  // NOLINT: a registration has no data
inline std::function<void(const std::stop_token&)> in_first_start;  // NOLINT: the same
inline std::function<void(const std::stop_token&)> in_last_start;   // NOLINT: the same

inline void plain(const std::stop_token&, char name) { did += name; }
template <char kName>
void runs(const std::stop_token& stop) {
  plain(stop, kName);
}
inline void throws(const std::stop_token&) {
  did += '!';
  throw std::runtime_error("no database");
}
inline void throws_a_number(const std::stop_token&) { throw 7; }
inline void runs_first(const std::stop_token& stop) { in_first_start(stop); }
inline void runs_last(const std::stop_token& stop) { in_last_start(stop); }

// A program with these registrations: a line each.
struct ProgramForTest {
  using Code = void (*)(const std::stop_token&);
  ProgramForTest& start(const char* name, Code code) { return add({.name = name, .start = code}); }
  ProgramForTest& stop(const char* name, Code code) { return add({.name = name, .stop = code}); }
  ProgramForTest& object(const char* name, Code made, Code destroyed) {
    return add({.name = name, .start = made, .stop = destroyed});
  }
  ProgramForTest& add(abi::LifeRegistration registration) {
    if (registration.file == nullptr) {
      registration.file = registration.unit = "pool.cc";
      registration.line = registration.number = static_cast<unsigned>(registrations.size() + 1);
    }
    registrations.push_back(registration);
    return *this;
  }
  abi::Program program() {
    entries.clear();
    for (const auto& each : registrations) entries.push_back(&each);
    abi::Program program;
    program.life_begin = entries.data();
    program.life_end = entries.data() + entries.size();
    return program;
  }
  std::vector<LifeStep> steps() {
    did.clear();
    const abi::Program made = program();
    return *life_steps({&made, 1});
  }

  std::deque<abi::LifeRegistration> registrations;
  std::vector<const abi::LifeRegistration*> entries;
};

}  // namespace ofn
