#include "core/loss/regression_support.h"

#include <utility>

#include "core/loss/element_loss.h"

namespace eq::loss {

Descriptor regressionDescriptor(const std::string& id, const std::string& title,
                                const std::string& summary, const std::string& formula,
                                const std::string& citation, std::vector<ParameterSpec> own) {
  Descriptor descriptor;
  descriptor.id = id;
  descriptor.title = title;
  descriptor.summary = summary;
  descriptor.formula = formula;
  descriptor.citation = citation;
  descriptor.parameters = elementParameters(std::move(own));
  descriptor.taskKinds = {TaskKind::regression};
  descriptor.inputs = elementInputs("numbers", "numbers");
  descriptor.traits = {{"slices", {"residual"}}};
  return descriptor;
}

}  // namespace eq::loss
