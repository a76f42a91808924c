#include "weights/safetensors.hpp"

#include <cstdint>
#include <cstring>
#include <limits>
#include <string>
#include <utility>
#include <vector>

#include <ATen/core/Tensor.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/full.h>
#include <ATen/ops/ones.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <aviary/error.hpp>

#include "framework/weights/full_disk.hpp"
#include "framework/weights/scratch_folder.hpp"

namespace {

using aviary::Error;
using aviary::test::bytes_of;
using aviary::test::FullDisk;
using aviary::test::message_of;
using aviary::test::put_bytes;
using aviary::test::ScratchFolder;
using aviary::weights::load_safetensors;
using aviary::weights::save_safetensors;
using aviary::weights::Tensors;
using testing::ElementsAre;

std::string file_bytes(const std::string& header, const std::string& data) {
  const std::uint64_t length = header.size();
  std::string bytes(sizeof length, '\0');
  std::memcpy(bytes.data(), &length, sizeof length);
  return bytes + header + data;
}

class SafetensorsType : public testing::TestWithParam<at::ScalarType> {};

TEST_P(SafetensorsType, ComesBackBitForBit) {
  const ScratchFolder folder;
  const at::Tensor values = at::arange(-2, 4).to(GetParam()).reshape({2, 3});
  save_safetensors(folder / "file", {{{"values", values}}, {}});
  const Tensors loaded = load_safetensors(folder / "file");
  ASSERT_EQ(loaded.tensors.size(), 1U);
  EXPECT_EQ(loaded.tensors[0].first, "values");
  EXPECT_EQ(loaded.tensors[0].second.scalar_type(), GetParam());
  EXPECT_TRUE(loaded.tensors[0].second.equal(values));
}

INSTANTIATE_TEST_SUITE_P(All, SafetensorsType,
                         testing::Values(at::kDouble, at::kFloat, at::kHalf, at::kBFloat16, at::kLong, at::kInt, at::kShort,
                                         at::kChar, at::kByte, at::kBool),
                         [](const auto& about) { return std::string(c10::toString(about.param)); });

TEST(Safetensors, HasTheBytesOfTheFormat) {
  const ScratchFolder folder;
  at::Tensor byte = at::full({1}, 7, at::kByte);
  at::Tensor shorts = at::full({2, 1}, 258, at::kShort);
  save_safetensors(folder / "file", {{{"b", byte}, {"a", shorts}}, {{"recipe", "tiny"}}});
  const std::string header = R"({"__metadata__":{"recipe":"tiny"},"b":{"dtype":"U8","shape":[1],"data_offsets":[0,1]},)"
                             R"("a":{"dtype":"I16","shape":[2,1],"data_offsets":[1,5]}})";
  const std::string padding((8 - header.size() % 8) % 8, ' ');
  EXPECT_EQ(bytes_of(folder / "file"), file_bytes(header + padding, "\x07\x02\x01\x02\x01"));
}

TEST(Safetensors, HeaderIsPaddedToEightBytes) {
  const ScratchFolder folder;
  for (const std::string name : {"a", "ab", "abc", "abcd", "abcde", "abcdef", "abcdefg", "abcdefgh"}) {
    save_safetensors(folder / "file", {{{name, at::ones({1})}}, {}});
    EXPECT_EQ(bytes_of(folder / "file").size() % 8, 4U) << name;
    EXPECT_EQ(load_safetensors(folder / "file").tensors.at(0).first, name);
  }
}

TEST(Safetensors, ChannelsLastIsWrittenRowMajor) {
  const ScratchFolder folder;
  const at::Tensor values = at::arange(48).to(at::kFloat).reshape({2, 3, 2, 4});
  save_safetensors(folder / "plain", {{{"x", values}}, {}});
  save_safetensors(folder / "last", {{{"x", values.contiguous(at::MemoryFormat::ChannelsLast)}}, {}});
  EXPECT_EQ(bytes_of(folder / "plain"), bytes_of(folder / "last"));
  EXPECT_TRUE(load_safetensors(folder / "last").tensors.at(0).second.equal(values));
}

TEST(Safetensors, ViewsAreWrittenWithoutWhatLiesBetween) {
  const ScratchFolder folder;
  const at::Tensor column = at::arange(6).reshape({3, 2}).select(1, 1);
  save_safetensors(folder / "file", {{{"x", column}}, {}});
  EXPECT_TRUE(load_safetensors(folder / "file").tensors.at(0).second.equal(column));
}

TEST(Safetensors, SameTensorsGiveSameBytes) {
  const ScratchFolder folder;
  const Tensors content{{{"z", at::ones({3})}, {"a", at::arange(5)}}, {{"b", "2"}, {"a", "1"}}};
  save_safetensors(folder / "one", content);
  save_safetensors(folder / "two", content);
  EXPECT_EQ(bytes_of(folder / "one"), bytes_of(folder / "two"));
}

TEST(Safetensors, OrderMetadataScalarsAndEmptyTensorsComeBack) {
  const ScratchFolder folder;
  const Tensors content{{{"z", at::ones({3})}, {"empty", at::empty({0, 4})}, {"scalar", at::full({}, 2.5)}},
                        {{"classes", "owl \"barn\"\nh\xc3\xa9ron"}}};
  save_safetensors(folder / "file", content);
  const Tensors loaded = load_safetensors(folder / "file");
  EXPECT_EQ(loaded.metadata, content.metadata);
  ASSERT_EQ(loaded.tensors.size(), 3U);
  EXPECT_EQ(loaded.tensors[0].first, "z");
  EXPECT_EQ(loaded.tensors[1].first, "empty");
  EXPECT_EQ(loaded.tensors[1].second.sizes(), at::IntArrayRef({0, 4}));
  EXPECT_EQ(loaded.tensors[2].second.dim(), 0);
  EXPECT_EQ(loaded.tensors[2].second.item<float>(), 2.5F);
}

TEST(Safetensors, FileWithoutTensorsComesBack) {
  const ScratchFolder folder;
  save_safetensors(folder / "file", {});
  EXPECT_TRUE(load_safetensors(folder / "file").tensors.empty());
}

TEST(Safetensors, FullDiskLeavesTheOldFileAndNoTemporaryOne) {
  const ScratchFolder folder;
  save_safetensors(folder / "file", {{{"x", at::ones({4})}}, {}});
  const std::string before = bytes_of(folder / "file");
  std::string message;
  {
    const FullDisk disk(10'000);
    message = message_of<Error>([&] { save_safetensors(folder / "file", {{{"x", at::ones({10'000})}}, {}}); });
  }
  EXPECT_EQ(message, "cannot write " + (folder / "file").string() + ": File too large");
  EXPECT_EQ(bytes_of(folder / "file"), before);
  EXPECT_THAT(folder.names(), ElementsAre("file"));
}

TEST(Safetensors, RefusesToWriteWhatTheFormatCannotHold) {
  const ScratchFolder folder;
  const auto refusal = [&](const Tensors& content) {
    const std::string message = message_of<Error>([&] { save_safetensors(folder / "file", content); });
    const std::string begin = "cannot write " + (folder / "file").string() + ": ";
    return message.starts_with(begin) ? message.substr(begin.size()) : "another beginning: " + message;
  };
  EXPECT_EQ(refusal({{{"x", at::Tensor()}}, {}}), "tensor \"x\" is undefined");
  EXPECT_EQ(refusal({{{"x", at::ones({2}).to_sparse()}}, {}}), "tensor \"x\" is sparse, which the format cannot hold");
  EXPECT_EQ(refusal({{{"x", at::ones({2}).to(at::kComplexFloat)}}, {}}),
            "tensor \"x\" is of type ComplexFloat, which the format does not know");
  EXPECT_EQ(refusal({{{"x", at::ones({2})}, {"x", at::ones({2})}}, {}}), "tensor \"x\" is there twice");
  EXPECT_EQ(refusal({{{"__metadata__", at::ones({2})}}, {}}),
            "tensor \"__metadata__\" has the name that the format keeps for metadata");
  EXPECT_EQ(refusal({{{"caf\xe9", at::ones({2})}}, {}}), "tensor \"caf\xef\xbf\xbd\" has a name that is not valid UTF-8");
  EXPECT_EQ(refusal({{}, {{"k", "\xe9"}}}), "the metadata \"\xef\xbf\xbd\" is not valid UTF-8");
  EXPECT_TRUE(folder.names().empty());
}

struct ForgedHeader {
  const char* name;
  std::string bytes;
  std::string message;
};

/// One tensor "x" with these facts, and 8 bytes of data.
std::string tensor_file(const std::string& facts) { return file_bytes("{\"x\":{" + facts + "}}", "12345678"); }

std::string length_only(std::uint64_t length, const std::string& rest) {
  std::string bytes(sizeof length, '\0');
  std::memcpy(bytes.data(), &length, sizeof length);
  return bytes + rest;
}

const std::vector<ForgedHeader> forged_headers = {
    {"Empty", "", "it has 0 bytes, too few for a safetensors file; it may be cut, copy it again"},
    {"CutInItsLength", "1234567", "it has 7 bytes, too few for a safetensors file; it may be cut, copy it again"},
    {"CutInItsHeader", length_only(100, "{\"x\":"),
     "its header is 100 bytes long, but only 5 follow; it may be cut, copy it again"},
    {"AbsurdHeaderLength", length_only(100'000'001, "{}"),
     "it is no safetensors file: its header would be 100000001 bytes long, more than 100000000"},
    {"LargestHeaderLength", length_only(std::numeric_limits<std::uint64_t>::max(), "{}"),
     "it is no safetensors file: its header would be 18446744073709551615 bytes long, more than 100000000"},
    {"EmptyHeader", file_bytes("", ""), "its header is not a JSON object"},
    {"HeaderIsAList", file_bytes("[]", ""), "its header is not a JSON object"},
    {"SpaceBeforeTheBrace", file_bytes(" {}", ""), "its header is not a JSON object"},
    {"HeaderIsNoJson", file_bytes("{\"x\":", ""), "its header is not valid JSON"},
    {"TextBehindTheHeader", file_bytes("{} {}", ""), "its header is not valid JSON"},
    {"NulBehindTheHeader", file_bytes(std::string("{}\0", 3), ""), "its header is not valid JSON"},
    {"HeaderIsNotUtf8", file_bytes("{\"\xe9\":{}}", ""), "its header is not valid JSON"},
    {"DeepNesting", file_bytes("{\"x\":" + std::string(100'000, '['), ""), "its header is nested too deeply"},
    {"DeepObjects", file_bytes(R"({"x":{"a":{"b":{"c":{"d":1}}}}})", ""), "its header is nested too deeply"},
    {"TensorTwice",
     file_bytes(R"({"x":{"dtype":"U8","shape":[1],"data_offsets":[0,1]},"x":{"dtype":"U8","shape":[1],"data_offsets":[0,1]}})",
                "1"),
     "its header has \"x\" twice"},
    {"DtypeTwice", tensor_file(R"("dtype":"F64","dtype":"F32","shape":[1],"data_offsets":[0,8])"),
     "its header has \"dtype\" twice"},
    {"MetadataIsAList", file_bytes(R"({"__metadata__":[]})", ""), "its __metadata__ is not an object"},
    {"MetadataIsANumber", file_bytes(R"({"__metadata__":{"classes":3}})", ""),
     "\"classes\" in its __metadata__ is not a string"},
    {"TensorIsANumber", file_bytes(R"({"x":3})", ""), "tensor \"x\" has no dtype"},
    {"NoDtype", tensor_file(R"("shape":[1],"data_offsets":[0,8])"), "tensor \"x\" has no dtype"},
    {"NoShape", tensor_file(R"("dtype":"F64","data_offsets":[0,8])"), "tensor \"x\" has no shape"},
    {"NoOffsets", tensor_file(R"("dtype":"F64","shape":[1])"), "tensor \"x\" has no data_offsets"},
    {"UnknownDtype", tensor_file(R"("dtype":"F8_E4M3","shape":[8],"data_offsets":[0,8])"),
     "tensor \"x\" is of type \"F8_E4M3\"; known are F64, F32, F16, BF16, I64, I32, I16, I8, U8 and BOOL"},
    {"DtypeIsANumber", tensor_file(R"("dtype":7,"shape":[8],"data_offsets":[0,8])"),
     "tensor \"x\" is of type 7; known are F64, F32, F16, BF16, I64, I32, I16, I8, U8 and BOOL"},
    {"ShapeIsANumber", tensor_file(R"("dtype":"F64","shape":1,"data_offsets":[0,8])"),
     "the shape of tensor \"x\" is not a list"},
    {"NegativeSize", tensor_file(R"("dtype":"F64","shape":[-1],"data_offsets":[0,8])"),
     "the shape of tensor \"x\" holds -1, which is no size"},
    {"BrokenSize", tensor_file(R"("dtype":"F64","shape":[1.5],"data_offsets":[0,8])"),
     "the shape of tensor \"x\" holds 1.5, which is no size"},
    {"SizeBeyond63Bits", tensor_file(R"("dtype":"U8","shape":[9223372036854775808],"data_offsets":[0,8])"),
     "the shape of tensor \"x\" holds 9223372036854775808, which is no size"},
    {"ProductThatWrapsToEight", tensor_file(R"("dtype":"F64","shape":[4294967296,4294967296,1],"data_offsets":[0,8])"),
     "the shape of tensor \"x\" is too large for any file"},
    {"EmptyWithStridesThatWrap", tensor_file(R"("dtype":"U8","shape":[0,4294967296,4294967296],"data_offsets":[0,0])"),
     "the shape of tensor \"x\" is too large for any file"},
    {"TooManyDimensions",
     tensor_file(R"("dtype":"F64","shape":[)" +
                 [] {
                   std::string ones = "1";
                   for (int i = 1; i < 65; ++i) ones += ",1";
                   return ones;
                 }() +
                 R"(],"data_offsets":[0,8])"),
     "tensor \"x\" has 65 dimensions, more than 64"},
    {"OneOffset", tensor_file(R"("dtype":"F64","shape":[1],"data_offsets":[8])"),
     "the data_offsets of tensor \"x\" are not two byte numbers"},
    {"NegativeOffset", tensor_file(R"("dtype":"F64","shape":[1],"data_offsets":[-8,0])"),
     "the data_offsets of tensor \"x\" are not two byte numbers"},
    {"BackwardOffsets", tensor_file(R"("dtype":"F64","shape":[1],"data_offsets":[8,0])"), "tensor \"x\" ends before it begins"},
    {"CutInItsData", tensor_file(R"("dtype":"F64","shape":[2],"data_offsets":[0,16])"),
     "tensor \"x\" ends at byte 16 of the data, but the file has only 8; it may be cut, copy it again"},
    {"LargestOffset", tensor_file(R"("dtype":"F64","shape":[2],"data_offsets":[0,18446744073709551615])"),
     "tensor \"x\" ends at byte 18446744073709551615 of the data, but the file has only 8; it may be cut, copy it again"},
    {"ShapeAndOffsetsDisagree", tensor_file(R"("dtype":"F32","shape":[1],"data_offsets":[0,8])"),
     "tensor \"x\" takes 4 bytes by its type and shape, but its data_offsets span 8"},
    {"Overlap",
     file_bytes(R"({"a":{"dtype":"U8","shape":[2],"data_offsets":[0,2]},"b":{"dtype":"U8","shape":[2],"data_offsets":[1,3]}})",
                "123"),
     "tensor \"b\" overlaps the one before it"},
    {"SharedBytes",
     file_bytes(R"({"a":{"dtype":"U8","shape":[2],"data_offsets":[0,2]},"b":{"dtype":"U8","shape":[2],"data_offsets":[0,2]}})",
                "12"),
     "tensor \"b\" overlaps the one before it"},
    {"Gap",
     file_bytes(R"({"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]},"b":{"dtype":"U8","shape":[1],"data_offsets":[3,4]}})",
                "1234"),
     "2 bytes before tensor \"b\" belong to none"},
    {"BytesAtTheEnd", tensor_file(R"("dtype":"U8","shape":[5],"data_offsets":[0,5])"), "its last 3 bytes belong to no tensor"},
    {"ControlCharactersInAName", file_bytes("{\"\\u001b[2J\":{}}", ""), "tensor \"\\u001b[2J\" has no dtype"},
    {"BoolThatIsNeither", file_bytes(R"({"x":{"dtype":"BOOL","shape":[2],"data_offsets":[0,2]}})", "\x01\x02"),
     "tensor \"x\" is of type bool, but holds a byte that is neither 0 nor 1"},
};

class ForgedSafetensors : public testing::TestWithParam<ForgedHeader> {};

TEST_P(ForgedSafetensors, IsRefused) {
  const ScratchFolder folder;
  put_bytes(folder / "file", GetParam().bytes);
  EXPECT_EQ(message_of<Error>([&] { load_safetensors(folder / "file"); }),
            "cannot read " + (folder / "file").string() + ": " + GetParam().message);
}

INSTANTIATE_TEST_SUITE_P(All, ForgedSafetensors, testing::ValuesIn(forged_headers),
                         [](const auto& about) { return about.param.name; });

TEST(Safetensors, EveryCutOfAFileIsRefused) {
  const ScratchFolder folder;
  save_safetensors(folder / "whole", {{{"a", at::ones({3})}, {"b", at::arange(2)}}, {{"k", "v"}}});
  const std::string whole = bytes_of(folder / "whole");
  for (std::size_t length = 0; length < whole.size(); ++length) {
    put_bytes(folder / "cut", whole.substr(0, length));
    EXPECT_THROW(load_safetensors(folder / "cut"), Error) << length;
  }
}

TEST(Safetensors, MissingFilesAndFoldersAreNamed) {
  const ScratchFolder folder;
  EXPECT_EQ(message_of<Error>([&] { load_safetensors(folder / "none"); }),
            "cannot read " + (folder / "none").string() + ": No such file or directory");
  EXPECT_EQ(message_of<Error>([&] { load_safetensors(folder.path()); }),
            "cannot read " + folder.path().string() + ": it is not a regular file");
}

}  // namespace
