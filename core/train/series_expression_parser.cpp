#include <algorithm>
#include <array>
#include <cmath>
#include <optional>
#include <utility>

#include "core/base/expression_scanner.h"
#include "core/train/series_expression.h"
#include "core/train/series_name.h"

namespace eq::train {
namespace {

using Operation = SeriesOperation;
using Function = SeriesFunction;

constexpr std::size_t kLongestExpression = 10000;  // bytes
constexpr int kDeepestExpression = 100;            // each level costs a few frames of the stack
constexpr double kLargestCount = 1000000;          // values that a window holds

constexpr std::array kFunctions{
    Function::last,     Function::final,     Function::best,
    Function::mean,     Function::slope,     Function::smoothed,
    Function::noBetter, Function::notFinite, Function::conflictFrequency};

const std::initializer_list<std::string_view> kComparisonSymbols{
    "<=", ">=", "==", "!=", "<", ">", "~"};

Operation comparisonOf(const std::string& symbol) {
  if (symbol == "==") return Operation::equal;
  if (symbol == "!=") return Operation::unequal;
  if (symbol == "~") return Operation::matches;
  if (symbol == "<") return Operation::less;
  if (symbol == "<=") return Operation::lessOrEqual;
  return symbol == ">" ? Operation::greater : Operation::greaterOrEqual;
}

bool takesCount(Function function) {
  return function == Function::mean || function == Function::slope ||
         function == Function::smoothed || function == Function::noBetter ||
         function == Function::conflictFrequency;
}

std::optional<Function> functionNamed(const std::string& name) {
  for (const auto function : kFunctions)
    if (toText(function) == name) return function;
  return std::nullopt;
}

/// What is known of a value before there is one.
enum class Type { number, text, truth, null, any };

const char* inWords(Type type) {
  switch (type) {
    case Type::number:
      return "a number";
    case Type::text:
      return "a text";
    case Type::truth:
      return "a condition";
    case Type::null:
      return "null";
    default:
      return "a name";
  }
}

/// Recursive descent: one function a level of the grammar, each answers with the node of its
/// result.
class SeriesParser {
 public:
  SeriesParser(std::string_view text, std::string_view place) : scanner_(text, place) {
    expression_.text = text;
  }

  SeriesExpression parse(bool condition) {
    const auto start = scanner_.next();
    const auto result = disjunction();
    if (!scanner_.atEnd()) refuseRest();
    if (condition) require(result, Type::truth, start);
    if (types_[result] == Type::null) scanner_.refuse(start, "null stands only beside == and !=");
    return std::move(expression_);
  }

 private:
  using Node = std::size_t;

  Node disjunction() { return joined("or", Operation::disjunction, &SeriesParser::conjunction); }
  Node conjunction() { return joined("and", Operation::conjunction, &SeriesParser::negation); }

  Node joined(std::string_view word, Operation operation, Node (SeriesParser::*operand)()) {
    const auto start = scanner_.next();
    auto left = (this->*operand)();
    while (true) {
      const auto place = scanner_.next();
      if (!scanner_.takeWord(word)) return left;
      const auto second = scanner_.next();
      const auto right = (this->*operand)();
      require(left, Type::truth, start);
      require(right, Type::truth, second);
      left = add({operation, place, {}, 0, {left, right}}, Type::truth);
    }
  }

  Node negation() {
    const auto place = scanner_.next();
    if (!scanner_.takeWord("not")) return comparison();
    const Level level(*this);
    const auto start = scanner_.next();
    const auto inner = negation();
    require(inner, Type::truth, start);
    return add({Operation::negation, place, {}, 0, {inner}}, Type::truth);
  }

  Node comparison() {
    const auto start = scanner_.next();
    const auto left = sum();
    const auto place = scanner_.next();
    const auto symbol = scanner_.take(kComparisonSymbols);
    if (symbol.empty()) return left;
    const auto second = scanner_.next();
    const auto right = sum();
    const auto next = scanner_.next();
    if (!scanner_.take(kComparisonSymbols).empty())
      scanner_.refuse(next, "comparisons do not chain; write and between them");
    const auto operation = comparisonOf(symbol);
    if (types_[left] == Type::null || types_[right] == Type::null)
      return nullTest(operation, place, types_[left] == Type::null ? right : left);
    checkComparison(operation, {left, start}, {right, second}, place);
    return add({operation, place, {}, 0, {left, right}}, Type::truth);
  }

  Node nullTest(Operation operation, std::size_t place, Node tested) {
    if (operation != Operation::equal && operation != Operation::unequal)
      scanner_.refuse(place, "null stands only beside == and !=");
    return add({operation == Operation::equal ? Operation::isNull : Operation::isNotNull,
                place,
                {},
                0,
                {tested}},
               Type::truth);
  }

