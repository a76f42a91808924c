#include "results/submission.hpp"

#include <string>
#include <vector>

#include <gmock/gmock.h>

#include <aviary/error.hpp>

#include "framework/weights/scratch_folder.hpp"

namespace {

using aviary::results::IdForm;
using aviary::results::LabelForm;
using aviary::results::Submission;
using aviary::results::submission_like;
using aviary::results::submission_of;
using aviary::results::write_submission;
using aviary::test::bytes_of;
using aviary::test::message_of;
using aviary::test::put_bytes;
using testing::ElementsAre;

const std::vector<std::string> birds = {"AUK", "BARN OWL", "CROW, \"HOODED\""};

struct SubmissionTest : testing::Test {
  SubmissionTest() {
    std::filesystem::create_directories(images / "b");
    for (const char* const name : {"1.jpg", "2.jpg", "b/3.png"}) put_bytes(images / name, "");
  }

  Submission like(const std::string& text, std::optional<LabelForm> form = {}) const {
    put_bytes(sample, text);
    return submission_like(sample, images, birds, form);
  }

  std::string refusal(const std::string& text) const {
    std::string message = message_of<aviary::Error>([&] { like(text); });
    for (const std::string& path : {folder.path().string() + "/"})
      for (std::size_t at = message.find(path); at != std::string::npos; at = message.find(path))
        message.erase(at, path.size());
    return message;
  }

  static std::vector<std::string> ids(const Submission& submission) {
    std::vector<std::string> all;
    for (const auto& row : submission.rows) all.push_back(row.id);
    return all;
  }

  aviary::test::ScratchFolder folder;
  std::filesystem::path images = folder / "images";
  std::filesystem::path sample = folder / "sample.csv";
};

TEST_F(SubmissionTest, TakesColumnsOrderAndFormFromTheSample) {
  const Submission submission = like("Image Id,Category\r\n3,0\r\n1,0\r\n2,2\r\n");
  EXPECT_EQ(submission.form.id_form, IdForm::stem);
  EXPECT_EQ(submission.form.label_form, LabelForm::index);
  EXPECT_EQ(submission.rows[0].picture, images / "b/3.png");
  write_submission(submission, {2, 0, 1}, birds, folder / "out.csv");
  EXPECT_EQ(bytes_of(folder / "out.csv"), "\"Image Id\",\"Category\"\n\"3\",2\n\"1\",0\n\"2\",1\n");
}

TEST_F(SubmissionTest, WritesNamesWhereTheSampleHasThem) {
  const Submission submission = like("id,label\nb/3.png,AUK\n2.jpg,AUK\n1.jpg,BARN OWL\n");
  EXPECT_EQ(submission.form.id_form, IdForm::path);
  EXPECT_EQ(submission.form.label_form, LabelForm::name);
  write_submission(submission, {2, 0, 1}, birds, folder / "out.csv");
  EXPECT_EQ(bytes_of(folder / "out.csv"),
            "\"id\",\"label\"\n\"b/3.png\",\"CROW, \"\"HOODED\"\"\"\n\"2.jpg\",\"AUK\"\n\"1.jpg\",\"BARN OWL\"\n");
}

TEST_F(SubmissionTest, FindsFilesBelowFoldersByTheirNameAlone) {
  EXPECT_EQ(like("id,label\n3.png,0\n2.jpg,0\n1.jpg,0\n").form.id_form, IdForm::file);
}

TEST_F(SubmissionTest, RefusesIdsThatDoNotMatchThePictures) {
  EXPECT_EQ(refusal("id,label\n1,0\n2,0\n3,0\n4,0\n5,0\n6,0\n7,0\n"),
            "4 of the 7 ids in sample.csv have no picture in images: 4, 5, 6 and 1 more; expected one for each");
  EXPECT_EQ(refusal("id,label\n1,0\n"),
            "2 pictures have no id in sample.csv: images/2.jpg, images/b/3.png; expected only those that it names");
  EXPECT_EQ(refusal("id,label\n1,0\n2,0\n1,0\n"), "sample.csv:4: the id \"1\" stands in line 2 already");
  put_bytes(images / "b/1.png", "");
  EXPECT_EQ(
      refusal("id,label\n1,0\n2,0\n3,0\n"),
      "images/1.jpg and images/b/1.png have one id, \"1\"; expected one picture for each: remove one, or name pictures by "
      "their path with --ids path");
}

TEST_F(SubmissionTest, RefusesOtherTables) {
  EXPECT_EQ(refusal("id,AUK,BARN OWL\n1,0.5,0.5\n"),
            "sample.csv:1: expected two columns, the picture's id and its label; found 3");
  EXPECT_EQ(refusal("id,label\n"), "sample.csv has no rows; expected a header, and a row for each picture");
  EXPECT_EQ(
      refusal("id,label\n1,0\n2,3\n3,0\n"),
      "sample.csv: \"3\" is neither the name of a class nor a number from 0 to 2; say what is wanted with --labels name or "
      "--labels index");
  EXPECT_EQ(like("id,label\n1,?\n2,?\n3,?\n", LabelForm::name).form.label_form, LabelForm::name);
}

TEST_F(SubmissionTest, NamesPicturesItselfWithoutASample) {
  EXPECT_THAT(ids(submission_of(images, {.id_form = IdForm::path})), ElementsAre("1.jpg", "2.jpg", "b/3.png"));
  EXPECT_THAT(ids(submission_of(images, {.id_form = IdForm::stem})), ElementsAre("1", "2", "3"));
  const std::string nothing = (folder / "nothing").string();
  std::filesystem::create_directory(nothing);
  EXPECT_EQ(message_of<aviary::Error>([&] { submission_of(nothing, {}); }),
            nothing + " holds no pictures; expected files that end in .jpg, .jpeg, .png, .bmp, .webp, .ppm, .pgm, .tif, .tiff");
}

}  // namespace
