// The program `simulate`: runs seeds, and shortens the script of one that fails. docs/testing.md explains it.
#include <algorithm>
#include <charconv>
#include <chrono>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <iostream>
#include <optional>
#include <set>
#include <sstream>
#include <string>
#include <string_view>
#include <sys/wait.h>
#include <unistd.h>
#include <utility>
#include <vector>

#include "simulation/script.h"
#include "simulation/world.h"

namespace {

using namespace ofn::simulation;

struct Options {
  std::uint64_t seed = 1;
  std::uint64_t count = 1000;
  double minutes = 0;
  bool shrinks = false;
  bool prints_hash = false;
  bool prints_hashes = false;  // of each seed
  bool runs_backwards = false;
  bool lists_states = false;
  std::string only;         // "3,5,17": the acts that are kept
  std::string states;       // a file: the states that must be reached
  std::string regressions;  // a file: scripts that failed once
};

volatile std::uint64_t g_seed = 0;  // for the handlers of signals

extern "C" void tell_seed(int number) {
  char line[100];
  const int length =
      std::snprintf(line, sizeof line, "\nsimulate: seed %llu ended with signal %d\n",
                    static_cast<unsigned long long>(g_seed), number);
  (void)!write(STDERR_FILENO, line, static_cast<std::size_t>(length));
  _exit(3);
}

constexpr unsigned kLongestSeed = 60;  // seconds of real time; a seed takes milliseconds

std::vector<bool> kept_of(const Script& script, std::string_view only) {
  if (only.empty()) return std::vector<bool>(script.ops.size(), true);
  std::vector<bool> kept(script.ops.size(), false);
  while (!only.empty()) {
    std::size_t op = 0;
    const auto [end, error] = std::from_chars(only.data(), only.data() + only.size(), op);
    if (error == std::errc() && op < kept.size()) kept[op] = true;
    only.remove_prefix(static_cast<std::size_t>(end - only.data()));
    if (!only.empty()) only.remove_prefix(1);
  }
  kept[script.stop] = true;
  return kept;
}

std::string text_of_kept(const std::vector<bool>& kept) {
  std::string text;
  for (std::size_t i = 0; i < kept.size(); ++i) {
    if (kept[i]) text += (text.empty() ? "" : ",") + std::to_string(i);
  }
  return text;
}

// Runs the script in a child, because it may end the process. Returns the broken rule; empty: none.
std::string broken_rule(const Script& script, const std::vector<bool>& kept) {
  int ends[2];
  if (pipe(ends) != 0) return {};
  const pid_t child = fork();
  if (child == 0) {
    alarm(kLongestSeed);
    std::set<std::string, std::less<>> states;
    const RunResult result = run(script, kept, states);
    const std::string rule = result.violations.empty() ? "" : result.violations.front().oracle;
    (void)!write(ends[1], rule.data(), rule.size());
    _exit(0);
  }
  close(ends[1]);
  std::string rule;
  char bytes[200];
  for (ssize_t count = 0; (count = read(ends[0], bytes, sizeof bytes)) > 0;)
    rule.append(bytes, static_cast<std::size_t>(count));
  close(ends[0]);
  int status = 0;
  waitpid(child, &status, 0);
  if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) return "the process ends";
  return rule;
}

// Leaves out as many acts as possible, so that the same rule is still broken.
std::vector<bool> shrunk(const Script& script, std::vector<bool> kept, const std::string& rule) {
  const std::size_t all = kept.size();
  for (std::size_t size = all / 2; size > 0; size /= 2) {
    for (bool has_shrunk = true; std::exchange(has_shrunk, false);) {
      for (std::size_t from = 0; from < all; from += size) {
        std::vector<bool> fewer = kept;
        for (std::size_t i = from; i < std::min(all, from + size); ++i) fewer[i] = i == script.stop;
        if (fewer == kept || broken_rule(script, fewer) != rule) continue;
        kept = std::move(fewer);
        has_shrunk = true;
      }
      if (size > 1) break;
    }
  }
  return kept;
}

void show(const Script& script, const std::vector<bool>& kept) {
  std::cout << text_of(script, kept) << "replay: ./dev simulate --seed " << script.setting.seed
            << " --count 1 --only " << text_of_kept(kept) << "\n";
}

// Returns false if a rule was broken.
bool run_seed(const Options& options, std::uint64_t seed, std::string_view only,
              std::set<std::string, std::less<>>& states, std::uint64_t& hash,
              std::uint64_t& calls) {
  g_seed = seed;
  const Script script = make_script(seed);
  const std::vector<bool> kept = kept_of(script, only);
  const RunResult result = run(script, kept, states);
  hash = (hash ^ result.hash) * 0x100000001b3ULL;
  if (options.prints_hashes)
    std::cout << "seed " << seed << " trace " << std::hex << result.hash << std::dec << "\n";
  calls += result.calls;
  if (result.violations.empty()) return true;
  std::cout << "seed " << seed << " breaks a rule\n";
  for (const Violation& each : result.violations)
    std::cout << "  " << each.oracle << ": " << each.what << "\n";
  if (!options.shrinks) return false;
  return false;
}