  using Placed = std::pair<Node, std::size_t>;
  void checkComparison(Operation operation, Placed left, Placed right, std::size_t place) const {
    if (operation == Operation::matches) {
      require(left.first, Type::text, left.second);
      return require(right.first, Type::text, right.second);
    }
    const auto a = types_[left.first], b = types_[right.first];
    if (a != Type::any && b != Type::any && a != b)
      scanner_.refuse(place, fmt::format("{} is never equal to {}", inWords(a), inWords(b)));
    const bool isOrder = operation != Operation::equal && operation != Operation::unequal;
    if (isOrder && (a == Type::truth || b == Type::truth))
      scanner_.refuse(place, "conditions have no order; use == or !=");
  }

  Node sum() {
    return chain({"+", "-"}, Operation::add, Operation::subtract, &SeriesParser::product);
  }
  Node product() {
    return chain({"*", "/"}, Operation::multiply, Operation::divide, &SeriesParser::unary);
  }

  Node chain(std::initializer_list<std::string_view> symbols, Operation first, Operation second,
             Node (SeriesParser::*operand)()) {
    const auto start = scanner_.next();
    auto left = (this->*operand)();
    while (true) {
      const auto place = scanner_.next();
      const auto symbol = scanner_.take(symbols);
      if (symbol.empty()) return left;
      const auto begin = scanner_.next();
      const auto right = (this->*operand)();
      require(left, Type::number, start);
      require(right, Type::number, begin);
      left = add({symbol == *symbols.begin() ? first : second, place, {}, 0, {left, right}},
                 Type::number);
    }
  }

  Node unary() {
    const auto place = scanner_.next();
    const auto sign = scanner_.take({"+", "-"});
    if (sign.empty()) return primary();
    const Level level(*this);
    const auto start = scanner_.next();
    const auto inner = unary();
    require(inner, Type::number, start);
    return sign == "+" ? inner : add({Operation::negate, place, {}, 0, {inner}}, Type::number);
  }

  Node primary() {
    const auto start = scanner_.next();
    if (scanner_.atNumber())
      return add({Operation::number, start, scanner_.number()}, Type::number);
    if (scanner_.atQuote()) return add({Operation::text, start, scanner_.quoted()}, Type::text);
    if (!scanner_.take({"("}).empty()) {
      const Level level(*this);
      const auto inside = disjunction();
      close(start);
      return inside;
    }
    for (const bool truth : {true, false})
      if (scanner_.takeWord(truth ? "true" : "false"))
        return add({Operation::truth, start, truth}, Type::truth);
    if (scanner_.takeWord("null")) return add({Operation::truth, start}, Type::null);
    for (const auto* word : {"and", "or", "not"})
      if (scanner_.takeWord(word))
        scanner_.refuse(start, fmt::format("expected a value, found {}", word));
    auto name = path("a value");
    const auto open = scanner_.next();
    return scanner_.take({"("}).empty() ? quantity(std::move(name), Type::any) : call(name, open);
  }

  /// A name with its parts. \param expected for the message where there is none.
  SeriesQuantity path(const std::string& expected) {
    SeriesQuantity found;
    found.offset = scanner_.next();
    found.parts.push_back(scanner_.name());
    auto& first = found.parts[0];
    if (first.empty()) refuseHere(fmt::format("expected {}, found {}", expected, scanner_.found()));
    while (addPart(found)) {
    }
    if (found.parts[0] == "val" && found.parts.size() > 1) found.parts[0] = "validation";
    found.name.insert(0, found.parts[0]);
    return found;
  }

  bool addPart(SeriesQuantity& found) {
    const auto open = scanner_.next();
    if (!scanner_.take({"."}).empty()) {
      const bool isCoordinate = found.parts.size() == 1 && found.parts[0] == "point";
      if (isCoordinate && scanner_.atNumber()) {  // point.0, as exports name it
        addIndex(found);
        return true;
      }
      const auto part = scanner_.name();
      if (part.empty()) refuseHere("expected the next part of a name, found " + scanner_.found());
      addNamed(found, part);
      return true;
    }
    if (scanner_.take({"["}).empty()) return false;
    if (scanner_.atQuote())
      addNamed(found, scanner_.quoted());
    else
      addIndex(found);
    if (scanner_.take({"]"}).empty())
      refuseHere(fmt::format("expected ] to the [ of {}, found {}", scanner_.position(open),
                             scanner_.found()));
    return true;
  }

  void addNamed(SeriesQuantity& found, const std::string& part) {
    found.parts.push_back(part);
    const auto written = seriesName({part});
    found.name += (written[0] == '[' ? "" : ".") + written;
  }

