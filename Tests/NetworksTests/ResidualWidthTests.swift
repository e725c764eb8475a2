import Compute
import Networks
import Testing

/// Residual networks of other widths by name.
struct ResidualWidthTests {
  private func parameters(_ name: String) -> Int? {
    NamedNetwork(name, classes: 10)?.network.parameters.entries
      .filter { $0.role == .trainable }.map(\.count).reduce(0, +)
  }

  @Test func channelsAreThoseOfTheName() {
    // Convolutions 216 + 2 · 576 + 1,152 + 2,304 + 4,608 + 9,216, normalisations 240, dense layer 330.
    #expect(parameters("resnet8w8") == 19_218)
    #expect(parameters("resnet8w16") == parameters("resnet8"))
    #expect(parameters("resnet20w16") == 269_722)
    #expect(NamedNetwork("resnet8w8", classes: 10)?.network.featureCount == 32)
    #expect(NamedNetwork("efficientnet-lite0", classes: 1000)?.network.featureCount == 1280)
  }

  @Test(arguments: ["resnet8w", "resnet8w0", "resnet9w8", "resnet8w8w8", "resnet8w08", "resnetw8"])
  func otherNamesAreNobodys(name: String) {
    #expect(NamedNetwork(name, classes: 10) == nil)
  }
}
