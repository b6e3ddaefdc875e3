#include "core/data/views.h"

namespace eq::data {

std::vector<ParameterSpec> withViews(std::vector<ParameterSpec> own, const Augmentation& defaults,
                                     bool images) {
  own.push_back(ParameterSpec::number("view_noise", defaults.noise,
                                      "For losses of two views of an example: standard deviation "
                                      "of the noise that the second one adds to the inputs")
                    .from(0)
                    .to(100));
  own.push_back(ParameterSpec::number("view_drop", defaults.drop,
                                      "Likewise: share of the inputs that it sets to 0")
                    .from(0)
                    .below(1));
  if (images)
    own.push_back(ParameterSpec::integer("view_shift", defaults.shift,
                                         "Likewise: by how far it moves the image at most")
                      .from(0)
                      .to(16)
                      .in("pixels"));
  return own;
}

Augmentation augmentationOf(const Parameters& parameters, bool images) {
  return {parameters.number("view_noise"), parameters.number("view_drop"),
          images ? parameters.integer("view_shift") : 0};
}

}  // namespace eq::data
