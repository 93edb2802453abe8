#include "loader/cache.h"

#include <ctime>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "loader/digest.h"
#include "testing/temporary_directory.h"

namespace ofn::loader {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;

class CacheTest : public testing::Test {
 protected:
  Cache open() {
    const fs::path directory = temporary_.path() / "cache";
    return std::move(Cache::open(std::span(&directory, 1), log_)).value();
  }
  // Keeps `content` as made from `dependencies`, which must all exist.
  fs::path keep(const Cache& cache, const std::string& content,
                std::vector<std::string> dependencies) {
    const std::int64_t begin = Cache::begin();
    const fs::path made = cache.scratch(".o");
    EXPECT_TRUE(write_atomically(made, content));
    return cache.keep("key", ".o", made, dependencies, begin).value();
  }

  TemporaryDirectory temporary_;
  NullLog log_;
};

TEST(Digest, TellsContentApart) {
  EXPECT_EQ(Digest().add("ab").add("c").hex(), Digest().add("ab").add("c").hex());
  EXPECT_NE(Digest().add("ab").add("c").hex(), Digest().add("a").add("bc").hex());
  EXPECT_NE(Digest().add("").hex(), Digest().hex());
  // The digest of nothing is the specification's offset basis (FNV-1a, 128 bits).
  EXPECT_EQ(Digest().hex(), "6c62272e07bb014262b821756295c58d");
}

TEST(ReadFile, ReturnsEveryByte) {
  const TemporaryDirectory folder;
  for (const std::size_t size : {0U, 1U, 2U, 1000U, 300'000U}) {
    std::string text(size, 'x');
    if (size > 1) text.back() = '\0';
    EXPECT_EQ(read_file(folder.write("file", text)), text) << size;
  }
  EXPECT_EQ(read_file(folder.path()), std::nullopt);
  EXPECT_EQ(read_file(folder.path() / "none"), std::nullopt);
  // The kernel gives the size of this file as 0.
  EXPECT_THAT(read_file("/proc/self/status").value_or(""), ::testing::HasSubstr("\nPid:"));
}

TEST_F(CacheTest, FindsWhatItKeptUntilADependencyChanges) {
  const Cache cache = open();
  const std::string header = temporary_.write("a b.h", "one");
  EXPECT_EQ(cache.find("key", ".o"), std::nullopt);
  const fs::path first = keep(cache, "made of one", {header});
  EXPECT_EQ(cache.find("key", ".o"), first);
  EXPECT_EQ(cache.find("key", ".so"), std::nullopt);

  temporary_.write("a b.h", "two");
  EXPECT_EQ(cache.find("key", ".o"), std::nullopt);
  const fs::path second = keep(cache, "made of two", {header});
  EXPECT_NE(second, first);
  EXPECT_EQ(cache.find("key", ".o"), second);

  temporary_.write("a b.h", "one");  // the first content again, with another stamp
  EXPECT_EQ(cache.find("key", ".o"), first);
  EXPECT_EQ(read_file(first), "made of one");

  fs::remove(header);
  EXPECT_EQ(cache.find("key", ".o"), std::nullopt);
}

TEST_F(CacheTest, WhatChangedMeanwhileIsNotFoundAgain) {
  const Cache cache = open();
  const std::int64_t begin = Cache::begin();
  const std::string header = temporary_.write("a.h", "changed after the beginning");
  const fs::path made = cache.scratch(".o");
  ASSERT_TRUE(write_atomically(made, "made of what?"));
  const auto kept = cache.keep("key", ".o", made, std::vector{header}, begin);
  ASSERT_TRUE(kept);
  EXPECT_EQ(read_file(*kept), "made of what?");
  EXPECT_EQ(cache.find("key", ".o"), std::nullopt);
}

TEST_F(CacheTest, WaitsForNoTickIfItKnowsThatAllFilesAreOlder) {
  const Cache cache = open();
  const std::string header = temporary_.write("a.h", "old");
  keep(cache, "made of old", {header});  // waits for a tick
  ASSERT_TRUE(cache.find("key", ".o"));
  const std::vector<std::string> known = {"key"};
  const std::vector<std::string> partly = {"key", "other key"};
  const auto waits = [&](std::span<const std::string> keys) {
    timespec before{};
    ::clock_gettime(CLOCK_REALTIME, &before);
    return cache.begin(keys) >= before.tv_sec * 1'000'000'000 + before.tv_nsec;
  };
  EXPECT_TRUE(waits(partly));
  EXPECT_FALSE(waits(known));

  const std::int64_t begin = cache.begin(known);
  temporary_.write("a.h", "new");
  const fs::path made = cache.scratch(".o");
  ASSERT_TRUE(write_atomically(made, "made of what?"));
  ASSERT_TRUE(cache.keep("key", ".o", made, std::vector{header}, begin));
  EXPECT_EQ(cache.find("key", ".o"), std::nullopt);
}

TEST_F(CacheTest, WaitsIfAFileMayBeAsNewAsTheTick) {
  const Cache cache = open();
  const std::string header = temporary_.write("a.h", "old");
  keep(cache, "made of old", {header});
  const std::vector<std::string> keys = {"key"};
  for (int i = 0; i < 20; ++i) {
    temporary_.write("a.h", std::to_string(i));
    ASSERT_EQ(cache.find("key", ".o"), std::nullopt);
    const std::int64_t begin = cache.begin(keys);
    const fs::path made = cache.scratch(".o");
    ASSERT_TRUE(write_atomically(made, "made"));
    const auto kept = cache.keep("key", ".o", made, std::vector{header}, begin);
    EXPECT_EQ(cache.find("key", ".o"), kept.value()) << "a file saved just before is not known";
  }
}

TEST_F(CacheTest, ReadsNoFileAgainThatAManifestKnows) {
  const Cache cache = open();
  const std::string known = temporary_.write("known.h", "x");
  const std::string saved = temporary_.write("saved.h", "x");
  keep(cache, "made", {known, saved});
  // A digest that only the manifest can have told.
  const std::string told(32, 'a');
  const fs::path manifest = cache.directory() / "key.deps";
  std::string text = read_file(manifest).value();
  text.replace(text.rfind(Digest().add("x").hex(), text.find(known)), told.size(), told);
  ASSERT_TRUE(write_atomically(manifest, text));
  temporary_.write("saved.h", "y");
  EXPECT_EQ(cache.find("key", ".o"), std::nullopt);
  keep(cache, "made again", {known, saved});
  text = read_file(manifest).value();
  EXPECT_NE(text.find(told), std::string::npos);
  EXPECT_NE(text.find(Digest().add("y").hex()), std::string::npos);

  temporary_.write("known.h", "z");
  EXPECT_EQ(cache.find("key", ".o"), std::nullopt);
  keep(cache, "made once more", {known, saved});
  EXPECT_EQ(read_file(manifest).value().find(told), std::string::npos);
}

TEST_F(CacheTest, KeepsTheVariantsOfAKeyBesideEachOther) {
  const Cache cache = open();
  const std::string library = temporary_.write("library.a", "x");
  const auto keep_variant = [&](const std::string& variant) {
    const std::int64_t begin = Cache::begin();
    const fs::path made = cache.scratch(".so");
    EXPECT_TRUE(write_atomically(made, variant));
    return cache.keep("key", ".so", made, std::vector{library}, begin, variant).value();
  };
  const fs::path one = keep_variant("one");
  const fs::path two = keep_variant("two");
  EXPECT_EQ(cache.find("key", ".so", nullptr, "one"), one);
  EXPECT_EQ(cache.find("key", ".so", nullptr, "two"), two);
  EXPECT_EQ(cache.find("key", ".so", nullptr, "three"), std::nullopt);
  EXPECT_EQ(cache.find("key", ".so"), std::nullopt);
  temporary_.write("library.a", "y");
  EXPECT_EQ(cache.find("key", ".so", nullptr, "one"), std::nullopt);
}

TEST_F(CacheTest, ADamagedManifestIsAMiss) {
  const Cache cache = open();
  keep(cache, "x", {temporary_.write("a.h", "")});
  for (const char* text :
       {"", "ofn-cache 2", "ofn-cache 1\n", "ofn-cache 2\nabc", "ofn-cache 2\n1 2 3 x\n"}) {
    ASSERT_TRUE(write_atomically(cache.directory() / "key.deps", text));
    EXPECT_EQ(cache.find("key", ".o"), std::nullopt) << text;
  }
}

TEST_F(CacheTest, ADamagedResultIsAMiss) {
  const Cache cache = open();
  const std::string header = temporary_.write("a.h", "");
  const fs::path result = keep(cache, "content", {header});
  for (const char* damaged : {"", "conten", "content and more"}) {
    ASSERT_TRUE(write_atomically(result, damaged));
    EXPECT_EQ(cache.find("key", ".o"), std::nullopt) << damaged;
    EXPECT_EQ(keep(cache, "content", {header}), result);
    EXPECT_EQ(cache.find("key", ".o"), result) << damaged;
  }
  for (const char* size : {"", "x", "6\n", "70\n"}) {
    ASSERT_TRUE(write_atomically(result.native() + ".size", size));
    EXPECT_EQ(cache.find("key", ".o"), std::nullopt) << size;
  }
}

TEST_F(CacheTest, FindsWhatWasMadeOfAFileOfAnyName) {
  const Cache cache = open();
  for (const char* name : {"a b", "a\nb", "a\\nb", "\\", "\n", "a\\\n", " a", "\"'"}) {
    const fs::path result = keep(cache, "of a strange name", {temporary_.write(name, "x")});
    EXPECT_EQ(cache.find("key", ".o"), result) << name;
  }
}

TEST_F(CacheTest, WhatAKilledProcessLeftIsRemoved) {
  const auto count = [&] {
    const fs::directory_iterator all(temporary_.path() / "cache");
    return std::distance(begin(all), end(all));
  };
  const Cache first = open();
  fs::create_directory(first.directory() / "tmp-left");
  temporary_.write("cache/tmp-left/tmp-x.h.gch", "much");
  temporary_.write("cache/tmp-of-an-older-version.cc", "x");
  temporary_.write("cache/tmp-just-made.cc", "x");
  const auto long_ago = fs::file_time_type::clock::now() - std::chrono::hours(2);
  fs::last_write_time(first.directory() / "tmp-of-an-older-version.cc", long_ago);
  const fs::path mine = first.scratch(".o");
  ASSERT_TRUE(write_atomically(mine, "still needed"));
  EXPECT_EQ(count(), 4);
  {
    const Cache second = open();
    EXPECT_EQ(count(), 2);
    EXPECT_TRUE(fs::exists(mine)) << "its process is running";
    second.trim(0);
    EXPECT_TRUE(fs::exists(mine)) << "its process is running";
    ASSERT_TRUE(write_atomically(second.scratch(".o"), "x"));
    EXPECT_EQ(count(), 3);
  }
  EXPECT_EQ(count(), 2) << "a cache removes its own folder";
}

TEST_F(CacheTest, OnlyAPrivateDirectoryIsUsed) {
  const fs::path lax = temporary_.path() / "lax";
  fs::create_directory(lax);
  ::chmod(lax.c_str(), 0755);
  const fs::path real = temporary_.path() / "real";
  fs::create_directory(real);
  ::chmod(real.c_str(), 0700);
  const fs::path link = temporary_.path() / "link";
  fs::create_directory_symlink(real, link);
  const fs::path file = temporary_.write("file", "");
  const fs::path below_file = fs::path(file) / "cache";
  const fs::path good = temporary_.path() / "deep" / "good";

  const std::vector<fs::path> candidates = {lax, link, file, below_file, good};
  EXPECT_EQ(Cache::open(candidates, log_)->directory(), good);
  struct stat status{};
  ASSERT_EQ(::stat(good.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777, 0700U);

  fs::path own;
  {
    const auto cache = Cache::open(std::span(candidates).first(1), log_);
    ASSERT_TRUE(cache);
    own = cache->directory();
    EXPECT_EQ(own.parent_path(), temporary_.path());
    EXPECT_NE(own, lax);
  }
  EXPECT_FALSE(fs::exists(own));
}

TEST_F(CacheTest, TrimsWhatWasUsedLongestAgo) {
  const Cache cache = open();
  const auto put = [&](const char* name, std::int64_t age) {
    const fs::path path = cache.directory() / name;
    EXPECT_TRUE(write_atomically(path, std::string(1000, 'x')));
    const std::int64_t used = std::time(nullptr) - age;
    const std::array<timespec, 2> times = {timespec{used, 0}, timespec{used, 0}};
    ::utimensat(AT_FDCWD, path.c_str(), times.data(), 0);
    return path;
  };
  const fs::path old = put("old", 5000);
  const fs::path newer = put("newer", 1000);
  const fs::path fresh = put("fresh", 0);
  cache.trim(3000);
  EXPECT_TRUE(fs::exists(old));
  cache.trim(2000);
  EXPECT_FALSE(fs::exists(old));
  EXPECT_TRUE(fs::exists(newer));
  cache.trim(0);
  EXPECT_FALSE(fs::exists(newer));
  EXPECT_TRUE(fs::exists(fresh));
}

TEST(CacheDirectories, FollowTheEnvironment) {
  const fs::path own = "ofn-" + std::to_string(::geteuid());
  EXPECT_THAT(default_cache_dirs("/home/a", "", ""),
              ElementsAre("/home/a/.cache/ofn/programs", "/tmp" / own));
  EXPECT_THAT(default_cache_dirs("/home/a", "/x", "/var/tmp"),
              ElementsAre("/x/ofn/programs", "/var/tmp" / own));
  EXPECT_THAT(default_cache_dirs("", "relative", ""), ElementsAre("/tmp" / own));
}

TEST(Dependencies, AreReadAsMakeDoes) {
  EXPECT_THAT(parse_dependencies("a.o: a.cc \\\n  my\\ dir/b.h c$$.h\n"),
              ElementsAre("a.cc", "my dir/b.h", "c$.h"));
  EXPECT_THAT(parse_dependencies("a.so: x.o\n\nx.o:\n\ny.o:\n"), ElementsAre("x.o"));
  EXPECT_THAT(parse_dependencies(""), ElementsAre());
}

TEST(Dependencies, OfLinkersAreOneALine) {
  // GNU ld and gold; mold.
  EXPECT_THAT(
      parse_link_dependencies("a.so: \\\n  x.o \\\n  my dir/liba.a\n\nx.o:\n\nmy dir/liba.a:\n"),
      ElementsAre("x.o", "my dir/liba.a"));
  EXPECT_THAT(parse_link_dependencies("a.so: x.o my dir/liba.a\n\nx.o:\n\nmy dir/liba.a:"),
              ElementsAre("x.o", "my dir/liba.a"));
  EXPECT_THAT(parse_link_dependencies("a.so: \\\n  x.o\n:\n"), ElementsAre());
}

}  // namespace
}  // namespace ofn::loader
