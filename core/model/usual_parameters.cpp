#include "core/model/usual_parameters.h"

namespace eq::model {

ParameterSpec dropoutSpec(const std::string& summary) {
  return ParameterSpec::number("dropout", 0, summary).from(0).below(1);
}

ParameterSpec headHiddenSpec() {
  return ParameterSpec::integerList("head_hidden", nlohmann::json::array(),
                                    "Widths of hidden layers in each head")
      .from(1)
      .to(65536);
}

}  // namespace eq::model
