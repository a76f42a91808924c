#include "weights/pickle.hpp"

#include <cstdint>
#include <string>
#include <variant>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "framework/weights/pytorch_files.hpp"
#include "framework/weights/scratch_folder.hpp"
#include "weights/refusal.hpp"

namespace {

using namespace std::string_literals;
using aviary::test::message_of;
using aviary::test::number;
using aviary::test::pickled;
using aviary::test::pickled_dict;
using aviary::test::text;
using aviary::test::whole_pickle;
using aviary::weights::Dict;
using aviary::weights::List;
using aviary::weights::Pickle;
using aviary::weights::Refusal;
using aviary::weights::Tuple;
using aviary::weights::ViewEntry;
using testing::ElementsAre;

std::string refusal(const std::string& bytes) {
  return message_of<Refusal>([&] { const Pickle pickle(bytes); });
}

std::string odd(const std::string& found) {
  return "its pickle holds " + found + ", which torch.save does not write; it may be damaged, copy or save it again";
}

const aviary::weights::Value& item(const aviary::weights::Value& tuple, std::size_t i) {
  return *std::get<Tuple>(tuple.content).items.at(i);
}

TEST(Pickle, ReadsNumbersOfEveryWidth) {
  const std::string bytes = whole_pickle(
      "(K\xff"
      "M\xff\xff"
      "J\xff\xff\xff\xff"
      "\x8a\x00"
      "\x8a\x01\x80"
      "\x8a\x05\x00\x00\x00\x00\x01"s +
      number(INT64_MIN) + "t");
  const Pickle pickle(bytes);
  std::vector<std::int64_t> numbers;
  for (const auto* const each : std::get<Tuple>(pickle.top().content).items)
    numbers.push_back(std::get<std::int64_t>(each->content));
  EXPECT_THAT(numbers, ElementsAre(255, 65535, -1, 0, -128, std::int64_t{1} << 32, INT64_MIN));
}

TEST(Pickle, ReadsWhatCheckpointsHoldBesideTensors) {
  const std::string bytes = whole_pickle(
      "(G\x3f\xf8\x00\x00\x00\x00\x00\x00\x88\x89N](K\x01K\x02"
      "eK\x03"
      "a"s +
      text("caf\xc3\xa9") + "t");
  const Pickle pickle(bytes);
  EXPECT_EQ(std::get<double>(item(pickle.top(), 0).content), 1.5);
  EXPECT_TRUE(std::get<bool>(item(pickle.top(), 1).content));
  EXPECT_FALSE(std::get<bool>(item(pickle.top(), 2).content));
  EXPECT_TRUE(std::holds_alternative<std::monostate>(item(pickle.top(), 3).content));
  EXPECT_EQ(std::get<List>(item(pickle.top(), 4).content).items.size(), 3U);
  EXPECT_EQ(std::get<std::string_view>(item(pickle.top(), 5).content), "caf\xc3\xa9");
}

TEST(Pickle, ReadsATensorAndAParameterOfIt) {
  const std::string bytes = whole_pickle(
      "(" + pickled({.storage = "HalfStorage", .key = "7", .elements = 9, .offset = 1, .sizes = {2, 3}, .strides = {1, 2}}) +
      "q\x05"
      "ctorch._utils\n_rebuild_parameter\n(h\x05\x88"
      "ccollections\nOrderedDict\n)RtRt");
  const Pickle pickle(bytes);
  for (const std::size_t i : {0, 1}) {
    const auto& view = std::get<ViewEntry>(item(pickle.top(), i).content);
    EXPECT_EQ(view.storage.type, c10::kHalf);
    EXPECT_EQ(view.storage.key, "7");
    EXPECT_EQ(view.storage.elements, 9);
    EXPECT_EQ(view.offset, 1);
    EXPECT_THAT(view.sizes, ElementsAre(2, 3));
    EXPECT_THAT(view.strides, ElementsAre(1, 2));
  }
}

TEST(Pickle, TakesADictThatHoldsItselfAndAMillionNestedTuples) {
  const std::string itself = whole_pickle("}q\x01" + text("me") + "h\x01s");
  EXPECT_EQ(std::get<Dict>(Pickle(itself).top().content).items.size(), 1U);
  const std::string nested = whole_pickle(")" + std::string(999'000, '\x85'));
  EXPECT_TRUE(std::holds_alternative<Tuple>(Pickle(nested).top().content));
}

TEST(Pickle, RefusesToBuildAnythingElseByItsName) {
  const auto named = [](const std::string& name) {
    return "it holds \"" + name +
           "\", which is not a plain tensor; nothing of it was run. Save only torch.save(model.state_dict(), FILE)";
  };
  EXPECT_EQ(refusal(whole_pickle("cposix\nsystem\n(" + text("touch ran") + "tR")), named("posix.system"));
  EXPECT_EQ(refusal(whole_pickle("cbuiltins\neval\n")), named("builtins.eval"));
  EXPECT_EQ(refusal(whole_pickle("ctorch._utils\n_rebuild_tensor_v2.__globals__\n")),
            named("torch._utils._rebuild_tensor_v2.__globals__"));
  EXPECT_EQ(refusal(whole_pickle("ctorch\nComplexFloatStorage\n")), named("torch.ComplexFloatStorage"));
  EXPECT_EQ(refusal(whole_pickle("cargparse\nNamespace\n)R")), named("argparse.Namespace"));
  EXPECT_EQ(refusal(whole_pickle("c\x1b[2J\n" + std::string(1000, 'x') + "\n")),
            named("\\u001b[2J." + std::string(195, 'x') + "..."));
}

TEST(Pickle, RefusesOtherProtocolsWithTheRemedy) {
  EXPECT_EQ(refusal("\x80\x04\x95"),
            "it was saved with pickle protocol 4, not with PyTorch's own, 2; save it again without pickle_protocol");
}

TEST(Pickle, StopsAfterAMillionInstructions) {
  EXPECT_EQ(refusal("\x80\x02" + std::string(2'000'000, 'N')),
            "its pickle has more than 1000000 instructions, far more than a model's; save the state_dict alone");
}

struct Damaged {
  const char* name;
  std::string ops;
  std::string message;
};

const std::string cut = "its pickle is cut; copy it again";

const std::vector<Damaged> damaged = {
    {"Nothing", "", cut},
    {"NoStop", "\x80\x02}", cut},
    {"NothingBeforeStop", whole_pickle(""), odd("an instruction without the value that it needs")},
    {"CutNumber", "J\x01\x02", cut},
    {"TextLongerThanTheRest", "X\xff\xff\xff\xffshort", cut},
    {"NameWithoutEnd", "cposix\nsystem", cut},
    {"UnknownInstruction", whole_pickle("i"), odd("the instruction 0x69")},
    {"PopBelowTheStack", whole_pickle("K\x01\x86"), odd("an instruction without the values that it needs")},
    {"PopBelowAMark", whole_pickle("K\x01(\x85"), odd("an instruction without the values that it needs")},
    {"EndWithoutBeginning", whole_pickle("t"), odd("an end of a group without its beginning")},
    {"MemoOfNothing", whole_pickle("h\x07"), odd("a reference to nothing")},
    {"MemoBeforeAnything", whole_pickle("q\x07"), odd("an instruction without the value that it needs")},
    {"ItemForADict", whole_pickle("}Na"), odd("an item for what is no list")},
    {"EntryForAList", whole_pickle("]NNs"), odd("an entry for what is no dict, or half an entry")},
    {"HalfAnEntry", whole_pickle("}(NNNu"), odd("an entry for what is no dict, or half an entry")},
    {"AttributesOfAList", whole_pickle("]}b"), odd("attributes of what is no dict")},
    {"CallOfANumber", whole_pickle("K\x01)R"), odd("a whole number in place of what makes a tensor or a dict")},
    {"CallWithoutTuple", whole_pickle("ccollections\nOrderedDict\n]R"), odd("a list in place of arguments")},
    {"DictWithArguments", whole_pickle("ccollections\nOrderedDict\nN\x85R"), odd("an OrderedDict with arguments")},
    {"TensorWithoutArguments", whole_pickle("ctorch._utils\n_rebuild_tensor_v2\n)R"), odd("a tensor with 0 arguments")},
    {"TensorOfNones", whole_pickle("ctorch._utils\n_rebuild_tensor_v2\n(NNNNNNtR"), odd("None in place of a storage")},
    {"ParameterOfNothing", whole_pickle("ctorch._utils\n_rebuild_parameter\nNNN\x87R"),
     odd("None in place of a parameter's tensor")},
    {"StorageOfTwoFacts", whole_pickle(text("storage") + text("0") + "\x86Q"), odd("an unknown persistent id")},
    {"StorageOfATextClass", whole_pickle("(" + text("storage") + text("FloatStorage") + text("0") + text("cpu") + "K\x01tQ"),
     odd("a text in place of a storage's class")},
    {"AnotherPersistentId", whole_pickle("(" + text("module") + "NNNNtQ"), odd("an unknown persistent id")},
    {"NumberOf72Bits",
     whole_pickle("\x8a\x09"
                  "123456789"),
     odd("a number of more than 64 bits")},
};

class DamagedPickle : public testing::TestWithParam<Damaged> {};

TEST_P(DamagedPickle, IsRefused) { EXPECT_EQ(refusal(GetParam().ops), GetParam().message); }

INSTANTIATE_TEST_SUITE_P(All, DamagedPickle, testing::ValuesIn(damaged), [](const auto& about) { return about.param.name; });

TEST(Pickle, RefusesMoreThan64DimensionsBeforeCopyingThem) {
  EXPECT_EQ(refusal(whole_pickle(pickled({.sizes = std::vector<std::int64_t>(65, 1)}))),
            "a tensor in its pickle has 65 dimensions, more than 64");
}

}  // namespace
