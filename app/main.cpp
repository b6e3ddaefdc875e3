#include "app/application.h"

int main(int argc, char** argv) {
  return eq::app::runApplication(argc, argv);
}
