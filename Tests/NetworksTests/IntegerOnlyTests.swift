import CPlatform
import Networks
import QuantKernels
import Quantization
import Testing

/// Integer-only inference does no floating-point operation that rounds: the processor's sticky exception flags stay down
/// (docs/networks.md says what this shows and what it does not).
@Suite(.enabled(if: cp_fp_flags() >= 0, "this processor has no readable floating-point exception flags"))
struct IntegerOnlyTests {
    /// The flags that a run on the calling thread raises.
    private static func flags(_ executor: Executor) -> Int32 {
        _ = cp_fp_clear_flags()
        executor.run()
        return cp_fp_flags()
    }

    private static func subjects() throws -> [Subject] {
        try [Subject(Graphs.everyOperation), Subject(Graphs.edges), Subject(fashionNetwork, shippedLayers())]
            + bypassNetworks.map { try Subject($0) }
    }

    @Test func integerNetworksRaiseNoFlag() throws {
        let pool = ThreadPool(threads: 1)
        for subject in try Self.subjects() + [Subject(Graphs.classifier)] {
            for numerics in Numerics.sample(14) {
                let model = try subject.quantized(numerics)
                for set in FeatureSet.detected.sets {
                    let executor = try IntegerExecutor(
                        model: model, batch: 2, registry: KernelRegistry(forcing: set), pool: pool)
                    executor.load(randomImages(subject.network, 2, seed: 12))
                    #expect(Self.flags(executor) == 0, "\(subject.network.name) \(numerics) \(set)")
                }
            }
        }
    }

    /// The test above can fail: floats, and requantization in floats, raise `inexact`.
    @Test func floatNetworksRaiseInexact() throws {
        let pool = ThreadPool(threads: 1)
        for subject in try Self.subjects() {
            for set in FeatureSet.detected.sets {
                let registry = try KernelRegistry(forcing: set)
                let float = try FloatExecutor(
                    network: subject.network, parameters: subject.layers, registry: registry, pool: pool)
                float.load(randomImages(subject.network, 1, seed: 12))
                #expect(Self.flags(float) & Int32(CP_FP_INEXACT) != 0, "\(subject.network.name) \(set)")

                let rounding = try IntegerExecutor(
                    model: subject.quantized(Numerics(rounding: .fp32)), registry: registry, pool: pool,
                    allowsFloatRequantization: true)
                rounding.load(randomImages(subject.network, 1, seed: 12))
                #expect(Self.flags(rounding) & Int32(CP_FP_INEXACT) != 0, "\(subject.network.name) \(set)")
            }
        }
    }
}
