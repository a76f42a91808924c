#include "plugins/border.hpp"

#include <new>
#include <stdexcept>
#include <string>

#include <gtest/gtest.h>
#include <opencv2/core.hpp>

#include <aviary/error.hpp>
#include <aviary/scheduler.hpp>

#include "framework/plugins/forged_library.hpp"
#include "framework/recipe/recipes.hpp"

namespace {

using aviary::Error;
using aviary::Fault;
using aviary::plugins::guarded;
using aviary::test::message_of;
using aviary::test::odd_folder;

template <class Throw>
std::string told(const Throw& work) {
  return message_of<Error>([&] { guarded({"model m", "/p/m.so"}, work); });
}

TEST(Guarded, ReturnsWhatTheCallReturns) {
  EXPECT_EQ(guarded({"model m", "/p/m.so"}, [] { return 7; }), 7);
}

TEST(Guarded, TellsEveryExceptionInOurWords) {
  EXPECT_EQ(told([] { throw Error("too small"); }), "model m (/p/m.so): too small");
  EXPECT_EQ(told([] { throw std::bad_alloc(); }), "model m (/p/m.so) failed; the C++ library says: out of memory");
  EXPECT_EQ(told([] { throw cv::Exception(1, "bad size", "f", "x.cpp", 3); }),
            "model m (/p/m.so) failed; OpenCV says: bad size");
  EXPECT_EQ(told([] { throw 3; }), "model m (/p/m.so) failed; it says: an exception of unknown type");
}

TEST(Guarded, KeepsFaultAndDetail) {
  try {
    guarded({"model m", "/p/m.so"}, [] { throw Error("no", Fault::usage, "more"); });
    FAIL() << "nothing was thrown";
  } catch (const Error& error) {
    EXPECT_EQ(error.fault(), Fault::usage);
    EXPECT_EQ(error.detail(), "more");
  }
}

std::string made(const std::string& what) {
  static aviary::plugins::Catalogue catalogue({AVIARY_PREFIX "/lib/aviary/plugins", odd_folder / "throws_made.so"});
  const aviary::test::ScratchFolder folder;
  aviary::test::put_bytes(folder / "r.toml", aviary::test::least);
  return message_of<Error>([&] {
    aviary::recipe::read_recipe((folder / "r.toml").string(), {"scheduler.type=throws_made", "scheduler.what=" + what},
                                catalogue);
  });
}

TEST(Making, TellsWhatAPluginThrowsWithItsNameAndFile) {
  // Schedules are made when a recipe is read, to see whether they fit the training.
  const std::string who = "--set scheduler.type: scheduler throws_made (" + (odd_folder / "throws_made.so").string() + ")";
  EXPECT_EQ(made("error"), who + ": gamma is 3; expected below 1");
  EXPECT_EQ(made("out_of_range"), who + " failed; the C++ library says: index 7");
  EXPECT_EQ(made("c10"), who + " failed; LibTorch says: shapes differ");
  EXPECT_EQ(made("int"), who + " failed; it says: an exception of unknown type");
}

}  // namespace
