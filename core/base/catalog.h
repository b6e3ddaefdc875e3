#pragma once

#include <functional>
#include <iterator>
#include <memory>
#include <string>
#include <vector>

#include "core/base/descriptor.h"
#include "core/base/error.h"
#include "core/base/parameter.h"

namespace eq {

/// One row of a catalog: what the method is, and how it is made. `Arguments` are what the factory
/// takes beside the parameters.
template <typename Product, typename... Arguments>
struct CatalogRow {
  Descriptor descriptor;
  std::function<std::unique_ptr<Product>(const Parameters&, Arguments...)> create;
};

/// The tables of several families, one after the other.
template <typename Product, typename... Arguments>
std::vector<CatalogRow<Product, Arguments...>> joined(
    std::vector<std::vector<CatalogRow<Product, Arguments...>>> families) {
  std::vector<CatalogRow<Product, Arguments...>> rows;
  for (auto& family : families)
    rows.insert(rows.end(), std::make_move_iterator(family.begin()),
                std::make_move_iterator(family.end()));
  return rows;
}

/// An explicit table of methods; self-registering statics would be dropped by the linker of a
/// static library.
template <typename Product, typename... Arguments>
class Catalog {
 public:
  using Row = CatalogRow<Product, Arguments...>;

  /// \param noun what a row is, for messages: "loss", "balancer".
  Catalog(std::string noun, std::vector<Row> rows)
      : noun_(std::move(noun)), rows_(std::move(rows)) {}

  const std::vector<Row>& rows() const { return rows_; }

  std::vector<const Descriptor*> descriptors() const {
    std::vector<const Descriptor*> all;
    for (const auto& row : rows_) all.push_back(&row.descriptor);
    return all;
  }

  bool contains(const std::string& id) const {
    for (const auto& row : rows_)
      if (row.descriptor.id == id) return true;
    return false;
  }

  /// \throws Error that names `path`, the id asked for and the nearest known one.
  const Row& row(const std::string& id, const std::string& path = {}) const {
    for (const auto& row : rows_)
      if (row.descriptor.id == id) return row;
    failUnknownId(noun_, id, path, descriptors());
  }

  const Descriptor& descriptor(const std::string& id, const std::string& path = {}) const {
    return row(id, path).descriptor;
  }

  /// Checks `given` against the descriptor of `id` and makes the method.
  std::unique_ptr<Product> create(const std::string& id, const nlohmann::json& given,
                                  const std::string& path, Arguments... arguments) const {
    const Row& found = row(id, path);
    return found.create(Parameters(found.descriptor.parameters, given, path), arguments...);
  }

 private:
  std::string noun_;
  std::vector<Row> rows_;
};

}  // namespace eq
