import Networks
import Testing

/// Parameter and multiply-accumulate counts of the ImageNet families beside MobileNet v1, from the papers and the shared
/// layer lists. Residual additions count nothing.
@Suite struct FamilyCountTests {
    @Test(arguments: [
        ("mobilenet_v2", 300.8, nil), ("resnet18", 1814.1, 11.690), ("resnet50", 4089.2, 25.557),
        ("resnet101", 7801.4, 44.549), ("resnet152", 11513.6, 60.193),
    ])
    func counts(name: String, megaMACs: Double, megaParameters: Double?) throws {
        let network = try #require(NetworkFamily.named(name)).network()
        #expect(abs(Double(network.macs) / 1e6 - megaMACs) < 0.06, "\(Double(network.macs) / 1e6)")
        if let megaParameters {
            #expect(
                abs(Double(network.parameterCount) / 1e6 - megaParameters) < 0.0006,
                "\(Double(network.parameterCount) / 1e6)")
        }
    }

    @Test func residualAdditions() {
        func additions(_ name: String) -> Int {
            NetworkFamily.named(name)!.network().nodes.filter { if case .add = $0.operation { true } else { false } }
                .count
        }
        #expect(additions("resnet18") == 8)
        #expect(additions("resnet50") == 16)
        #expect(additions("mobilenet_v2") == 10)
        #expect(additions("fashion_resnet20") == 9)
    }
}