  void addIndex(SeriesQuantity& found) {
    const auto index = std::to_string(wholeNumber("an index from 0", 0));
    found.parts.push_back(index);
    found.name += "[" + index + "]";
  }

  std::int64_t wholeNumber(const std::string& expected, double least) {
    const auto start = scanner_.next();
    const auto text = scanner_.found();
    const double value = scanner_.atNumber() ? scanner_.number() : -1;
    if (value < least || value > kLargestCount || value != std::floor(value))
      scanner_.refuse(start, fmt::format("expected {} to {}, found {}", expected, kLargestCount,
                                         value < 0 ? text : fmt::format("{}", value)));
    return static_cast<std::int64_t>(value);
  }

  Node quantity(SeriesQuantity found, Type type) {
    const auto offset = found.offset;
    expression_.quantities.push_back(std::move(found));
    return add({Operation::quantity, offset, {}, expression_.quantities.size() - 1}, type);
  }

  Node call(const SeriesQuantity& called, std::size_t open) {
    const auto function = functionNamed(called.name);
    if (!function)
      scanner_.refuse(called.offset, fmt::format("there is no function {}; known: {}", called.name,
                                                 functionNames()));
    SeriesQuantity found;
    if (*function == Function::conflictFrequency) {
      found.parts = {found.name = "conflict"};
      found.offset = called.offset;
    } else {
      found = path("a series");
      if (takesCount(*function) && scanner_.take({","}).empty())
        refuseHere(fmt::format("expected , and how many values {} looks at, found {}", called.name,
                               scanner_.found()));
    }
    found.function = *function;
    if (takesCount(*function)) found.count = count(*function);
    close(open);
    const bool isCondition = *function == Function::noBetter || *function == Function::notFinite;
    return quantity(std::move(found), isCondition ? Type::truth : Type::number);
  }

  std::int64_t count(Function function) {
    return function == Function::slope ? wholeNumber("a whole number from 2", 2)
                                       : wholeNumber("a whole number from 1", 1);
  }

  static std::string functionNames() {
    std::string names;
    for (const auto function : kFunctions) names += (names.empty() ? "" : " ") + toText(function);
    return names;
  }

  void require(Node node, Type type, std::size_t place) const {
    if (types_[node] != type && types_[node] != Type::any)
      scanner_.refuse(place,
                      fmt::format("expected {}, found {}", inWords(type), inWords(types_[node])));
  }

  Node add(SeriesNode node, Type type) {
    expression_.nodes.push_back(std::move(node));
    types_.push_back(type);
    return types_.size() - 1;
  }

  void close(std::size_t open) {
    if (scanner_.take({")"}).empty())
      refuseHere(fmt::format("expected ) to the ( of {}, found {}", scanner_.position(open),
                             scanner_.found()));
  }

  [[noreturn]] void refuseHere(const std::string& rule) { scanner_.refuse(scanner_.next(), rule); }

  [[noreturn]] void refuseRest() {
    const auto place = scanner_.next();
    const auto isNext = [&](std::string_view symbol) { return !scanner_.take({symbol}).empty(); };
    if (isNext("=")) scanner_.refuse(place, "expected an operator, found =; write == to compare");
    if (isNext("&&")) scanner_.refuse(place, "expected an operator, found &&; write and");
    if (isNext("||")) scanner_.refuse(place, "expected an operator, found ||; write or");
    scanner_.refuse(place, "expected an operator, found " + scanner_.found());
  }

  /// Counts how deep the recursion is.
  struct Level {
    explicit Level(SeriesParser& parser) : depth(parser.depth_) {
      if (++depth > kDeepestExpression)
        parser.refuseHere(fmt::format("nests more than {} deep", kDeepestExpression));
    }
    ~Level() { --depth; }
    int& depth;
  };

  ExpressionScanner scanner_;
  SeriesExpression expression_;
  std::vector<Type> types_;  // one a node
  int depth_ = 0;
};

SeriesExpression parsed(std::string_view text, std::string_view place, bool condition) {
  if (text.size() > kLongestExpression)
    throw ExpressionError(fmt::format("{}: must have at most {} characters, found {}", place,
                                      kLongestExpression, text.size()),
                          kLongestExpression);
  if (ExpressionScanner(text, place).atEnd())
    throw ExpressionError(fmt::format("{}: is empty; write an expression such as "
                                      "last(validation.TASK.loss) < 0.1",
                                      place),
                          0);
  return SeriesParser(text, place).parse(condition);
}

}  // namespace

SeriesExpression parseSeriesExpression(std::string_view text, std::string_view place) {
  return parsed(text, place, false);
}

SeriesExpression parseSeriesCondition(std::string_view text, std::string_view place) {
  return parsed(text, place, true);
}

}  // namespace eq::train
