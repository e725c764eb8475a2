/// Names as the recorded reference numbers spell them.
enum ReferenceName {
  static func dataset(_ name: String) -> String {
    name == "cifar10" ? "cifar-10" : name
  }
}
