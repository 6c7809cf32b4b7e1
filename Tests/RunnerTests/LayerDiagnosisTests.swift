import Runner
import Testing

/// What bounds a layer, from made-up times.
@Suite struct LayerDiagnosisTests {
    /// A product of 1 ms whose limits explain a tenth each.
    private func evidence(_ change: (inout LayerEvidence) -> Void = { _ in }) -> LayerEvidence {
        var evidence = LayerEvidence(isInteger: true, chain: 1e6, warm: 1e6)
        (evidence.macs, evidence.sums, evidence.outputChannels, evidence.lanes) = (6_400_000, 100_000, 64, 16)
        evidence.bytes = 1_500_000
        (evidence.products, evidence.outputs, evidence.dispatch) = (1e5, 1e5, 10)
        evidence.memory = ("L2", 1e5)
        evidence.farthest = ("memory", 5e5)
        change(&evidence)
        return evidence
    }

    private func diagnosis(_ change: (inout LayerEvidence) -> Void = { _ in }) -> LayerDiagnosis {
        LayerDiagnosis(evidence(change))
    }

    @Test func nearTheCeiling() {
        let found = diagnosis { $0.products = 9.14e5 }
        #expect(found.bound == .compute)
        #expect(found.summary == "compute 91 %")
        #expect(found.sentence == "compute-bound at 91 % of the ceiling")
        #expect(diagnosis { $0.products = 6.9e5 }.bound != .compute)
    }

    @Test func nearTheBandwidth() {
        let found = diagnosis { $0.memory = ("L3", 8.3e5) }
        #expect(found.bound == .memory)
        #expect(found.summary == "memory 83 % (L3)")
        #expect(found.sentence == "memory-bound: 1.5 MB at 83 % of the bandwidth of L3")
        // Both limits near: the products are what cannot be avoided.
        #expect(diagnosis { ($0.products, $0.memory) = (8e5, ("L3", 9e5)) }.bound == .compute)
    }

    @Test func withoutVectors() {
        let found = diagnosis { $0.isPortable = true }
        #expect(found.bound == .portable)
        #expect(found.sentence == "portable code without vectors: 10 % of the ceiling")
        let pool = diagnosis { ($0.isPortable, $0.macs, $0.sums, $0.products, $0.outputs) = (true, 0, 0, nil, nil) }
        #expect(pool.sentence == "portable code without vectors: 10 % of the bandwidth of L2")
        // A copy that is as fast as the memory needs no better code.
        #expect(diagnosis { ($0.isPortable, $0.memory) = (true, ("L2", 7e5)) }.bound == .memory)
    }

    @Test func tooSmallForItsThreads() {
        let dispatched = diagnosis { ($0.threads, $0.dispatch) = (2, 3.1e5) }
        #expect(dispatched.bound == .threads)
        #expect(dispatched.sentence == "too small for 2 threads: starting and joining them is 31 % of the time")
        let slow = diagnosis { ($0.threads, $0.oneThread) = (2, 1.1e6) }
        #expect(slow.bound == .threads)
        #expect(slow.sentence == "too small for 2 threads: only 1.1 × as fast as on one")
        // 1.3 of 2 is enough not to blame the threads, and one thread is never too many.
        #expect(diagnosis { ($0.threads, $0.oneThread) = (2, 1.3e6) }.bound != .threads)
        #expect(diagnosis { ($0.dispatch, $0.oneThread) = (3.1e5, 1e6) }.bound != .threads)
    }

    @Test func dataThatIsElsewhere() {
        let found = diagnosis { $0.warm = 2.5e5 }
        #expect(found.bound == .coldData)
        #expect(found.summary == "cold data 75 %")
        #expect(
            found.sentence
                == "memory-bound in the chain: 1.5 MB at 50 % of the bandwidth of memory, 4.0 × as fast where they are warm"
        )
        #expect(diagnosis { $0.warm = 7.5e5 }.bound != .coldData)
        #expect(diagnosis { $0.warm = 1.2e6 }.bound != .coldData)
    }

    @Test func emptyLanes() {
        let found = diagnosis { $0.outputChannels = 8 }
        #expect(found.bound == .lanes)
        #expect(found.sentence == "8 output channels fill 50 % of the vectors' 16 lanes")
        #expect(diagnosis { $0.outputChannels = 17 }.summary == "lanes 53 %")
        // 56 of 64.
        #expect(diagnosis { $0.outputChannels = 56 }.bound != .lanes)
    }

    @Test func shallowSums() {
        let found = diagnosis { $0.outputs = 4.6e5 }
        #expect(found.bound == .outputs)
        #expect(found.summary == "requantization 46 %")
        #expect(found.sentence == "requantization is 46 % of the time, with 64 products per output")
        let float = diagnosis { ($0.isInteger, $0.outputs) = (false, 4.6e5) }
        #expect(float.sentence == "the output stage is 46 % of the time, with 64 products per output")
        // Faster than the shallowest product: no share above the whole.
        #expect(diagnosis { $0.outputs = 1.2e6 }.summary == "requantization 100 %")
    }

    @Test func nothingOfThat() {
        let overhead = diagnosis()
        #expect(overhead.bound == .overhead)
        #expect(
            overhead.sentence == "loads, gathering and loops are 80 % of the time, products 10 %, requantization 10 %, "
                + "with 64 products per output")
        let mixed = diagnosis { ($0.products, $0.outputs) = (5e5, 2.5e5) }
        #expect(mixed.bound == .mixed)
        #expect(mixed.summary == "products 50 %")
        let addition = diagnosis { ($0.macs, $0.sums, $0.products, $0.outputs) = (0, 0, nil, nil) }
        #expect(addition.summary == "elementwise")
        #expect(addition.sentence == "arithmetic on each element, no products: 10 % of the bandwidth of L2")
    }

    @Test func limitsThatNobodyMeasuredBlameNothing() {
        let found = diagnosis {
            ($0.products, $0.outputs, $0.dispatch) = (nil, nil, nil)
            ($0.memory, $0.farthest, $0.threads) = (nil, nil, 2)
        }
        #expect(found.bound == .overhead)
        let cold = diagnosis { ($0.memory, $0.farthest, $0.warm) = (nil, nil, 5e5) }
        #expect(cold.sentence == "memory-bound in the chain: 1.5 MB, 2.0 × as fast where they are warm")
    }

    @Test(arguments: [
        (3.04e6, "; 3.0 × as fast as in f32"), (1.04e6, "; as fast as in f32"), (0.5e6, "; slower than in f32 (0.5 ×)"),
    ])
    func besideTheFloatLayer(float: Double, text: String) {
        #expect(diagnosis { $0.float = float }.sentence.hasSuffix(text))
        #expect(!diagnosis { ($0.isInteger, $0.float) = (false, float) }.sentence.contains("f32"))
    }
}

@Suite struct ProcessorListTests {
    @Test(arguments: [("0", 1), ("0-3", 4), ("0-1,8-9", 4), ("0,2", 2), ("", 0)])
    func counts(list: String, count: Int) {
        #expect(MachineProbe.count(ofList: list) == count)
    }
}