std::optional<Options> parse(int argc, char** argv) {
  Options options;
  const auto number = [](std::string_view text, auto& to) {
    return std::from_chars(text.data(), text.data() + text.size(), to).ec == std::errc();
  };
  for (int i = 1; i < argc; ++i) {
    const std::string_view flag = argv[i];
    if (flag == "--shrink") {
      options.shrinks = true;
    } else if (flag == "--hash") {
      options.prints_hash = true;
    } else if (flag == "--hashes") {
      options.prints_hashes = true;
    } else if (flag == "--backwards") {
      options.runs_backwards = true;
    } else if (flag == "--list-states") {
      options.lists_states = true;
    } else if (i + 1 == argc) {
      return std::nullopt;
    } else {
      const std::string_view value = argv[++i];
      bool is_read = true;
      if (flag == "--seed") {
        is_read = number(value, options.seed);
      } else if (flag == "--count") {
        is_read = number(value, options.count);
      } else if (flag == "--minutes") {
        is_read = number(value, options.minutes);
      } else if (flag == "--only") {
        options.only = value;
      } else if (flag == "--states") {
        options.states = value;
      } else if (flag == "--regressions") {
        options.regressions = value;
      } else {
        is_read = false;
      }
      if (!is_read) return std::nullopt;
    }
  }
  // Without a last seed there is no order back from it.
  if (options.runs_backwards && options.minutes > 0) return std::nullopt;
  return options;
}

// Each line: a seed, the acts that are kept, and the name of what failed. Lines with # are comments.
bool run_regressions(const Options& options, std::set<std::string, std::less<>>& states) {
  std::ifstream file(options.regressions);
  bool all_well = file.is_open();
  if (!all_well) std::cout << "simulate: cannot read " << options.regressions << "\n";
  for (std::string line; std::getline(file, line);) {
    if (line.empty() || line.starts_with('#')) continue;
    std::istringstream words(line);
    std::uint64_t seed = 0;
    std::string only;
    std::string name;
    words >> seed >> only;
    std::getline(words >> std::ws, name);
    std::uint64_t hash = 0;
    std::uint64_t calls = 0;
    const bool is_well = run_seed(options, seed, only == "all" ? "" : only, states, hash, calls);
    if (!is_well) {
      std::cout << "it has failed before: " << name << "\n";
      return false;
    }
  }
  return all_well;
}

bool reached_all(const Options& options, const std::set<std::string, std::less<>>& states) {
  std::ifstream file(options.states);
  bool all = file.is_open();
  if (!all) std::cout << "simulate: cannot read " << options.states << "\n";
  for (std::string line; std::getline(file, line);) {
    if (line.empty() || line.starts_with('#') || states.contains(line)) continue;
    std::cout << "a state was not reached: " << line << "\n";
    all = false;
  }
  return all;
}

}  // namespace

int main(int argc, char** argv) {
  const std::optional<Options> options = parse(argc, argv);
  if (!options) {
    std::cout << "usage: simulate [--seed N] [--count K] [--minutes M] [--shrink] [--only ACTS] "
                 "[--hash] [--hashes] [--backwards]\n"
                 "                [--list-states] [--states FILE] [--regressions FILE]\n";
    return 2;
  }
  for (const int number : {SIGABRT, SIGSEGV, SIGBUS, SIGFPE, SIGALRM})
    std::signal(number, tell_seed);
  std::set<std::string, std::less<>> states;
  if (!options->regressions.empty() && !run_regressions(*options, states)) return 1;
  const auto began = std::chrono::steady_clock::now();
  const auto seconds_passed = [began] {
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count();
  };
  std::uint64_t hash = 0;
  std::uint64_t calls = 0;
  std::uint64_t ran = 0;
  const auto goes_on = [&] {
    return options->minutes > 0 ? seconds_passed() < options->minutes * 60 : ran < options->count;
  };
  for (; goes_on(); ++ran) {
    const std::uint64_t seed =
        options->seed + (options->runs_backwards ? options->count - 1 - ran : ran);
    if (options->shrinks) {
      // In a child, because the failure may be the end of the process.
      const Script script = make_script(seed);
      const std::vector<bool> kept = kept_of(script, options->only);
      const std::string rule = broken_rule(script, kept);
      if (rule.empty()) continue;
      std::cout << "seed " << seed << " breaks a rule: " << rule << "\n";
      show(script, shrunk(script, kept, rule));
      return 1;
    }
    alarm(kLongestSeed);
    if (!run_seed(*options, seed, options->only, states, hash, calls)) {
      const Script script = make_script(seed);
      show(script, kept_of(script, options->only));
      return 1;
    }
  }
  alarm(0);
  std::cout << ran << " seeds, " << calls << " acts, no rule broken, " << states.size()
            << " states, "
            << static_cast<std::uint64_t>(static_cast<double>(ran) /
                                          std::max(seconds_passed(), 1e-9))
            << " seeds/s\n";
  if (options->prints_hash) std::cout << "trace " << std::hex << hash << std::dec << "\n";
  if (options->lists_states) {
    for (const std::string& state : states) std::cout << state << "\n";
  }
  if (!options->states.empty() && !reached_all(*options, states)) return 1;
  return 0;
}
