#include "simulation/script.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <string_view>

#include "base/random.h"

namespace ofn::simulation {

namespace {

using std::chrono::microseconds;
using std::chrono::milliseconds;
using std::chrono::seconds;

struct Dice {
  explicit Dice(std::uint64_t seed) : random(seed) {}
  unsigned below(unsigned count) { return static_cast<unsigned>(random() % count); }
  bool one_in(unsigned count) { return below(count) == 0; }
  // The first `usual` of ten go to the first value.
  template <class T>
  T mostly(unsigned usual, unsigned count) {
    return below(10) < usual ? T{} : static_cast<T>(below(count));
  }
  Random random;
};

constexpr std::array<std::string_view, 10> kActs = {
    "request",      "request2",        "deliver", "cut sidecar", "refuse sidecar",
    "dead sidecar", "restart sidecar", "jump",    "no threads",  "stop"};
constexpr std::array<std::string_view, 8> kDoes = {
    "returns", "throws",          "refuses",      "fails",
    "sleeps",  "sleeps too long", "returns much", "waits for stop"};
constexpr std::array<std::string_view, 6> kTakes = {
    "accepts", "accepts late", "refuses", "is unavailable", "never answers", "is exhausted"};
constexpr std::array<std::string_view, 7> kManners = {
    "good", "slow sender", "slow reader", "broken off", "leaves", "half-closes", "dead"};
constexpr std::array<std::string_view, 7> kForms = {
    "plain", "writer", "writer task", "reader", "reader task", "reader and writer", "task"};
constexpr std::array<std::string_view, 5> kInputs = {"binding", "topic", "ordered", "limited",
                                                     "bulk"};

template <class Enum, std::size_t N>
std::string_view name(const std::array<std::string_view, N>& names, Enum value) {
  return names[static_cast<std::size_t>(value)];
}

// What came to the simulation later has a generator of its own, so that a seed keeps the rest of its script.
void widen(Script& script) {
  Dice dice(script.setting.seed * 2 + 0x2545f491);
  Setting& setting = script.setting;
  setting.by_http = setting.is_async && dice.one_in(3);
  setting.by_task = setting.is_async && dice.one_in(3);
  setting.has_forms = !setting.is_async && dice.one_in(2);
  setting.starves = dice.one_in(6);
  if (dice.one_in(5)) {
    // Just when a call begins, or at some time.
    const Op& near = script.ops[dice.below(static_cast<unsigned>(script.ops.size()))];
    setting.reload_at = near.at + microseconds(dice.below(dice.one_in(2) ? 3000 : 500'000));
  }
  if (!setting.has_forms) return;
  // A function that waits on its loop's thread needs another thread for the loop.
  static constexpr std::array<Form, 4> kOnLoops = {Form::kPlain, Form::kWritesLater,
                                                   Form::kReadsLater, Form::kLater};
  for (Op& op : script.ops) {
    if (op.act > Act::kRequest2 || dice.one_in(4)) continue;
    op.form = setting.stays_on_loops ? kOnLoops[dice.below(kOnLoops.size())]
                                     : static_cast<Form>(dice.below(kForms.size()));
    const bool reads =
        op.form == Form::kReads || op.form == Form::kReadsLater || op.form == Form::kBoth;
    if (reads && op.manner != Manner::kSlowSender && dice.one_in(8))
      op.body = dice.below(kMostBody);
  }
}

}  // namespace

Script make_script(std::uint64_t seed) {
  Dice dice(seed * 2 + 1);
  Script script;
  Setting& setting = script.setting;
  setting.seed = seed;
  setting.is_async = dice.one_in(2);
  setting.loops = 1 + dice.below(2);
  setting.outputs = dice.below(3);
  setting.concurrency = dice.one_in(3) ? 1 + dice.below(3) : 8 + dice.below(24);
  setting.queue = dice.one_in(3) ? dice.below(4) : 16 + dice.below(50);
  if (dice.one_in(4)) setting.memory = std::size_t{256} << (10U + dice.below(4));
  setting.timeout = dice.one_in(3) ? milliseconds(200 + dice.below(2000)) : seconds(10);
  if (dice.one_in(3)) setting.delay = milliseconds(1 + dice.below(40));
  setting.stays_on_loops = !setting.is_async && dice.one_in(4);
  setting.breaks_up = dice.one_in(5);
  setting.skips = dice.one_in(3) ? 2 : 16;
  if (dice.one_in(2)) setting.drain_delay = milliseconds(dice.below(3000));

  const unsigned calls = 20 + dice.below(60);
  const unsigned whole = 100 + dice.below(4000);  // ms
  const unsigned usual = 5 + dice.below(5);       // of ten calls have no fault
  const unsigned connections = 1 + dice.below(8);
  const bool is_calm = dice.one_in(3);
  for (unsigned i = 0; i < calls; ++i) {
    Op op;
    op.at = microseconds(dice.below(whole * 1000));
    op.act = setting.is_async ? Act::kDeliver : dice.one_in(3) ? Act::kRequest2 : Act::kRequest;
    op.does = dice.mostly<Does>(usual, setting.stays_on_loops ? 4 : 8);
    op.takes = dice.mostly<Takes>(usual, 6);
    op.manner = is_calm || usual == 9 ? Manner::kGood : dice.mostly<Manner>(usual, 7);
    op.input = static_cast<Input>(dice.below(5));
    op.who = dice.below(connections);
    op.amount = op.does == Does::kReturnsMuch ? 1 + dice.below(150'000) : 1 + dice.below(900);
    op.body = dice.one_in(6) ? dice.below(30'000) : dice.below(100);
    script.ops.push_back(op);
  }
  const unsigned faults = is_calm ? 0 : dice.below(6);
  for (unsigned i = 0; i < faults; ++i) {
    Op op;
    op.at = microseconds(dice.below(whole * 1000));
    op.act = static_cast<Act>(static_cast<unsigned>(Act::kCutSidecar) + dice.below(6));
    op.amount = 1 + dice.below(op.act == Act::kJump ? 8000 : 2500);
    script.ops.push_back(op);
  }
  // The stop comes while much is under way, or just when a call begins, or later.
  Duration end = milliseconds(whole + dice.below(30'000));
  if (dice.one_in(3)) end = milliseconds(dice.below(whole));
  if (dice.one_in(3)) {
    const Op& near = script.ops[dice.below(calls)];
    end = near.at + Duration(static_cast<Duration::rep>(
                        dice.random() % static_cast<std::uint64_t>(3 * setting.delay.count())));
    setting.drain_delay = {};
  }
  script.ops.push_back({.at = end, .act = Act::kStop});
  std::ranges::sort(script.ops, {}, &Op::at);
  widen(script);
  script.stop = static_cast<std::size_t>(std::ranges::find(script.ops, Act::kStop, &Op::act) -
                                         script.ops.begin());
  return script;
}

std::string text_of(const Script& script, const std::vector<bool>& kept) {
  const Setting& s = script.setting;
  const auto ms = [](Duration time) {
    return std::to_string(std::chrono::duration_cast<microseconds>(time).count()) + " us";
  };
  std::string text =
      "seed " + std::to_string(s.seed) + (s.is_async ? ", deliveries" : ", requests") + ", loops " +
      std::to_string(s.loops) + ", outputs " + std::to_string(s.outputs) + ", concurrency " +
      std::to_string(s.concurrency) + ", queue " + std::to_string(s.queue) + ", memory " +
      std::to_string(s.memory) + ", timeout " + ms(s.timeout) + ", delay " + ms(s.delay) +
      (s.by_http ? ", over HTTP" : "") + (s.by_task ? ", a task" : "") +
      (s.starves ? ", starving" : "") + (s.has_forms ? ", all forms" : "") +
      (s.stays_on_loops ? ", on loops" : "") + (s.breaks_up ? ", broken up" : "") +
      ", drain delay " + ms(s.drain_delay) +
      (s.reload_at == Duration::max() ? "" : ", reload at " + ms(s.reload_at)) + "\n";
  for (std::size_t i = 0; i < script.ops.size(); ++i) {
    if (!kept[i]) continue;
    const Op& op = script.ops[i];
    text += "  " + std::to_string(i) + " at " + ms(op.at) + ": " + std::string(name(kActs, op.act));
    if (op.act <= Act::kDeliver) {
      text += " k" + std::to_string(key_of(i, 0)) + ", function " +
              (op.form == Form::kPlain ? "" : std::string(name(kForms, op.form)) + " ") +
              std::string(name(kDoes, op.does)) + ", sidecar " +
              std::string(name(kTakes, op.takes));
      if (op.act == Act::kDeliver) {
        text += ", " + std::string(name(kInputs, op.input));
      } else {
        text += ", connection " + std::to_string(op.who) + ", caller " +
                std::string(name(kManners, op.manner)) + ", body " + std::to_string(op.body);
      }
    }
    text += ", amount " + std::to_string(op.amount) + "\n";
  }
  return text;
}

std::string form_name(Form form) { return std::string(name(kForms, form)); }

std::string data_of(unsigned key) { return "k" + std::to_string(key) + " "; }

unsigned key_in(std::string_view text) {
  if (text.starts_with('/')) text.remove_prefix(text.rfind('/') + 1);
  unsigned key = kNoKey;
  if (!text.starts_with('k')) return kNoKey;
  text.remove_prefix(1);
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), key);
  return error == std::errc() ? key : kNoKey;
}

std::string path_of(const Op& op, unsigned key) {
  static constexpr std::array<std::string_view, kForms.size()> kFolders = {
      "/", "/w/", "/wt/", "/r/", "/rt/", "/b/", "/t/"};
  return std::string(name(kFolders, op.form)) + 'k' + std::to_string(key);
}

std::string_view body_of(const Op& op, unsigned key) {
  // Neighbouring bytes differ, so that a lost or doubled piece shows.
  static const std::string bytes = [] {
    std::string all;
    for (unsigned i = 0; all.size() < kMostBody + 100; ++i) all += std::to_string(i);
    return all;
  }();
  return std::string_view(bytes).substr(key % 100, op.body);
}

std::string answer_of(const Script& script, unsigned key) {
  const Op& op = script.ops[op_of(key)];
  std::string answer = data_of(key) + "done";
  if (op.does == Does::kReturnsMuch) answer.append(op.amount, static_cast<char>('a' + key % 26));
  return answer;
}

}  // namespace ofn::simulation
