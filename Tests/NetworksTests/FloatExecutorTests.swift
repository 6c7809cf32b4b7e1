import Networks
import QuantKernels
import Testing

/// The float executor against the reference, which sums in double.
@Suite struct FloatExecutorTests {
    /// Sums of up to a few hundred products, layer upon layer: a few units of 2⁻²⁴ each, of the largest output.
    private static let tolerance: Float = 2e-5

    @Test func equalsTheReferenceWithinTolerance() throws {
        let subjects: [(Network, FoldedParameters)] =
            try ([Graphs.everyOperation, Graphs.edges, fashionNetwork] + bypassNetworks).map {
                ($0, randomLayers($0, seed: 2))
            }
            + [(fashionNetwork, shippedLayers())]
        let pools = (1...3).map { ThreadPool(threads: $0) }
        for (network, layers) in subjects {
            let images = randomImages(network, 3, seed: 6)
            let references = try images.map { try ReferenceExecutor.run(network, layers, input: reals($0)) }
            let largest = references.joined().map { abs($0) }.max()!
            #expect(largest > 0.01)
            for set in FeatureSet.detected.sets {
                for (pool, batch) in [(pools[0], 1), (pools[1], 3), (pools[2], 1), (pools[2], 3)] {
                    let executor = try FloatExecutor(
                        network: network, parameters: layers, batch: batch, registry: KernelRegistry(forcing: set),
                        pool: pool)
                    executor.load(Array(images.prefix(batch)))
                    executor.run()
                    let worst = zip(executor.output, references.prefix(batch).joined()).map { abs($0 - $1) }.max()!
                    #expect(
                        worst <= Self.tolerance * largest,
                        "\(network.name), \(set), \(pool.threads) threads, batch \(batch)")
                }
            }
        }
    }

    @Test func softmaxAndArgmax() throws {
        let network = Graphs.classifier
        let executor = try FloatExecutor(
            network: network, parameters: randomLayers(network, seed: 4), batch: 3, registry: KernelRegistry(),
            pool: ThreadPool(threads: 2))
        executor.load(randomImages(network, 3, seed: 8))
        var probabilities: [Float] = []
        executor.run { if $0 == 3 { probabilities = Array(executor.tensor(3)) } }
        for image in 0..<3 {
            let row = probabilities[image * 9..<(image + 1) * 9]
            #expect(abs(row.reduce(0, +) - 1) < 1e-6)
            #expect(Int(executor.indices(of: 4)[image]) == row.firstIndex(of: row.max()!)! - row.startIndex)
        }
    }

    @Test func aMissingLayerIsNamed() {
        #expect(throws: NetworkError.missingLayer("wide", network: "edges")) {
            try FloatExecutor(
                network: Graphs.edges, parameters: [:], registry: KernelRegistry(), pool: ThreadPool(threads: 1))
        }
        #expect(throws: NetworkError.missingLayer("wide", network: "edges")) {
            try ReferenceExecutor.run(Graphs.edges, [:], input: [Float](repeating: 0, count: 20))
        }
    }
}
