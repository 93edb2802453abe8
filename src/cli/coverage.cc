#include "cli/coverage.h"

#include <algorithm>
#include <charconv>
#include <cstdio>
#include <fcntl.h>
#include <fstream>
#include <iterator>
#include <string_view>
#include <system_error>
#include <unistd.h>
#include <utility>

#include "document/json.h"
#include "os/descriptor.h"
#include "os/process.h"

namespace ofn::cli {

namespace {

namespace fs = std::filesystem;
using document::Node;

std::string read(const fs::path& file) {
  std::ifstream in(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

// Notes and counts of one compilation have the same third word (gcc/gcov-io.h, "stamp").
std::string stamp_of(const fs::path& file) {
  const std::string text = read(file);
  return text.size() < 12 ? std::string() : text.substr(8, 4);
}

// gcov must be of the compiler's version: g++-12 has gcov-12.
std::string gcov_of(const std::string& compiler) {
  const std::size_t at = compiler.rfind("g++");
  if (at == std::string::npos) return "gcov";
  return compiler.substr(0, at) + "gcov" + compiler.substr(at + 3);
}

std::string percent_of(std::size_t covered, std::size_t lines) {
  char text[32];
  std::snprintf(
      text, sizeof text, "%.1f",
      lines == 0 ? 100.0 : 100.0 * static_cast<double>(covered) / static_cast<double>(lines));
  return text;
}

struct Range {
  int first;
  int last;
};

// Lines without code between two lines that did not run belong to the range.
std::vector<Range> not_run(const std::map<int, std::uint64_t>& lines) {
  std::vector<Range> ranges;
  bool goes_on = false;
  for (const auto& [line, count] : lines) {
    if (count == 0 && goes_on) {
      ranges.back().last = line;
    } else if (count == 0) {
      ranges.push_back({.first = line, .last = line});
    }
    goes_on = count == 0;
  }
  return ranges;
}

std::string text_of(const Range& range) {
  const std::string first = std::to_string(range.first);
  return range.first == range.last ? first : first + "-" + std::to_string(range.last);
}

template <class Number>
Number number_of(const Node& node, std::string_view name) {
  const Node* const found = node.find(name);
  Number number = 0;
  if (found != nullptr)
    std::from_chars(found->text().data(), found->text().data() + found->text().size(), number);
  return number;
}

int count_of_lines(const fs::path& file) {
  const std::string text = read(file);
  const auto breaks = std::ranges::count(text, '\n');
  return static_cast<int>(breaks) + (text.empty() || text.ends_with('\n') ? 0 : 1);
}

}  // namespace

std::size_t Coverage::File::covered() const {
  return static_cast<std::size_t>(
      std::ranges::count_if(lines, [](const auto& line) { return line.second > 0; }));
}

std::size_t Coverage::covered() const {
  std::size_t sum = 0;
  for (const File& file : files) sum += file.covered();
  return sum;
}

std::size_t Coverage::lines() const {
  std::size_t sum = 0;
  for (const File& file : files) sum += file.lines.size();
  return sum;
}

std::string Coverage::text() const {
  std::size_t width = 0;
  for (const File& file : files) width = std::max(width, file.shown.size());
  std::string text;
  for (const File& file : files) {
    char counts[64];
    std::snprintf(counts, sizeof counts, "%5zu/%zu lines %6s %%", file.covered(), file.lines.size(),
                  percent_of(file.covered(), file.lines.size()).c_str());
    text += file.shown + std::string(width - file.shown.size(), ' ') + counts;
    std::string ranges;
    for (const Range& range : not_run(file.lines))
      ranges += (ranges.empty() ? "  not run: " : ", ") + text_of(range);
    text += ranges + "\n";
  }
  return text + std::to_string(covered()) + " of " + std::to_string(lines()) + " lines ran (" +
         percent_of(covered(), lines()) + " %)\n";
}

Node Coverage::json() const {
  const auto number = [](const std::string& text) {
    return Node::scalar(Node::Kind::kNumber, text);
  };
  Node list = Node::list();
  for (const File& file : files) {
    Node ranges = Node::list();
    for (const Range& range : not_run(file.lines))
      ranges.add(
          Node::object({{"first", Node::number(range.first)}, {"last", Node::number(range.last)}}));
    Node one = Node::object({{"file", file.shown},
                             {"covered", Node::number(file.covered())},
                             {"lines", Node::number(file.lines.size())},
                             {"percent", number(percent_of(file.covered(), file.lines.size()))}});
    one.set("not_run", std::move(ranges));
    list.add(std::move(one));
  }
  Node all = Node::object({{"covered", Node::number(covered())},
                           {"lines", Node::number(lines())},
                           {"percent", number(percent_of(covered(), lines()))}});
  all.set("files", std::move(list));
  return all;
}

std::string Coverage::lcov() const {
  std::string text;
  for (const File& file : files) {
    text += "TN:\nSF:" + file.path.native() + "\n";
    for (const auto& [line, count] : file.lines)
      text += "DA:" + std::to_string(line) + "," + std::to_string(count) + "\n";
    text += "LF:" + std::to_string(file.lines.size()) + "\nLH:" + std::to_string(file.covered()) +
            "\nend_of_record\n";
  }
  return text;
}

Result<Coverage> read_coverage(const CoverageSource& source) {
  std::error_code error;
  std::map<std::string, fs::path> counts;  // by their stamps
  for (auto entry = fs::recursive_directory_iterator(source.counts, error);
       !error && entry != fs::recursive_directory_iterator(); entry.increment(error)) {
    if (entry->path().extension() == ".gcda") counts[stamp_of(entry->path())] = entry->path();
  }
  os::Command command{.arguments = {gcov_of(source.compiler), "--json-format", "--stdout"}};
  for (std::size_t i = 0; i < source.notes.size(); ++i) {
    const fs::path own = source.work / ("lines" + std::to_string(i));
    fs::create_directories(own, error);
    fs::copy_file(source.notes[i], own / "lines.gcno", fs::copy_options::overwrite_existing, error);
    fs::remove(own / "lines.gcda", error);
    const auto found = counts.find(stamp_of(source.notes[i]));
    if (found != counts.end())
      fs::copy_file(found->second, own / "lines.gcda", fs::copy_options::overwrite_existing, error);
    command.arguments.push_back((own / "lines.gcno").native());
  }
  const fs::path said = source.work / "gcov.json";
  const fs::path complaints = source.work / "gcov.txt";
  const os::Descriptor out(::open(said.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600));
  const os::Descriptor errors(
      ::open(complaints.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600));
  if (!out || !errors)
    return fail(Code::kResourceExhausted, "cannot write to " + source.work.native());
  command.folder = source.work.native();
  command.descriptors = {{.fd = out.get(), .as = STDOUT_FILENO},
                         {.fd = errors.get(), .as = STDERR_FILENO}};
  auto process = os::Process::start(command);
  if (!process) {
    return fail(Code::kNotFound, command.arguments.front() +
                                     ", which counts the lines, cannot be run: " +
                                     process.error().message() + "; apt-get install g++");
  }
  if (process->wait().exit_code != 0)
    return fail(Code::kInternal, command.arguments.front() + " failed: " + read(complaints));

  std::map<fs::path, std::map<int, std::uint64_t>> all;
  const std::string text = read(said);
  for (std::string_view rest = text; !rest.empty();) {
    const std::string_view line = rest.substr(0, rest.find('\n'));
    rest.remove_prefix(std::min(rest.size(), line.size() + 1));
    const auto document = document::json_value(line);
    const Node* const files = document ? document->find("files") : nullptr;
    if (files == nullptr) continue;
    for (const Node& file : files->items()) {
      const fs::path path = fs::path(file.find_text("file")).lexically_normal();
      const bool is_own =
          path.is_absolute() && !path.lexically_relative(source.folder).native().starts_with("..");
      if (!is_own || (source.is_left_out && source.is_left_out(path))) continue;
      // The framework's own lines stand behind the author's.
      const int last = count_of_lines(path);
      for (const Node& one : file.find("lines")->items()) {
        const int number = number_of<int>(one, "line_number");
        if (number >= 1 && number <= last)
          all[path][number] += number_of<std::uint64_t>(one, "count");
      }
    }
  }
  Coverage coverage;
  for (auto& [path, lines] : all) {
    coverage.files.push_back({.path = path,
                              .shown = path.lexically_relative(source.folder).native(),
                              .lines = std::move(lines)});
  }
  return coverage;
}

}  // namespace ofn::cli
