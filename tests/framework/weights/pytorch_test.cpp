#include "weights/pytorch.hpp"

#include <cstdint>
#include <limits>
#include <string>
#include <vector>

#include <ATen/core/Tensor.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/ones.h>
#include <ATen/ops/tensor.h>
#include <ATen/ops/zeros.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <zlib.h>

#include <aviary/error.hpp>

#include "framework/weights/full_disk.hpp"
#include "framework/weights/pytorch_files.hpp"
#include "framework/weights/scratch_folder.hpp"

namespace {

using namespace aviary::test;
using aviary::Error;
using aviary::weights::load_pytorch;
using aviary::weights::save_pytorch;
using aviary::weights::Tensors;
using testing::ElementsAre;
using testing::HasSubstr;

class PytorchType : public testing::TestWithParam<at::ScalarType> {};

TEST_P(PytorchType, ComesBackBitForBit) {
  const ScratchFolder folder;
  const at::Tensor values = at::arange(-2, 4).to(GetParam()).reshape({2, 3});
  save_pytorch(folder / "file", {{{"values", values}}, {}});
  const Tensors loaded = load_pytorch(folder / "file");
  ASSERT_EQ(loaded.tensors.size(), 1U);
  EXPECT_EQ(loaded.tensors[0].second.scalar_type(), GetParam());
  EXPECT_TRUE(loaded.tensors[0].second.equal(values));
}

INSTANTIATE_TEST_SUITE_P(All, PytorchType,
                         testing::Values(at::kDouble, at::kFloat, at::kHalf, at::kBFloat16, at::kLong, at::kInt, at::kShort,
                                         at::kChar, at::kByte, at::kBool),
                         [](const auto& about) { return std::string(c10::toString(about.param)); });

TEST(Pytorch, KeepsOrderNamesAndShapes) {
  const ScratchFolder folder;
  const Tensors content = {{{"z", at::ones({300, 1}).t()},
                            {"", at::ones({}).mul(3)},
                            {"a\nb \"quoted\" \xf0\x9f\xa6\x9c", at::empty({0, 3})},
                            {std::string("nul\0", 4), at::arange(70'000)}},
                           {}};
  save_pytorch(folder / "file", content);
  const Tensors loaded = load_pytorch(folder / "file");
  ASSERT_EQ(loaded.tensors.size(), 4U);
  for (std::size_t i = 0; i < 4; ++i) {
    EXPECT_EQ(loaded.tensors[i].first, content.tensors[i].first);
    EXPECT_TRUE(loaded.tensors[i].second.equal(content.tensors[i].second)) << i;
  }
}

TEST(Pytorch, SameTensorsGiveTheSameBytesWhateverTheirLayout) {
  const ScratchFolder folder;
  const at::Tensor values = at::arange(24).reshape({1, 2, 3, 4}).to(at::kFloat);
  save_pytorch(folder / "a", {{{"x", values}}, {}});
  save_pytorch(folder / "b", {{{"x", values.contiguous(at::MemoryFormat::ChannelsLast)}}, {}});
  EXPECT_EQ(bytes_of(folder / "a"), bytes_of(folder / "b"));
}

TEST(Pytorch, ViewsComeBackAsTheyWereSaved) {
  const ScratchFolder folder;
  put_bytes(folder / "file",
            pytorch_file(whole_pickle(pickled_dict({{"whole", pickled({})},
                                                    {"transposed", pickled({.strides = {1, 2}})},
                                                    {"tail", pickled({.offset = 2, .sizes = {2}, .strides = {1}})},
                                                    {"none", pickled({.offset = 4, .sizes = {0}, .strides = {1}})}}))));
  const Tensors loaded = load_pytorch(folder / "file");
  ASSERT_EQ(loaded.tensors.size(), 4U);
  EXPECT_TRUE(loaded.tensors[1].second.equal(at::tensor({1.0F, 3.0F, 2.0F, 4.0F}).reshape({2, 2})));
  EXPECT_TRUE(loaded.tensors[2].second.equal(at::tensor({3.0F, 4.0F})));
  EXPECT_EQ(loaded.tensors[3].second.numel(), 0);
  loaded.tensors[0].second.fill_(7);
  EXPECT_TRUE(loaded.tensors[2].second.equal(at::tensor({7.0F, 7.0F})));
}

TEST(Pytorch, TakesTheStateDictOutOfACheckpoint) {
  const ScratchFolder folder;
  for (const std::string name : {"state_dict", "model"}) {
    put_bytes(folder / "file", pytorch_file(whole_pickle(pickled_dict(
                                   {{"epoch", number(3)}, {"optimizer", "}"}, {name, pickled_dict({{"x", pickled({})}})}}))));
    const Tensors loaded = load_pytorch(folder / "file");
    ASSERT_EQ(loaded.tensors.size(), 1U);
    EXPECT_EQ(loaded.tensors[0].first, "x");
  }
}

TEST(Pytorch, AnEmptyStateDictIsNoError) {
  const ScratchFolder folder;
  save_pytorch(folder / "file", {});
  EXPECT_TRUE(load_pytorch(folder / "file").tensors.empty());
}

TEST(Pytorch, FullDiskLeavesTheOldFile) {
  const ScratchFolder folder;
  put_bytes(folder / "file", "old");
  std::string message;
  {
    const FullDisk disk(10'000);
    message = message_of<Error>([&] { save_pytorch(folder / "file", {{{"x", at::ones({10'000})}}, {}}); });
  }
  EXPECT_EQ(message, "cannot write " + (folder / "file").string() + ": File too large");
  EXPECT_EQ(bytes_of(folder / "file"), "old");
}

TEST(Pytorch, RefusesToWriteWhatTheFormatCannotHold) {
  const ScratchFolder folder;
  const std::string begin = "cannot write " + (folder / "file").string() + ": ";
  const auto refusal = [&](const Tensors& content) {
    return message_of<Error>([&] { save_pytorch(folder / "file", content); });
  };
  EXPECT_EQ(refusal({{{"x", at::ones({2}).to_sparse()}}, {}}), begin + "tensor \"x\" is sparse, which the format cannot hold");
  EXPECT_EQ(refusal({{{"x", at::ones({2})}, {"x", at::ones({2})}}, {}}), begin + "tensor \"x\" is there twice");
  EXPECT_EQ(refusal({{{"caf\xe9", at::ones({2})}}, {}}),
            begin + "tensor \"caf\xef\xbf\xbd\" has a name that is not valid UTF-8");
  EXPECT_TRUE(folder.names().empty());
}

struct Forged {
  const char* name;
  std::string bytes;
  std::string message;
};

std::string one_tensor(const PickledTensor& tensor) {
  return pytorch_file(whole_pickle(pickled_dict({{"x", pickled(tensor)}})));
}

const std::string save_again = "save it again with torch.save(model.state_dict(), FILE)";
const std::int64_t most = std::numeric_limits<std::int64_t>::max();

const std::vector<Forged> forged = {
    {"Empty", "", "it is empty; copy it again"},
    {"BeforeOneSix", std::string("\x80\x02\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19.", 15),
     "it has the format of PyTorch before 1.6, a pickle without a zip file; save it again with PyTorch 1.6 or later: "
     "torch.save(torch.load(FILE), NEW_FILE)"},
    {"NoZip", "PK\x03\x04 and then something else", "its zip directory is missing or damaged; it may be cut, copy it again"},
    {"TorchScript", pytorch_file({{"data.pkl", whole_pickle("}")}, {"constants.pkl", whole_pickle(")")}}),
     "it is a TorchScript program; save its weights with torch.save(torch.jit.load(FILE).state_dict(), NEW_FILE)"},
    {"OtherZip", pytorch_file({{"hello.txt", "hello"}}),
     "it is a zip file with no uncompressed data.pkl, where torch.save writes one; " + save_again},
    {"Compressed", pytorch_file({{"data.pkl", whole_pickle("}" + std::string(1000, 'N'))}}, true),
     "it is a zip file with no uncompressed data.pkl, where torch.save writes one; " + save_again},
    {"BigEndian", pytorch_file({{"data.pkl", whole_pickle("}")}, {"byteorder", "big"}}),
     "its values are not little-endian; save it again on a little-endian machine"},
    {"Evil", pytorch_file(whole_pickle("cposix\nsystem\n" + text("touch ran") + "\x85R")),
     "it holds \"posix.system\", which is not a plain tensor; nothing of it was run. Save only "
     "torch.save(model.state_dict(), FILE)"},
    {"OneTensor", pytorch_file(whole_pickle(pickled({}))), "it holds a tensor, not a state_dict; " + save_again},
    {"NoTensors", pytorch_file(whole_pickle(pickled_dict({{"epoch", number(3)}, {"state_dict", "}"}}))),
     "it holds a dict with \"epoch\", \"state_dict\", and no state_dict as \"state_dict\" or \"model\"; " + save_again},
    {"TwoStateDicts",
     pytorch_file(whole_pickle(
         pickled_dict({{"model", pickled_dict({{"x", pickled({})}})}, {"state_dict", pickled_dict({{"x", pickled({})}})}}))),
     "it holds a dict with \"model\", \"state_dict\", and more than one state_dict as \"state_dict\" or \"model\"; " +
         save_again},
    {"TensorsAndOthers", pytorch_file(whole_pickle(pickled_dict({{"x", pickled({})}, {"epoch", number(3)}}))),
     "\"epoch\" in its state_dict is a whole number, not a tensor; take it out before torch.save"},
    {"NumberForAName", pytorch_file(whole_pickle("}K\x01" + pickled({}) + "s")),
     "its state_dict has a whole number for a name; " + save_again},
    {"NameTwice", pytorch_file(whole_pickle(pickled_dict({{"x", pickled({})}, {"x", pickled({})}}))),
     "its state_dict has \"x\" twice"},
    {"MissingRecord", one_tensor({.key = "../0"}),
     "the record \"archive/data/../0\" with the values of tensor \"x\" is missing or compressed"},
    {"ShortRecord", one_tensor({.elements = 5}), "tensor \"x\" claims 5 values of type float32, but its record has 16 bytes"},
    {"NegativeRecord", one_tensor({.elements = -4}),
     "tensor \"x\" claims -4 values of type float32, but its record has 16 bytes"},
    {"RecordThatWraps", one_tensor({.elements = (std::int64_t{1} << 62) + 4}),
     "the shape of tensor \"x\" is too large for any file"},
    {"TwoIdeasOfAStorage",
     pytorch_file(whole_pickle(pickled_dict({{"x", pickled({})}, {"y", pickled({.storage = "IntStorage"})}}))),
     "tensor \"y\" has another idea of its storage \"0\" than the tensors before it"},
    {"BeyondItsStorage", one_tensor({.offset = 1}), "tensor \"x\" has a value at place 4 of its storage, which ends at 4"},
    {"StridesBeyondItsStorage", one_tensor({.strides = {3, 1}}),
     "tensor \"x\" has a value at place 4 of its storage, which ends at 4"},
    {"EmptyBeyondItsStorage", one_tensor({.offset = 5, .sizes = {0}, .strides = {1}}),
     "tensor \"x\" begins at place 5 of its storage, which ends at 4"},
    {"NegativeOffset", one_tensor({.offset = -1}), "tensor \"x\" has a negative size, stride or offset"},
    {"NegativeSize", one_tensor({.sizes = {-2, -2}}), "tensor \"x\" has a negative size, stride or offset"},
    {"NegativeStride", one_tensor({.offset = 3, .strides = {-2, -1}}), "tensor \"x\" has a negative size, stride or offset"},
    {"MissingStride", one_tensor({.strides = {1}}), "tensor \"x\" does not have a stride for every size"},
    {"StridesThatWrap", one_tensor({.sizes = {3, 3}, .strides = {most, most}}), "tensor \"x\" reaches beyond any storage"},
    {"OffsetThatWraps", one_tensor({.offset = most}), "tensor \"x\" reaches beyond any storage"},
    {"SizesThatWrap", one_tensor({.sizes = {most, most}, .strides = {0, 0}}),
     "the shape of tensor \"x\" is too large for any file"},
    {"Expanded", one_tensor({.sizes = {1000, 1000}, .strides = {0, 0}}),
     "tensor \"x\" has 1000000 values, but was expanded from 4; call contiguous() on it before torch.save"},
    {"BoolThatIsNeither", one_tensor({.storage = "BoolStorage", .elements = 16, .sizes = {16}, .strides = {1}}),
     "tensor \"x\" is of type bool, but holds a byte that is neither 0 nor 1"},
};

class ForgedPytorch : public testing::TestWithParam<Forged> {};

TEST_P(ForgedPytorch, IsRefused) {
  const ScratchFolder folder;
  put_bytes(folder / "file", GetParam().bytes);
  EXPECT_EQ(message_of<Error>([&] { load_pytorch(folder / "file"); }),
            "cannot read " + (folder / "file").string() + ": " + GetParam().message);
}

INSTANTIATE_TEST_SUITE_P(All, ForgedPytorch, testing::ValuesIn(forged), [](const auto& about) { return about.param.name; });

class DamagedArchive : public testing::Test {
 protected:
  std::string refusal(const std::string& bytes) {
    put_bytes(folder_ / "file", bytes);
    const std::string begin = "cannot read " + (folder_ / "file").string() + ": ";
    const std::string message = message_of<Error>([&] { load_pytorch(folder_ / "file"); });
    return message.starts_with(begin) ? message.substr(begin.size()) : "another beginning: " + message;
  }

  std::string whole_ = one_tensor({});

 private:
  ScratchFolder folder_;
};

TEST_F(DamagedArchive, EveryCutIsRefused) {
  for (std::size_t length = 0; length < whole_.size(); ++length) EXPECT_NE(refusal(whole_.substr(0, length)), "") << length;
}

TEST_F(DamagedArchive, AFlippedValueDoesNotFitItsChecksum) {
  whole_[whole_.find(four_floats())] ^= 1;
  EXPECT_EQ(refusal(whole_),
            "its record \"archive/data/0\" is damaged: it is cut or does not fit its checksum; copy the file again");
}

/// What the directory at the end of a zip file says of a record.
struct Listed {
  std::string name;
  std::uint32_t bytes;
  std::uint32_t begin = 0;
};

/// A zip file with `content` as its only record, and a directory that says what it likes.
std::string zip_with_directory(const std::string& content, const std::vector<Listed>& directory) {
  const auto small = [](std::size_t value) { return little_endian(static_cast<std::uint16_t>(value)); };
  const auto facts = [&](std::size_t bytes, const std::string& name) {
    const auto checksum = crc32(0, reinterpret_cast<const unsigned char*>(content.data()), static_cast<uInt>(content.size()));
    const std::string size = little_endian(static_cast<std::uint32_t>(bytes));
    return small(20) + small(0) + small(0) + small(0) + small(0) + little_endian(static_cast<std::uint32_t>(checksum)) + size +
           size + small(name.size()) + small(0);
  };
  std::string file = "PK\x03\x04" + facts(content.size(), "x") + "x" + content;
  const auto begin = static_cast<std::uint32_t>(file.size());
  for (const auto& [name, bytes, place] : directory)
    file += "PK\x01\x02" + small(20) + facts(bytes, name) + small(0) + small(0) + small(0) + little_endian(0U) +
            little_endian(place) + name;
  const auto size = static_cast<std::uint32_t>(file.size()) - begin;
  return file + "PK\x05\x06" + small(0) + small(0) + small(directory.size()) + small(directory.size()) + little_endian(size) +
         little_endian(begin) + small(0);
}

TEST_F(DamagedArchive, SizesBeyondTheFileAreRefused) {
  EXPECT_EQ(refusal(zip_with_directory("1234", {{"archive/data.pkl", 0x7ffffff0}})),
            "its records up to \"archive/data.pkl\" would be larger than the file; it may be cut, copy it again");
}

TEST_F(DamagedArchive, ARecordThatGoesOnBehindTheFileIsRefused) {
  EXPECT_EQ(refusal(zip_with_directory("1234", {{"archive/data.pkl", 100}})),
            "its record \"archive/data.pkl\" is damaged: it is cut or does not fit its checksum; copy the file again");
}

TEST_F(DamagedArchive, ARecordWhoseBeginIsNoneIsRefused) {
  EXPECT_EQ(refusal(zip_with_directory("1234", {{"archive/data.pkl", 4, 3}})),
            "its record \"archive/data.pkl\" is damaged: it is cut or does not fit its checksum; copy the file again");
}

TEST_F(DamagedArchive, RecordsThatShareTheirBytesTakeNoMoreMemoryThanTheFile) {
  std::vector<Listed> directory = {{"archive/data.pkl", 1000}};
  for (int i = 0; i < 50; ++i) directory.push_back({"archive/data/" + std::to_string(i), 1000});
  EXPECT_THAT(refusal(zip_with_directory(std::string(1000, 'x'), directory)), HasSubstr("would be larger than the file"));
}

TEST_F(DamagedArchive, RecordsOfOneNameAreRefused) {
  EXPECT_EQ(refusal(zip_with_directory("1234", {{"archive/data.pkl", 4}, {"archive/data.pkl", 4}})),
            "it has the record \"archive/data.pkl\" twice");
}

TEST(Pytorch, MissingFilesAndFoldersAreNamed) {
  const ScratchFolder folder;
  EXPECT_EQ(message_of<Error>([&] { load_pytorch(folder / "none"); }),
            "cannot read " + (folder / "none").string() + ": No such file or directory");
  EXPECT_EQ(message_of<Error>([&] { load_pytorch(folder.path()); }),
            "cannot read " + folder.path().string() + ": it is not a regular file");
}

}  // namespace
