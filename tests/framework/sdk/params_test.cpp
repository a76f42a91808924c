#include "aviary/params.hpp"

#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include <aviary/scheduler.hpp>

namespace {

using aviary::Made;
using aviary::ParamList;
using aviary::Scheduler;
using aviary::Setting;
using aviary::Type;
using aviary::Value;
using aviary::Values;

Setting number() { return {"k", Type::number, 0.5, false, ""}; }
Setting numbers() { return {"k", Type::numbers, std::vector<double>{}, false, ""}; }

TEST(Setting, SaysWhatItExpects) {
  EXPECT_EQ(number().expected(), "a number");
  EXPECT_EQ(number().range(), "");
  EXPECT_EQ(number().at_least(0).below(1).usual("0.9").expected(), "a number, 0 to below 1 (0.9 is usual)");
  EXPECT_EQ(number().at_least(0).at_most(1).range(), "0 to 1");
  EXPECT_EQ(number().above(0).at_most(1).range(), "above 0 and at most 1");
  EXPECT_EQ(number().above(0).range(), "above 0");
  EXPECT_EQ(number().below(2.5).range(), "below 2.5");
  EXPECT_EQ(numbers().each_within(0, 1).ascending().size(2).range(), "exactly 2 entries, each 0 to 1, ascending");
  EXPECT_EQ(Setting("k", Type::text, std::string(), false, "").one_of({"a", "b"}).expected(), "a text, one of \"a\", \"b\"");
}

TEST(Setting, ChoicesHoldForEveryTextOfAList) {
  const Setting roles = Setting("k", Type::texts, std::vector<std::string>{}, false, "").one_of({"a", "b"});
  EXPECT_TRUE(roles.allows(std::vector<std::string>{}));
  EXPECT_TRUE(roles.allows(std::vector<std::string>{"b", "a", "b"}));
  EXPECT_FALSE(roles.allows(std::vector<std::string>{"a", "c"}));
  EXPECT_EQ(roles.range(), "each one of \"a\", \"b\"");
}

TEST(Setting, BoundsIncludeThemselvesOrNot) {
  const Setting closed = number().at_least(0).at_most(1);
  const Setting open = number().above(0).below(1);
  for (const double bound : {0.0, 1.0}) {
    EXPECT_TRUE(closed.allows(bound));
    EXPECT_FALSE(open.allows(bound));
  }
  EXPECT_TRUE(open.allows(0.5));
  EXPECT_FALSE(closed.allows(-0.1));
  EXPECT_FALSE(closed.allows(1.1));
}

TEST(Setting, RefusesWhatIsNotFinite) {
  EXPECT_FALSE(number().allows(std::numeric_limits<double>::quiet_NaN()));
  EXPECT_FALSE(number().allows(std::numeric_limits<double>::infinity()));
}

TEST(Setting, RefusesOtherTypesButTakesWholeNumbersAsNumbers) {
  EXPECT_TRUE(number().allows(std::int64_t{3}));
  EXPECT_FALSE(number().allows(std::string("3")));
  EXPECT_FALSE(Setting("k", Type::integer, std::int64_t{0}, false, "").allows(3.0));
  EXPECT_FALSE(Setting("k", Type::boolean, false, false, "").allows(std::int64_t{1}));
}

TEST(Setting, HoldsListsToLengthBoundsAndOrder) {
  EXPECT_TRUE(numbers().ascending().allows(std::vector<double>{1, 2}));
  EXPECT_FALSE(numbers().ascending().allows(std::vector<double>{1, 1}));
  EXPECT_FALSE(numbers().size(3).allows(std::vector<double>{1, 2}));
  EXPECT_FALSE(numbers().each_within(0, 1).allows(std::vector<double>{0.5, 2}));
}

TEST(ToToml, WritesValuesAsTomlReadsThem) {
  EXPECT_EQ(aviary::to_toml(1.0), "1.0");
  EXPECT_EQ(aviary::to_toml(1e-5), "1e-05");
  EXPECT_EQ(aviary::to_toml(std::int64_t{1}), "1");
  EXPECT_EQ(aviary::to_toml(std::string("a\"b\\\n\x01")), "\"a\\\"b\\\\\\n\\u0001\"");
  EXPECT_EQ(aviary::to_toml(std::vector<double>{1, 0.5}), "[1.0, 0.5]");
  EXPECT_EQ(aviary::to_toml(Value()), "");
}

struct Plain {
  double rate = 0.5;
  std::optional<std::int64_t> size;
  std::vector<std::string> names = {"a"};

