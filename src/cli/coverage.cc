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
Number number_in(std::string_view text) {
  Number number = 0;
  std::from_chars(text.data(), text.data() + text.size(), number);
  return number;
}

template <class Number>
Number number_of(const Node& node, std::string_view name) {
  const Node* const found = node.find(name);
  return found == nullptr ? 0 : number_in<Number>(found->text());
}

int count_of_lines(const fs::path& file) {
  const std::string text = read(file);
  const auto breaks = std::ranges::count(text, '\n');
  return static_cast<int>(breaks) + (text.empty() || text.ends_with('\n') ? 0 : 1);
}

using Counts = std::map<int, std::uint64_t>;

// How often the lines of all files ran that the reader names, the framework's too.
class AllCounts {
 public:
  explicit AllCounts(const CoverageSource& source) : source_(source) {}

  // The text that gcov prints: a line of JSON for each file of notes.
  void add_json(std::string_view text) {
    each_line(text, [&](std::string_view line) {
      const auto document = document::json_value(line);
      const Node* const files = document ? document->find("files") : nullptr;
      if (files == nullptr) return;
      for (const Node& file : files->items()) {
        begin(file.find_text("file"));
        for (const Node& one : file.find("lines")->items())
          add(number_of<int>(one, "line_number"), number_of<std::uint64_t>(one, "count"));
      }
    });
  }
  // The text that LLVM's program writes: "file:/src/hello.cc", and behind it "lcount:3,17" for line 3.
  void add_text(std::string_view text) {
    each_line(text, [&](std::string_view line) {
      constexpr std::string_view kFile = "file:";
      constexpr std::string_view kLine = "lcount:";
      if (line.starts_with(kFile)) begin(line.substr(kFile.size()));
      if (!line.starts_with(kLine)) return;
      line.remove_prefix(kLine.size());
      const std::size_t comma = std::min(line.find(','), line.size() - 1);
      add(number_in<int>(line.substr(0, comma)), number_in<std::uint64_t>(line.substr(comma + 1)));
    });
  }
  std::map<fs::path, Counts> take() { return std::move(all_); }

 private:
  template <class Each>
  static void each_line(std::string_view text, Each each) {
    while (!text.empty()) {
      const std::string_view line = text.substr(0, text.find('\n'));
      text.remove_prefix(std::min(text.size(), line.size() + 1));
      each(line);
    }
  }
  void begin(std::string_view file) {
    const fs::path path = fs::path(file).lexically_normal();
    const bool is_own =
        path.is_absolute() && !path.lexically_relative(source_.folder).native().starts_with("..");
    here_ = is_own && !(source_.is_left_out && source_.is_left_out(path)) ? &all_[path] : nullptr;
    // The framework's own lines stand behind the author's.
    last_ = here_ == nullptr ? 0 : count_of_lines(path);
  }
  void add(int line, std::uint64_t count) {
    if (here_ != nullptr && line >= 1 && line <= last_) (*here_)[line] += count;
  }

  const CoverageSource& source_;
  std::map<fs::path, Counts> all_;
  Counts* here_ = nullptr;  // of the file whose lines come; null: nobody asks for it
  int last_ = 0;
};

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
  os::Command command{.arguments = source.reader.command};
  std::vector<fs::path> written;  // by LLVM's program
  const fs::path own = source.work / "lines";
  fs::create_directories(own, error);
  for (std::size_t i = 0; i < source.notes.size(); ++i) {
    const fs::path notes = own / (std::to_string(i) + ".gcno");
    fs::copy_file(source.notes[i], notes, fs::copy_options::overwrite_existing, error);
    const fs::path ran = own / (std::to_string(i) + ".gcda");
    fs::remove(ran, error);
    const auto found = counts.find(stamp_of(source.notes[i]));
    if (found != counts.end())
      fs::copy_file(found->second, ran, fs::copy_options::overwrite_existing, error);
    command.arguments.push_back(notes.native());
    written.emplace_back(notes.native() + ".gcov");
  }
  const fs::path said = source.work / "gcov.json";
  const fs::path complaints = source.work / "gcov.txt";
  const os::Descriptor out(::open(said.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600));
  const os::Descriptor errors(
      ::open(complaints.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600));
  if (!out || !errors)
    return fail(Code::kResourceExhausted, "cannot write to " + source.work.native());
  command.folder = own.native();
  command.descriptors = {{.fd = out.get(), .as = STDOUT_FILENO},
                         {.fd = errors.get(), .as = STDERR_FILENO}};
  auto process = os::Process::start(command);
  if (!process) {
    return fail(Code::kNotFound,
                command.arguments.front() + ", which counts the lines, cannot be run: " +
                    process.error().message() + "; apt-get install " + source.reader.package);
  }
  if (process->wait().exit_code != 0)
    return fail(Code::kInternal, command.arguments.front() + " failed: " + read(complaints));

  AllCounts all(source);
  if (source.reader.kind == LineReader::Kind::kGcc) {
    all.add_json(read(said));
  } else {
    for (const fs::path& file : written) all.add_text(read(file));
  }
  Coverage coverage;
  for (auto& [path, lines] : all.take()) {
    coverage.files.push_back({.path = path,
                              .shown = path.lexically_relative(source.folder).native(),
                              .lines = std::move(lines)});
  }
  return coverage;
}

}  // namespace ofn::cli
