#include "search/trials.hpp"

#include <fcntl.h>

#include <algorithm>
#include <cerrno>
#include <iterator>
#include <system_error>
#include <type_traits>
#include <utility>

#include <SQLiteCpp/SQLiteCpp.h>
#include <fmt/format.h>

#include <aviary/error.hpp>

namespace fs = std::filesystem;

namespace aviary::search {
namespace {

constexpr const char* schema = R"(
CREATE TABLE IF NOT EXISTS sweep (key TEXT PRIMARY KEY, value TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS workers (id INTEGER PRIMARY KEY AUTOINCREMENT);
CREATE TABLE IF NOT EXISTS trials (
  id INTEGER PRIMARY KEY, point INTEGER NOT NULL, seed INTEGER NOT NULL, beginning INTEGER NOT NULL, after INTEGER,
  "end" INTEGER, state TEXT NOT NULL, note TEXT NOT NULL, worker INTEGER);
CREATE TABLE IF NOT EXISTS scores (trial INTEGER NOT NULL, pause INTEGER NOT NULL, score REAL, PRIMARY KEY (trial, pause));
)";

constexpr int version = 1;
constexpr int patience_ms = 60'000;  // for the transactions of the other processes

// What a trial has at its end, after all pauses.
constexpr std::int64_t whole = 1'000'000'000;

void bind(SQLite::Statement& statement, int index, const std::optional<std::int64_t>& value) {
  if (value)
    statement.bind(index, *value);
  else
    statement.bind(index);
}

std::optional<std::int64_t> optional_column(SQLite::Statement& row, int index) {
  const auto column = row.getColumn(index);
  return column.isNull() ? std::nullopt : std::optional(column.getInt64());
}

// Columns of a trial, with its last score.
constexpr const char* columns =
    "SELECT id, point, seed, beginning, after, \"end\", state, note,"
    " (SELECT score FROM scores WHERE trial = id ORDER BY pause DESC LIMIT 1) FROM trials ";

Trial trial_of(SQLite::Statement& row) {
  Trial trial{.id = row.getColumn(0).getInt64(),
              .point = row.getColumn(1).getInt64(),
              .seed = row.getColumn(2).getInt64(),
              .beginning = row.getColumn(3).getInt() != 0,
              .after = optional_column(row, 4),
              .end = optional_column(row, 5),
              .state = row.getColumn(6).getString(),
              .note = row.getColumn(7).getString()};
  if (!row.getColumn(8).isNull()) trial.score = row.getColumn(8).getDouble();
  return trial;
}

void insert(SQLite::Database& database, const recipe::Entry& entry) {
  SQLite::Statement insertion(database, "INSERT INTO sweep VALUES (?, ?)");
  insertion.bind(1, entry.key);
  insertion.bind(2, *entry.node.text());
  insertion.exec();
}

void set_state(SQLite::Database& database, std::int64_t id, const std::string& state, const std::string& note,
               const std::optional<std::int64_t>& worker) {
  SQLite::Statement update(database, "UPDATE trials SET state = ?, note = ?, worker = ? WHERE id = ?");
  update.bind(1, state);
  update.bind(2, note);
  bind(update, 3, worker);
  update.bind(4, id);
  update.exec();
}

void insert(SQLite::Database& database, const Trial& trial) {
  SQLite::Statement insertion(database,
                              "INSERT OR IGNORE INTO trials (id, point, seed, beginning, after, \"end\", state, note) "
                              "VALUES (?, ?, ?, ?, ?, ?, ?, ?)");
  insertion.bind(1, trial.id);
  insertion.bind(2, trial.point);
  insertion.bind(3, trial.seed);
  insertion.bind(4, static_cast<int>(trial.beginning));
  bind(insertion, 5, trial.after);
  bind(insertion, 6, trial.end);
  insertion.bind(7, trial.state);
  insertion.bind(8, trial.note);
  insertion.exec();
}

std::vector<recipe::Entry> written_before(SQLite::Database& database) {
  std::vector<recipe::Entry> before;
  SQLite::Statement rows(database, "SELECT key, value FROM sweep");
  while (rows.executeStep()) before.push_back({rows.getColumn(0).getString(), {}, {{}, rows.getColumn(1).getString()}});
  return before;
}

void require_the_same(const std::vector<recipe::Entry>& written, const std::vector<recipe::Entry>& before,
                      const std::string& remedy) {
  std::vector<recipe::Complaint> complaints;
  for (const recipe::Entry& entry : written) {
    const auto found = std::ranges::find(before, entry.key, &recipe::Entry::key);
    if (found == before.end() || *found->node.text() != *entry.node.text())
      complaints.push_back({entry.node.place, fmt::format("{} is {}, and was {}{}", entry.key, *entry.node.text(),
                                                          found == before.end() ? "not there" : *found->node.text(), remedy)});
  }
  for (const recipe::Entry& entry : before)
    if (std::ranges::find(written, entry.key, &recipe::Entry::key) == written.end())
      complaints.push_back(
          {{written.front().place.file, 1, 1}, fmt::format("{} was {}, and is gone{}", entry.key, *entry.node.text(), remedy)});
  if (!complaints.empty()) throw recipe::RecipeError(std::move(complaints));
}

void require_version(SQLite::Database& database) {
  const int found = database.execAndGet("PRAGMA user_version").getInt();
  if (found > version)
    throw Error(fmt::format("{} is of version {}, which a later aviary wrote; expected {} or earlier", database.getFilename(),
                            found, version));
}

std::vector<Trial> all_trials(SQLite::Database& database) {
  std::vector<Trial> trials;
  SQLite::Statement rows(database, std::string(columns) + "ORDER BY id");
  while (rows.executeStep()) trials.push_back(trial_of(rows));
  return trials;
}

}  // namespace

template <class Work>
auto Trials::guarded(const Work& work) {
  const std::lock_guard lock(mutex_);
  try {
    SQLite::Transaction transaction(*database_, SQLite::TransactionBehavior::IMMEDIATE);
    if constexpr (std::is_void_v<decltype(work())>) {
      work();
      transaction.commit();
    } else {
      auto result = work();
      transaction.commit();
      return result;
    }
  } catch (const SQLite::Exception& error) {
    throw Error(fmt::format("{}: {}", file_.string(), error.what()));
  }
}

Trials::Trials(const fs::path& folder, const std::vector<recipe::Entry>& written, const std::vector<Trial>& trials,
               std::optional<Halving> halving)
    : file_(folder / "sweep.db"),
      halving_(std::move(halving)),
      lock_(::open((folder / "sweep.lock").c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0666)) {
  if (!lock_.open())
    throw Error(fmt::format("cannot write {}: {}", (folder / "sweep.lock").string(), std::generic_category().message(errno)));
  try {
    database_ = std::make_unique<SQLite::Database>(file_.string(), SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE, patience_ms);
  } catch (const SQLite::Exception& error) {
    throw Error(fmt::format("{}: {}", file_.string(), error.what()));
  }
  guarded([&] {
    require_version(*database_);
    database_->exec(schema);
    database_->exec(fmt::format("PRAGMA user_version = {}", version));
    const std::vector<recipe::Entry> before = written_before(*database_);
    if (before.empty())
      for (const recipe::Entry& entry : written) insert(*database_, entry);
    else
      require_the_same(written, before,
                       fmt::format("; the trials in {} are of the sweep as it was: change it back, or give another --out",
                                   file_.parent_path().string()));
    for (const Trial& trial : trials) insert(*database_, trial);
    database_->exec("UPDATE trials SET state = 'waiting' WHERE state = 'failed'");
    register_worker();
  });
}

Trials::~Trials() = default;

// A worker holds a lock on a byte of its own, which the system takes back from a process that ends in whatever way.
void Trials::register_worker() {
  database_->exec("INSERT INTO workers DEFAULT VALUES");
  worker_ = database_->getLastInsertRowid();
  struct flock mine {};
  mine.l_type = F_WRLCK;
  mine.l_whence = SEEK_SET;
  mine.l_start = worker_;
  mine.l_len = 1;
  if (::fcntl(lock_.number(), F_OFD_SETLK, &mine) != 0)
    throw Error(fmt::format("cannot lock {}: {}", (file_.parent_path() / "sweep.lock").string(),
                            std::generic_category().message(errno)));
}

bool Trials::alive(std::int64_t worker) const {
  if (worker == worker_) return true;
  struct flock theirs {};
  theirs.l_type = F_WRLCK;
  theirs.l_whence = SEEK_SET;
  theirs.l_start = worker;
  theirs.l_len = 1;
  return ::fcntl(lock_.number(), F_OFD_GETLK, &theirs) == 0 && theirs.l_type != F_UNLCK;
}

void Trials::free_the_dead() {
  std::vector<std::int64_t> freed;
  SQLite::Statement running(*database_, "SELECT id, worker FROM trials WHERE state = 'running'");
  while (running.executeStep())
    if (!alive(running.getColumn(1).getInt64())) freed.push_back(running.getColumn(0).getInt64());
  for (const std::int64_t id : freed) set_state(*database_, id, "waiting", "", std::nullopt);
}

std::optional<Trial> Trials::claim() {
  return guarded([this]() -> std::optional<Trial> {
    free_the_dead();
    std::optional<Trial> trial = promoted();
    if (!trial) {
      SQLite::Statement next(*database_, std::string(columns) +
                                             "WHERE state = 'waiting' AND (after IS NULL OR after IN (SELECT id FROM trials "
                                             "WHERE state IN ('done', 'paused'))) ORDER BY id LIMIT 1");
      if (next.executeStep()) trial = trial_of(next);
    }
    if (!trial) trial = best_of_all();
    if (trial) set_state(*database_, trial->id, "running", "", worker_);
    return trial;
  });
}

std::optional<Trial> Trials::claim(std::int64_t id) {
  return guarded([&]() -> std::optional<Trial> {
    free_the_dead();
    SQLite::Statement row(*database_, std::string(columns) + "WHERE id = ? AND state = 'waiting'");
    row.bind(1, id);
    if (!row.executeStep()) return std::nullopt;
    Trial trial = trial_of(row);
    set_state(*database_, id, "running", "", worker_);
    return trial;
  });
}

// Trials with a score at a pause, the best first.
std::vector<std::int64_t> Trials::ranked(std::int64_t pause) {
  SQLite::Statement scored(*database_, fmt::format("SELECT trial FROM scores WHERE pause = ? AND score IS NOT NULL ORDER BY "
                                                   "score {}, trial",
                                                   halving_->smaller_is_better ? "ASC" : "DESC"));
  scored.bind(1, pause);
  std::vector<std::int64_t> ids;
  while (scored.executeStep()) ids.push_back(scored.getColumn(0).getInt64());
  return ids;
}

// The trial, going on to its next pause, where it waits at this one.
std::optional<Trial> Trials::paused(std::int64_t id, std::int64_t pause, const std::optional<std::int64_t>& next) {
  SQLite::Statement row(*database_, std::string(columns) + "WHERE id = ? AND state = 'paused' AND \"end\" = ?");
  row.bind(1, id);
  row.bind(2, pause);
  if (!row.executeStep()) return std::nullopt;
  Trial trial = trial_of(row);
  trial.end = next;
  SQLite::Statement further(*database_, "UPDATE trials SET \"end\" = ? WHERE id = ?");
  bind(further, 1, next);
  further.bind(2, id);
  further.exec();
  return trial;
}

// From the last pause to the first, as the algorithm has it.
std::optional<Trial> Trials::promoted() {
  if (!halving_) return std::nullopt;
  const auto& pauses = halving_->pauses;
  for (std::size_t i = pauses.size(); i-- > 0;) {
    std::vector<std::int64_t> best = ranked(pauses[i]);
    best.resize(best.size() / static_cast<std::size_t>(halving_->reduction));
    for (const std::int64_t id : best)
      if (auto trial = paused(id, pauses[i], i + 1 < pauses.size() ? std::optional(pauses[i + 1]) : std::nullopt)) return trial;
  }
  return std::nullopt;
}

std::optional<Trial> Trials::best_of_all() {
  if (!halving_) return std::nullopt;
  if (database_->execAndGet("SELECT count(*) FROM trials WHERE state IN ('running', 'done')").getInt() > 0) return std::nullopt;
  const auto& pauses = halving_->pauses;
  for (std::size_t i = pauses.size(); i-- > 0;)
    for (const std::int64_t id : ranked(pauses[i]))
      if (auto trial = paused(id, pauses[i], std::nullopt)) return trial;
  return std::nullopt;
}

bool Trials::others_run() {
  return guarded([this] {
    free_the_dead();
    return database_->execAndGet("SELECT count(*) FROM trials WHERE state = 'running'").getInt() > 0;
  });
}

void Trials::record(const Trial& trial, const std::optional<double>& score, bool finished) {
  guarded([&] {
    // One that stopped early stands at the pauses to come as it ended.
    std::vector<std::int64_t> pauses = {trial.end.value_or(whole)};
    if (finished && halving_)
      std::ranges::copy_if(halving_->pauses, std::back_inserter(pauses),
                           [&](std::int64_t pause) { return trial.end && pause > *trial.end; });
    for (const std::int64_t pause : pauses) {
      SQLite::Statement insertion(*database_, "INSERT OR REPLACE INTO scores VALUES (?, ?, ?)");
      insertion.bind(1, trial.id);
      insertion.bind(2, pause);
      if (score)
        insertion.bind(3, *score);
      else
        insertion.bind(3);
      insertion.exec();
    }
    set_state(*database_, trial.id, finished || trial.beginning || !trial.end ? "done" : "paused", "", std::nullopt);
  });
}

void Trials::fail(const Trial& trial, const std::string& note) {
  guarded([&] {
    set_state(*database_, trial.id, "failed", note, std::nullopt);
    // What would have gone on from it begins at the beginning.
    SQLite::Statement orphans(*database_, "UPDATE trials SET after = NULL WHERE after = ? AND state = 'waiting'");
    orphans.bind(1, trial.id);
    orphans.exec();
  });
}

void Trials::release(const Trial& trial) {
  guarded([&] { set_state(*database_, trial.id, "waiting", "", std::nullopt); });
}

std::vector<Trial> Trials::all() {
  return guarded([this] { return all_trials(*database_); });
}

std::vector<Trial> read_trials(const fs::path& folder, const std::vector<recipe::Entry>& written) {
  const fs::path file = folder / "sweep.db";
  try {
    // Opened for writing, SQLite mends what a killed process left; what may not be written it reads all the same.
    SQLite::Database database(file.string(), SQLite::OPEN_READWRITE, patience_ms);
    const SQLite::Transaction transaction(database);
    require_version(database);
    std::vector<recipe::Entry> before = written_before(database);
    std::erase_if(before, [](const recipe::Entry& entry) { return entry.key == "--worker" || entry.key == "--workers"; });
    require_the_same(
        written, before,
        fmt::format(" in {}; expected parts of one sweep, and the command that its workers were given", folder.string()));
    return all_trials(database);
  } catch (const SQLite::Exception& error) {
    throw Error(fmt::format("{}: {}", file.string(), error.what()));
  }
}

}  // namespace aviary::search
