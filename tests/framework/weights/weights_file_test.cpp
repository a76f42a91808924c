#include "weights/weights_file.hpp"

#include <string>

#include <ATen/core/Tensor.h>
#include <ATen/ops/ones.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <aviary/error.hpp>

#include "framework/weights/scratch_folder.hpp"

namespace {

using namespace aviary::weights;
using aviary::Error;
using aviary::test::message_of;
using aviary::test::put_bytes;
using aviary::test::ScratchFolder;

TEST(WeightsFile, TheExtensionDecidesWhatIsWrittenAndTheContentHowItIsRead) {
  const ScratchFolder folder;
  const Tensors content = {{{"x", at::ones({2, 3})}}, {}};
  for (const auto& [name, format] : {std::pair("a.safetensors", Format::safetensors), std::pair("a.pt", Format::pytorch),
                                     std::pair("a.pth", Format::pytorch)}) {
    save_weights_file(folder / name, content);
    EXPECT_EQ(format_of_content(folder / name), format) << name;
    std::filesystem::rename(folder / name, folder / "of another name.bin");
    const Tensors loaded = load_weights_file(folder / "of another name.bin");
    ASSERT_EQ(loaded.tensors.size(), 1U) << name;
    EXPECT_TRUE(loaded.tensors[0].second.equal(content.tensors[0].second)) << name;
  }
}

TEST(WeightsFile, HeadersWhoseLengthLooksLikeAnotherFormatAreRecognised) {
  const ScratchFolder folder;
  // A length of 0x80 is the first byte of a pickle, one of 0x4b50 the "PK" of a zip file.
  for (const std::size_t length : {0x80, 0x280, 0x4b50}) {
    const std::string begin = R"({"x":{"dtype":"U8","shape":[0],"data_offsets":[0,0]})";
    std::string bytes(8, '\0');
    bytes[0] = static_cast<char>(length & 0xff);
    bytes[1] = static_cast<char>(length >> 8);
    put_bytes(folder / "file", bytes + begin + std::string(length - begin.size() - 1, ' ') + "}");
    EXPECT_EQ(load_weights_file(folder / "file").tensors.size(), 1U) << length;
  }
}

TEST(WeightsFile, OtherExtensionsAreRefusedWithTheKnownOnes) {
  const ScratchFolder folder;
  EXPECT_EQ(message_of<Error>([&] { save_weights_file(folder / "weights.bin", {}); }),
            (folder / "weights.bin").string() + " has no extension of a known format; expected .safetensors, .pt or .pth");
}

TEST(WeightsFile, OtherFilesAreRefused) {
  const ScratchFolder folder;
  const std::string begin = "cannot read " + (folder / "file").string() + ": ";
  put_bytes(folder / "file", "\x89HDF\r\n\x1a\n and so on");
  EXPECT_EQ(message_of<Error>([&] { load_weights_file(folder / "file"); }),
            begin + "it is neither a safetensors file nor one that torch.save wrote");
  put_bytes(folder / "file", "");
  EXPECT_EQ(message_of<Error>([&] { load_weights_file(folder / "file"); }),
            begin + "it has 0 bytes, too few for a safetensors file; it may be cut, copy it again");
  EXPECT_EQ(message_of<Error>([&] { load_weights_file(folder / "none"); }),
            "cannot read " + (folder / "none").string() + ": No such file or directory");
}

}  // namespace
