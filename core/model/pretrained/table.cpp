#include "core/model/pretrained/imagenet_resnet.h"
#include "core/model/pretrained/vit.h"
#include "core/model/tables.h"

namespace eq::model {

std::vector<CatalogRow<Model, const Setting&>> pretrainedRows() {
  return {imagenetResnetRow(), vitRow()};
}

}  // namespace eq::model