  static void declare(ParamList<Plain>& list) {
    list.add("rate", &Plain::rate, "").at_least(0);
    list.add("size", &Plain::size, "");
    list.add("names", &Plain::names, "");
    list.rule(
        "rate", [](const Plain& p) { return p.rate < 10 || p.size.has_value(); }, "needs a size");
  }
};

Values defaults(const ParamList<Plain>& list) {
  Values values;
  for (const Setting& setting : list.settings().settings) values.plain[setting.key()] = setting.fallback();
  return values;
}

TEST(ParamList, MembersAreTheDefaults) {
  const ParamList<Plain> list;
  Values values = defaults(list);
  EXPECT_EQ(values.plain.at("rate"), Value(0.5));
  EXPECT_EQ(values.plain.at("size"), Value());
  const Plain plain = list.read(values);
  EXPECT_EQ(plain.rate, 0.5);
  EXPECT_FALSE(plain.size.has_value());
  EXPECT_EQ(plain.names, std::vector<std::string>{"a"});
}

TEST(ParamList, ReadsGivenValuesAndChecksRules) {
  const ParamList<Plain> list;
  Values values = defaults(list);
  values.plain["rate"] = 20.0;
  EXPECT_FALSE(list.settings().rules.front().holds(values));
  values.plain["size"] = std::int64_t{7};
  EXPECT_TRUE(list.settings().rules.front().holds(values));
  EXPECT_EQ(list.read(values).size, 7);
}

int alive = 0;
int destroyed = 0;

struct Counted final : Scheduler {
  Counted() { ++alive; }
  ~Counted() override { --alive, ++destroyed; }
  double learning_rate(double base, const aviary::Progress&) const override { return base; }
};

struct Nested {
  std::unique_ptr<Scheduler> base;
  std::vector<std::unique_ptr<Scheduler>> chain;

  static void declare(ParamList<Nested>& list) {
    list.component("base", &Nested::base, "");
    list.component("chain", &Nested::chain, "");
  }
};

struct Keeps final : Scheduler {
  explicit Keeps(Nested nested) : nested_(std::move(nested)) {
    if (nested_.chain.size() == 3) throw std::runtime_error("three are too many");
  }
  double learning_rate(double base, const aviary::Progress&) const override { return base; }
  Nested nested_;
};

Values with_chain(int length) {
  const auto destroy = [](void* object) { delete static_cast<Scheduler*>(object); };
  alive = destroyed = 0;
  Values values;
  values.components["base"].emplace_back(static_cast<Scheduler*>(new Counted), destroy);
  for (int i = 0; i < length; ++i) values.components["chain"].emplace_back(static_cast<Scheduler*>(new Counted), destroy);
  return values;
}

constexpr auto keeps = aviary::detail::component<Scheduler, Keeps, Nested>("keeps", "");

TEST(Components, AreHandedOverAndDestroyedOnce) {
  const aviary::SchedulerContext context{1};
  {
    std::unique_ptr<Scheduler> made;
    {
      Values values = with_chain(2);
      made.reset(static_cast<Scheduler*>(keeps.make(values, &context)));
    }
    EXPECT_EQ(alive, 3);
    EXPECT_EQ(static_cast<Keeps&>(*made).nested_.chain.size(), 2);
  }
  EXPECT_EQ(alive, 0);
  EXPECT_EQ(destroyed, 3);
}

TEST(Components, AreDestroyedOnceWhenTheConstructorThrows) {
  const aviary::SchedulerContext context{1};
  {
    Values values = with_chain(3);
    EXPECT_THROW(keeps.make(values, &context), std::runtime_error);
  }
  EXPECT_EQ(alive, 0);
  EXPECT_EQ(destroyed, 4);
}

}  // namespace
