// Files that appear whole or not at all.
#include "base/file.h"

#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <thread>
#include <vector>

#include "poise/error.h"

namespace poise {
namespace {

namespace fs = std::filesystem;

class WriteFileWhole : public testing::Test {
 protected:
  WriteFileWhole() { fs::create_directories(folder_); }
  ~WriteFileWhole() override { fs::remove_all(folder_); }

  std::string path(const std::string& name) const { return (folder_ / name).string(); }
  static std::string content(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
  }
  std::ptrdiff_t files() const { return std::distance(fs::directory_iterator(folder_), fs::directory_iterator()); }
  static void expect_refusal(const std::string& path, const std::string& bytes) {
    try {
      write_file_whole(path, bytes);
      FAIL() << path << " was written";
    } catch (const Error& error) {
      EXPECT_EQ(error.kind(), ErrorKind::kIo);
      EXPECT_EQ(error.where().file, path);
      EXPECT_TRUE(error.found().starts_with("cannot write: ")) << error.what();
      EXPECT_EQ(error.expected(), "a writable place");
      EXPECT_NE(error.hint().find("--out"), std::string::npos) << error.what();
    }
  }

  const fs::path folder_ = fs::temp_directory_path() / ("poise-file-" + std::to_string(::getpid()));
};

TEST_F(WriteFileWhole, ReplacesWhatWasThere) {
  const std::string bytes("a\0b\n", 4);
  write_file_whole(path("a"), "something longer than that");
  write_file_whole(path("a"), bytes);
  EXPECT_EQ(content(path("a")), bytes);
  EXPECT_EQ(read_file(path("a"), 4), bytes);
  EXPECT_EQ(files(), 1);
}

TEST_F(WriteFileWhole, SaysWhyWhereAndWhatToDo) {
  expect_refusal(path("no/such/folder"), "x");
  expect_refusal(folder_.string(), "x");
  expect_refusal("/proc/poise", "x");
}

/// No file may grow beyond `bytes` while it lives.
class FileSizeLimit {
 public:
  explicit FileSizeLimit(rlim_t bytes) : handler_(std::signal(SIGXFSZ, SIG_IGN)) {
    ::getrlimit(RLIMIT_FSIZE, &before_);
    const rlimit limit{bytes, before_.rlim_max};
    ::setrlimit(RLIMIT_FSIZE, &limit);
  }
  ~FileSizeLimit() {
    ::setrlimit(RLIMIT_FSIZE, &before_);
    std::signal(SIGXFSZ, handler_);
  }
  FileSizeLimit(const FileSizeLimit&) = delete;
  FileSizeLimit& operator=(const FileSizeLimit&) = delete;

 private:
  rlimit before_{};
  void (*handler_)(int);
};

TEST_F(WriteFileWhole, KeepsTheOldFileWhenTheDiskIsFull) {
  write_file_whole(path("a"), "old");
  {
    const FileSizeLimit limit(1000);
    expect_refusal(path("a"), std::string(5000, 'x'));
  }
  EXPECT_EQ(content(path("a")), "old");
  EXPECT_EQ(files(), 1);
}

TEST_F(WriteFileWhole, FollowsLinks) {
  write_file_whole(path("a"), "old");
  fs::create_symlink("a", path("link"));
  write_file_whole(path("link"), "new");
  EXPECT_TRUE(fs::is_symlink(path("link")));
  EXPECT_EQ(content(path("a")), "new");
}

TEST_F(WriteFileWhole, WritesToAPipeAndLeavesItOne) {
  ASSERT_EQ(::mkfifo(path("pipe").c_str(), 0600), 0);
  std::string received;
  std::thread reader([&] { received = content(path("pipe")); });
  write_file_whole(path("pipe"), "through");
  reader.join();
  EXPECT_EQ(received, "through");
  EXPECT_TRUE(fs::is_fifo(path("pipe")));
}

TEST_F(WriteFileWhole, IsWholeWhenManyWriteAtOnce) {
  std::vector<std::thread> writers;
  for (char c = 'a'; c < 'e'; ++c) {
    writers.emplace_back([&, c] {
      for (int k = 0; k < 20; ++k) write_file_whole(path("a"), std::string(100000, c));
    });
  }
  for (std::thread& writer : writers) writer.join();
  const std::string last = content(path("a"));
  EXPECT_EQ(last, std::string(100000, last.at(0)));
  EXPECT_EQ(files(), 1);
}

}  // namespace
}  // namespace poise
