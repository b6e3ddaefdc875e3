#include "core/data/digit_retrieval.h"

#include <ATen/core/Tensor.h>

#include "core/base/random.h"
#include "core/data/compared/captions.h"
#include "core/data/compared_tasks.h"
#include "core/data/digit_problem.h"
#include "core/data/problem.h"
#include "core/data/views.h"

namespace eq::data {
namespace {

constexpr const char* kTexts = "texts";

/// Digits with their labels, and with captions where there is the parameter for them.
class EmbeddedDigits : public Dataset {
 public:
  EmbeddedDigits(const Parameters& parameters, const Setting& setting, bool captioned)
      : parameters_(parameters),
        setting_(setting),
        names_(comparedNames(parameters, "tasks")),
        captioned_(captioned) {}

  Problem load(std::uint64_t seed) const override {
    const DigitParts parts = digitOriginals(parameters_, setting_, seed);
    auto problem = imageProblem(parts, parameters_);
    problem.train = labelled(firstOf(parts.train, parameters_), seed, 0);
    problem.validation = labelled(parts.validation, seed, 1);
    problem.test = labelled(parts.test, seed, 2);
    TaskInfo task{"", TaskKind::classification, kDigitClasses, digitNames(), "", {}};
    if (captioned_) task.fields = {kTexts};
    shareTarget(problem, task, names_);
    return problem;
  }

 private:
  Split labelled(const DigitImages& images, std::uint64_t seed, std::uint64_t part) const {
    Split split{greyValues(images), {digitLabels(images)}, {at::Tensor()}, {}};
    if (captioned_)
      split.fields = {
          {{kTexts, captions(images, parameters_.integer("languages"), parameters_.integer("width"),
                             parameters_.number("noise"), deriveSeed(seed, "captions"), part)}}};
    return split;
  }

  Parameters parameters_;
  Setting setting_;
  std::vector<std::string> names_;
  bool captioned_;
};

CatalogRow<Dataset, const Setting&> embeddedRow(Descriptor descriptor, bool captioned) {
  descriptor.taskKinds = {TaskKind::classification};
  descriptor.traits = {{"tasks_from", {"tasks"}}};
  return {descriptor, [captioned](const Parameters& parameters, const Setting& setting) {
            return std::make_unique<EmbeddedDigits>(parameters, setting, captioned);
          }};
}

}  // namespace

CatalogRow<Dataset, const Setting&> digitRetrievalRow() {
  Descriptor descriptor;
  descriptor.id = "digit_retrieval";
  descriptor.title = "Digit retrieval";
  descriptor.summary =
      "Handwritten digits that are to lie near their like, and near captions of them in several "
      "languages, which are fixed vectors. Every task has the same target.";
  descriptor.formula =
      "texts_ik ~ [g(digit_i) + 2 Σ_p s_p(i) h_p + σ k/K ε]₊ of length 1, s: share of the ink in "
      "each of 4x4 parts; g, h ~ [N(0, 1)]₊ drawn once";
  descriptor.citation =
      "K. Musgrave, S. Belongie, S.-N. Lim, A Metric Learning Reality Check, ECCV 2020; Nie et "
      "al., 1-to-K Contrastive Learning, KDD 2024. Images: UCI Optical Recognition of Handwritten "
      "Digits, E. Alpaydin, C. Kaynak, 1998, CC BY 4.0";
  descriptor.parameters = withViews(
      {comparedTasks("digit"), trainingCount(),
       ParameterSpec::integer("languages", 4, "Captions of an image, one a language")
           .from(1)
           .to(64),
       ParameterSpec::integer("width", 32,
                              "Numbers of a caption: as many as the head of a task that reads them "
                              "has features")
           .from(1)
           .to(4096),
       ParameterSpec::number("noise", 1,
                             "σ: noise of the last language; the k-th of K has k/K of it")
           .from(0)
           .to(100),
       digitFolder()},
      {0.1, 0, 1}, true);
  return embeddedRow(std::move(descriptor), true);
}

CatalogRow<Dataset, const Setting&> twoViewsRow() {
  Descriptor descriptor;
  descriptor.id = "two_views";
  descriptor.title = "Two views";
  descriptor.summary =
      "Handwritten digits of which each is seen twice, moved, with noise and with pixels missing, "
      "for losses that read no label. The labels tell what the embeddings are good for.";
  descriptor.formula =
      "view = [x moved by up to view_shift + N(0, view_noise²)] · 1{u >= view_drop}";
  descriptor.citation =
      "T. Chen, S. Kornblith, M. Norouzi, G. Hinton, A Simple Framework for Contrastive Learning, "
      "ICML 2020. Images: UCI Optical Recognition of Handwritten Digits, E. Alpaydin, C. Kaynak, "
      "1998, CC BY 4.0";
  descriptor.parameters =
      withViews({comparedTasks("view"), trainingCount(), digitFolder()}, {0.15, 0.2, 1}, true);
  return embeddedRow(std::move(descriptor), false);
}

}  // namespace eq::data
