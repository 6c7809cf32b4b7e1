import Measurement
import QuantKernels
import Results
import Runner
import Testing

/// What is computed of a run's records once its ceilings are known.
@Suite struct DerivationTests {
    private func derivation(int8: Double = 200, bandwidth: Double? = 10) -> Derivation {
        var context = Context()
        context.ceilings = [
            Ceiling(
                threads: 1, int8GmacsPerSecond: int8, f32GmacsPerSecond: 50, bandwidthGbPerSecond: bandwidth)
        ]
        context.ceilings?[0].layers = LayerLimits(caches: [.init(level: 2, bytes: 100_000, gbPerSecond: 100)])
        context.clock = ClockRate(hz: 4e9, provenance: .derived)
        return Derivation(context: context, registry: KernelRegistry())
    }

    /// One fully connected layer of 1000 × 1000 weights.
    private func cell(_ numerics: String, nanoseconds: Double) -> Record {
        let size = numerics == "f32" ? 4 : 1
        func timed(_ name: String) -> Record {
            var record = Record(name: name, status: .ok)
            (record.network, record.numerics, record.threads, record.batch) = ("net", numerics, 1, 1)
            record.latency = Latency(
                CellMeasurement(
                    name: name, samples: [nanoseconds], iterationsPerSample: 1, stopReason: .samples,
                    sampledNanoseconds: UInt64(nanoseconds)))
            record.macs = 1_000_000
            return record
        }
        var cell = timed("net/\(numerics)/t1")
        (cell.packedBytes, cell.arenaBytes) = (1_000_000 * size, 2000 * size)
        var layer = timed("net/\(numerics)/t1/fc")
        layer.path = "avx512"
        layer.layer = LayerFacts(
            nodes: ["fc"], warmNs: nanoseconds, inputBytes: 1000 * size, outputBytes: 1000 * size,
            weightBytes: 1_000_000 * size, macsPerByte: 1, weights: 1_000_000, sums: 1000, kernels: [])
        cell.layers = [layer]
        cell.layerSum = LayerSum(
            rounds: 1, clockNs: 1, sumNs: nanoseconds - 10, chainNs: nanoseconds - 5, besideNs: nanoseconds)
        return cell
    }

    @Test func aLayerThatWaitsForItsWeights() throws {
        var record = cell("w8c-a8-ptq", nanoseconds: 125_000)
        derivation().derive(&record, among: [record, cell("f32", nanoseconds: 500_000)])
        #expect(record.gmacsPerSecond == 8)
        #expect(record.percentOfCeiling == 4)
        #expect(record.ceilingDoubt == nil)
        #expect(record.macsPerCycle?.value == 2)
        #expect(record.layerSum?.residualNs == 10)
        let layer = try #require(record.layers?.first)
        let facts = try #require(layer.layer)
        let point = try #require(facts.roofline)
        #expect(layer.percentOfCeiling == 4)
        // A megabyte from memory takes 100 µs, 2 kB of tensors from L2 20 ns: 80 % of the time.
        #expect(point.bound == .memory)
        #expect(point.level == "memory")
        #expect(abs(try #require(point.percentOfRoof) - 80.016) < 1e-9)
        #expect(abs(point.attainableGmacsPerSecond - 1_000_000 / 100_020) < 1e-9)
        // Half a megabyte: 50.02 µs; a quarter: 25.02 µs.
        #expect(abs(try #require(point.atMost["w4"]) - 100_020 / 50_020) < 1e-9)
        #expect(abs(try #require(point.atMost["w2"]) - 100_020 / 25_020) < 1e-9)
        #expect(point.atMost["int8"] == nil)
        #expect(facts.bound == "memory 80 % (memory)")
        #expect(
            facts.why
                == "memory-bound: 1.0 MB at 80 % of the bandwidth of memory; 4.0 × as fast as in f32; 4-bit weights at most 2.0 ×, 2-bit weights 4.0 ×"
        )
    }

    @Test func aFloatLayerInBytes() throws {
        var record = cell("f32", nanoseconds: 500_000)
        derivation().derive(&record, among: [record])
        let point = try #require(record.layers?.first?.layer?.roofline)
        // 400 080 ns for 4 MB and 8 kB of tensors, 100 020 for a byte each.
        #expect(abs(try #require(point.atMost["int8"]) - 4) < 1e-9)
        #expect(point.atMost.count == 1)
        #expect(record.layers?.first?.layer?.why?.hasSuffix("; 8 bits at most 4.0 ×") == true)
    }

    @Test func aCeilingThatIsExceededIsNotBelieved() {
        // 1000 GMAC/s of a ceiling of 955: within what a ceiling is known to.
        var record = cell("w8c-a8-ptq", nanoseconds: 1000)
        derivation(int8: 955).derive(&record, among: [record])
        #expect(record.percentOfCeiling.map { $0.rounded() } == 105)
        #expect(record.ceilingDoubt == nil)
        // 950: more.
        derivation(int8: 950).derive(&record, among: [record])
        #expect(record.percentOfCeiling == nil)
        #expect(record.ceilingGmacsPerSecond == 950)
        #expect(record.ceilingDoubt?.hasPrefix("faster than the ceiling that was measured") == true)
        #expect(record.layers?.first?.percentOfCeiling == nil)
        #expect(record.layers?.first?.layer?.bound == "compute, ceiling ?")
        #expect(record.layers?.first?.layer?.roofline?.percentOfRoof == nil)
        // The ceiling is read again, and higher.
        derivation(int8: 2000).derive(&record, among: [record])
        #expect(record.percentOfCeiling == 50)
        #expect(record.ceilingDoubt == nil)
    }

    @Test func withoutABandwidthThereIsNoRoofline() {
        var record = cell("w8c-a8-ptq", nanoseconds: 125_000)
        derivation(bandwidth: nil).derive(&record, among: [record])
        #expect(record.layers?.first?.layer?.roofline == nil)
        #expect(record.layers?.first?.layer?.why?.isEmpty == false)
    }
}
