// The event files that TensorBoard opens: RUN/tensorboard/. Scalars for every epoch, and what a process begins with: the recipe
// as text, and a sheet of training pictures. Steps are the epochs of metrics.csv, from 0. The command that trains makes one; it
// lives as long as the training and is called from the training's thread.
//
// Every process writes a file of its own, named by a number, since TensorBoard reads those of a folder in the order of their
// names. It begins with SessionLog START at the first epoch that is trained: TensorBoard forgets what earlier files say of that
// epoch and later ones, which a checkpoint did not hold, so that no epoch stands there twice. Files are only ever added to.
// Cutting the old one back, as the event log does, would take away records that a TensorBoard that is open has read, and it
// would go on in the middle of others. A program that is killed may leave half a record at a file's end; readers stop there,
// and take the next file.
#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include <opencv2/core/mat.hpp>

#include "results/appended_file.hpp"
#include "results/event_log.hpp"
#include "results/events.hpp"
#include "results/run_folder.hpp"

namespace aviary::tensorboard {
class Event;
}

namespace aviary::results {

class TensorBoard final : public Listener {
 public:
  /// What a process begins with.
  struct Beginning {
    std::string recipe;  ///< as resolved
    cv::Mat pictures;    ///< BGR; empty: none
  };

  /// Throws Error when the file cannot be written.
  TensorBoard(const RunFolder& run, Beginning beginning, EventLog::Clock now = std::chrono::system_clock::now);

  /// These throw Error when the disk is full; half a record is taken back. An epoch is on the disk before its checkpoint is
  /// begun.
  void started(const RunStarted& event) override;
  void epoch_done(const EpochDone& event) override;

 private:
  void write(tensorboard::Event& event, std::int64_t step);

  EventLog::Clock now_;
  Beginning beginning_;
  AppendedFile file_;
};

}  // namespace aviary::results
