#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <set>
#include <string>

#include <nlohmann/json.hpp>

#include <QWidget>

class QLabel;
class QLineEdit;
class QPushButton;
class QTimer;

namespace eq::widgets {

class NewestWork;

/// Chooses the folder of single-task runs that others are compared with, and makes such runs: by
/// `equipoise-cli baselines`, in processes of its own, which go on when the window is closed.
class SingleTaskBar : public QWidget {
  Q_OBJECT

 public:
  /// What single-task runs are made from.
  struct Source {
    std::string name;
    nlohmann::json experiment;
    std::filesystem::path run;  ///< whose experiment it is
    std::set<std::int64_t> seeds;
  };

  /// \param workspace below which the runs that it makes have a folder.
  explicit SingleTaskBar(const std::filesystem::path& workspace, QWidget* parent = nullptr);

  /// Empty: none.
  std::filesystem::path folder() const;
  /// None: nothing can be made.
  void setSource(std::optional<Source> source);
  /// How the runs of the folder stand, as it is shown.
  QString status() const;
  /// Without a question.
  void make();

 signals:
  /// Another folder, or one of its runs has ended.
  void changed();
  void problemMet(const QString& text);

 private:
  void ask();
  std::filesystem::path placeFor(const Source& source) const;
  /// Looks how far the runs are, now and as long as they are trained.
  void look();
  void tell(const QString& text);

  std::filesystem::path workspace_;
  std::optional<Source> source_;
  QLineEdit* field_;
  QPushButton* make_;
  QLabel* status_;
  NewestWork* work_;
  QTimer* later_;
  std::int64_t finished_ = -1;  ///< runs, as they were last told
};

/// The experiment with those of its relative paths absolute that name something from `folder`.
nlohmann::json withAbsolutePaths(nlohmann::json experiment, const std::filesystem::path& folder);

}  // namespace eq::widgets
