#include "core/loss/classes/label_rows.h"

#include "core/base/error.h"
#include "core/loss/checks.h"

namespace eq::loss {

void checkLabelRows(const std::string& loss, const Batch& batch) {
  checkNumbers(loss, "prediction", batch.prediction);
  if (batch.prediction.dim() != 2)
    fail("{}.prediction: expected logits [N, L], found {}", loss, shapeText(batch.prediction));
  checkTargetNumbers(loss, batch, batch.prediction.sizes());
  checkBinaryTarget(loss, batch);
}

std::vector<InputField> labelRowInputs() {
  return {{"prediction", "[N, L]", "logits"},
          {"target", "as prediction", "0 or 1: which labels apply"}};
}

std::vector<ParameterSpec> labelRowParameters(std::vector<ParameterSpec> own) {
  own.push_back(
      ParameterSpec::choice("reduction", "mean", {"mean", "sum"}, "Over the valid samples"));
  return own;
}

}  // namespace eq::loss
