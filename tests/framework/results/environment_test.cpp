#include "results/environment.hpp"

#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <sstream>
#include <string>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <aviary/error.hpp>

#include "framework/weights/scratch_folder.hpp"
#include "results/blas.hpp"

namespace {

namespace fs = std::filesystem;

using aviary::results::blas_library;
using aviary::results::describe_environment;
using aviary::results::reference_blas;
using aviary::test::message_of;
using aviary::test::put_bytes;
using aviary::test::ScratchFolder;
using nlohmann::json;

constexpr const char* hash_of_abc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";

/// Works in a scratch folder, where git looks at nothing but what the test makes.
class Environment : public testing::Test {
 protected:
  Environment() : before_(fs::current_path()) { fs::current_path(folder_.path()); }
  ~Environment() override { fs::current_path(before_); }

  ScratchFolder folder_;

 private:
  fs::path before_;
};

TEST_F(Environment, TellsWhatTheCallerKnows) {
  put_bytes(folder_ / "step.so", "abc");
  const std::chrono::system_clock::time_point started{std::chrono::milliseconds(1'795'560'841'007)};
  const json environment = describe_environment({"cuda:0", 2, 3, {folder_ / "step.so"}, {"aviary", "train", "tiny"}, started});
  EXPECT_EQ(environment["device"], "cuda:0");
  EXPECT_EQ(environment["threads"], 2);
  EXPECT_EQ(environment["workers"], 3);
  EXPECT_EQ(environment["command_line"], json({"aviary", "train", "tiny"}));
  EXPECT_EQ(environment["started"], "2026-11-24T22:54:01.007Z");
  EXPECT_EQ(environment["plugins"], json::array({{{"file", (folder_ / "step.so").string()}, {"sha256", hash_of_abc}}}));
}

TEST_F(Environment, TellsWhatItRunsOn) {
  const json environment = describe_environment({});
  for (const char* key : {"aviary", "libtorch", "opencv", "compiler"}) {
    EXPECT_FALSE(environment["versions"].value(key, "").empty()) << key;
  }
  EXPECT_GE(environment["machine"].value("cores", 0), 1);
  EXPECT_GT(environment["machine"].value("memory", 0.0), 1e8);
  EXPECT_TRUE(environment["machine"].value("kernel", "").starts_with("Linux "));
  EXPECT_TRUE(environment["machine"].contains("name"));
  EXPECT_TRUE(environment["machine"].contains("cpu"));
  EXPECT_TRUE(environment.contains("blas"));
}

TEST_F(Environment, HasNoGitStateOutsideOfARepository) { EXPECT_FALSE(describe_environment({}).contains("git")); }

TEST_F(Environment, TellsTheCommitAndWhetherFilesDiffer) {
  const std::string commit =
      "git init -q . 2>/dev/null && echo one >file && git add file && "
      "git -c user.name=A -c user.email=a@b -c commit.gpgsign=false commit -q --no-verify -m first";
  if (std::system(commit.c_str()) != 0) GTEST_SKIP() << "no git here";
  put_bytes(folder_ / "not-added", "");
  const json clean = describe_environment({});
  EXPECT_EQ(clean["git"].value("commit", "").size(), 40U);
  EXPECT_EQ(clean["git"]["dirty"], false);
  put_bytes(folder_ / "file", "two");
  EXPECT_EQ(describe_environment({})["git"]["dirty"], true);
}

std::string library_among(const std::string& maps) {
  std::istringstream in(maps);
  return blas_library(in);
}

TEST(BlasLibrary, IsFoundInTheMemoryMap) {
  EXPECT_EQ(library_among("7f00-7f01 r-xp 00000000 08:01 12 /usr/bin/aviary\n"
                          "7f02-7f03 rw-p 00000000 00:00 0 \n"
                          "7f04-7f05 r-xp 00000000 08:01 13 /usr/lib/x86_64-linux-gnu/blas/libblas.so.3.11.0\n"),
            "/usr/lib/x86_64-linux-gnu/blas/libblas.so.3.11.0");
  EXPECT_EQ(library_among("7f00-7f01 r-xp 00000000 08:01 12 /usr/bin/aviary\n"), "");
}

TEST(BlasLibrary, IsWhatStandsBehindAFront) {
  EXPECT_EQ(library_among("7f04-7f05 r-xp 00000000 08:01 13 /usr/lib/openblas-pthread/libblas.so.3\n"
                          "7f06-7f07 r-xp 00000000 08:01 14 /usr/lib/openblas-pthread/libopenblasp-r0.3.21.so\n"),
            "/usr/lib/openblas-pthread/libopenblasp-r0.3.21.so");
}

TEST(BlasLibrary, IsTheReferenceInItsOwnFolderOnly) {
  EXPECT_TRUE(reference_blas("/usr/lib/x86_64-linux-gnu/blas/libblas.so.3.11.0"));
  EXPECT_FALSE(reference_blas("/usr/lib/x86_64-linux-gnu/openblas-pthread/libblas.so.3"));
  EXPECT_FALSE(reference_blas("/usr/lib/x86_64-linux-gnu/atlas/libblas.so.3.10.3"));
  EXPECT_FALSE(reference_blas(""));
}

TEST(BlasLibrary, OfThisProcessIsAFile) {
  const std::string library = blas_library();
  EXPECT_TRUE(library.empty() || fs::is_regular_file(library)) << library;
  EXPECT_EQ(reference_blas(), reference_blas(library));
}

}  // namespace
