// Kaggle's CSV: a row for each picture, its id and what it is taken for. Everything wrong with ids is an error before a model
// is asked. Called by the command submit.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace aviary::results {

/// How the competition names a picture: by its path below the folder, by its file's name, or by that without the extension.
enum class IdForm { path, file, stem };

/// What it wants to know: the name of the class, or its number, from 0.
enum class LabelForm { name, index };

struct SubmissionForm {
  std::string id_column = "id";
  std::string label_column = "label";
  IdForm id_form = IdForm::file;
  LabelForm label_form = LabelForm::name;
};

struct SubmissionRow {
  std::string id;
  std::filesystem::path picture;
};

struct Submission {
  SubmissionForm form;
  std::vector<SubmissionRow> rows;
};

/// A row for each picture below the folder, in the order of their paths. Throws Error (Fault::usage) where there is none, or
/// two have one id.
Submission submission_of(const std::filesystem::path& images, const SubmissionForm& form);

/// The columns, ids and order of a competition's sample_submission.csv, with the pictures that they name. The ids' form is
/// found by trying; that of the labels is `label_form`, else a name where all its labels are classes, else an index where all
/// are numbers of classes. Throws Error (Fault::usage): other than two columns, an id twice, ids without a picture, pictures
/// without an id, labels of neither form.
Submission submission_like(const std::filesystem::path& sample, const std::filesystem::path& images,
                           const std::vector<std::string>& classes, std::optional<LabelForm> label_form);

/// `predicted`: of each row, the number of the class. Writes the file whole.
void write_submission(const Submission& submission, const std::vector<std::size_t>& predicted,
                      const std::vector<std::string>& classes, const std::filesystem::path& file);

}  // namespace aviary::results
