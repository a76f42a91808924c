#include "distributed/watch.hpp"

#include <condition_variable>
#include <map>

#include <gtest/gtest.h>

namespace {

using namespace std::chrono_literals;
using aviary::distributed::PeerLost;
using aviary::distributed::Watch;

struct Store {
  std::mutex mutex;
  std::map<std::string, long> counts;
  std::map<std::string, std::string> texts;
  std::atomic<bool> gone = false;
  std::atomic<bool> hangs = false;
};

class StoreSigns final : public aviary::distributed::Signs {
 public:
  explicit StoreSigns(std::shared_ptr<Store> store) : store_(std::move(store)) {}
  long count(const std::string& name, long up) override {
    const auto lock = reach();
    return store_->counts[name] += up;
  }
  void put(const std::string& name, const std::string& text) override {
    const auto lock = reach();
    store_->texts[name] = text;
  }
  std::optional<std::string> find(const std::string& name) override {
    const auto lock = reach();
    const auto found = store_->texts.find(name);
    return found == store_->texts.end() ? std::nullopt : std::optional(found->second);
  }

 private:
  std::unique_lock<std::mutex> reach() const {
    while (store_->hangs) std::this_thread::sleep_for(1ms);
    if (store_->gone) throw std::runtime_error("gone");
    return std::unique_lock(store_->mutex);
  }

  std::shared_ptr<Store> store_;
};

struct WatchTest : testing::Test {
  std::unique_ptr<Watch> watch(int rank, std::chrono::milliseconds grace = 1h) {
    return std::make_unique<Watch>(std::make_unique<StoreSigns>(store_),
                                   aviary::distributed::WatchOptions{.rank = rank,
                                                                     .names = {"rank 0 (a)", "rank 1 (b)", "rank 2 (c)"},
                                                                     .beat = 4ms,
                                                                     .silence = 200ms,
                                                                     .grace = grace,
                                                                     .end = [this](const std::string& why) {
                                                                       ended_ = why;
                                                                       has_ended_ = true;
                                                                     }});
  }

  static std::string loss(const Watch& watch) {
    try {
      for (int i = 0; i < 3; ++i) watch.wait_for_loss();
    } catch (const PeerLost& lost) {
      return lost.what();
    }
    return "";
  }

  std::shared_ptr<Store> store_ = std::make_shared<Store>();
  std::string ended_;
  std::atomic<bool> has_ended_ = false;
};

TEST_F(WatchTest, AllHearWhichProcessGivesNoSignOfLife) {
  const auto first = watch(0);
  const auto second = watch(1);
  {
    const auto third = watch(2);
    std::this_thread::sleep_for(50ms);
    EXPECT_NO_THROW(first->check());
  }
  const std::string expected = "rank 2 (c) has not been heard of for 0 s; it was killed, or the network to it is cut";
  EXPECT_EQ(loss(*second), expected);
  EXPECT_EQ(loss(*first), expected);
}

TEST_F(WatchTest, AllHearWhyAProcessFailed) {
  const auto first = watch(0);
  const auto second = watch(1);
  const auto third = watch(2);
  second->fail("the picture is gone", false);
  EXPECT_EQ(loss(*third), "rank 1 (b) failed: the picture is gone");
  try {
    first->wait_for_loss();
    FAIL();
  } catch (const PeerLost& lost) {
    EXPECT_STREQ(lost.what(), "rank 1 (b) failed: the picture is gone");
    EXPECT_FALSE(lost.sound);
  }
}

TEST_F(WatchTest, AStoreThatIsGoneOrHangsMeansRank0) {
  const auto second = watch(1);
  store_->gone = true;
  EXPECT_EQ(loss(*second), "rank 0 (a) cannot be reached any more; it was killed, or the network to it is cut");
  store_->gone = false;
  const auto third = watch(2);
  store_->hangs = true;
  EXPECT_EQ(loss(*third), "rank 0 (a) has not been heard of for 0 s; it was killed, or the network to it is cut");
  store_->hangs = false;
}

TEST_F(WatchTest, AProcessThatDoesNotEndByItselfIsEnded) {
  const auto second = watch(1, 20ms);
  store_->gone = true;
  while (!has_ended_) std::this_thread::sleep_for(1ms);
  EXPECT_EQ(ended_, loss(*second));
}

TEST_F(WatchTest, WhoHasLeftMissesNobody) {
  const auto second = watch(1, 1ms);
  second->leave();
  store_->gone = true;
  EXPECT_EQ(loss(*second), "");
  EXPECT_FALSE(has_ended_);
}

}  // namespace
