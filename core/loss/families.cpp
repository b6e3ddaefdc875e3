#include "core/loss/families.h"

namespace eq::loss {

const std::vector<Family>& families() {
  static const std::vector<Family> all{{"classes", "Classes and labels"},
                                       {"ordinal", "Ranks"},
                                       {"transport", "Transport between bins"},
                                       {"distillation", "A teacher's outputs"},
                                       {"regression", "Numbers"},
                                       {"dense", "Pixels and maps"},
                                       {"embedding", "Embeddings and pairs"},
                                       {"ranking", "Ranked lists"},
                                       {"weights", "Made of other losses"},
                                       {"custom", "Your own"}};
  return all;
}

std::string familyTitle(const std::string& id) {
  for (const auto& family : families())
    if (family.id == id) return family.title;
  return id;
}

}  // namespace eq::loss
