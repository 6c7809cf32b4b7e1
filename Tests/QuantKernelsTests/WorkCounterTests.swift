import CKernels
import Glibc
import QuantKernels
import Quantization
import Testing

/// The counters are the process's: each test runs in a process of its own, where nothing else counts.
@Suite struct WorkCounterTests {
    /// Fails unless the counter rises by `amount` while `body` runs.
    private static func expectRise(
        _ counter: WorkCounter, _ amount: Int, sourceLocation: SourceLocation = #_sourceLocation, _ body: () -> Void
    ) {
        let before = counter.value
        body()
        let rise = counter.value - before
        #expect(rise == Int64(amount), "\(counter.name)", sourceLocation: sourceLocation)
    }

    /// MACs, elements and, for products, calls do not depend on the number of threads: a part is made of whole tiles. The
    /// number of calls, ⌈rows/tile rows⌉·⌈columns/tile columns⌉, also proves which micro-kernel ran.
    @Test func products() async {
        await #expect(processExitsWith: .success) { try WorkCounterTests.countProducts() }
    }

    private static func countProducts() throws {
        alarm(120)
        var generator = SplitMix64(seed: 61)
        let (rows, depth, columns) = (31, 10, 200)
        let layer = try IntegerLayer(
            .convolution, .product(rows: rows, depth: depth, columns: columns),
            try LayerNumerics.draw(20, using: &generator)[0], using: &generator)
        let source = GuardedBuffer(layer.inputBytes, .endsAtGuard)
        let target = GuardedBuffer(count: rows * columns, .endsAtGuard)
        var count = 0
        let table = ck_kernels(&count)!
        for index in 0..<count where Int(table[index].kind) == CK_INT_GEMM {
            let kernel = table[index]
            let set = InstructionSet(rawValue: kernel.isa)!
            guard FeatureSet.detected.contains(set) else { continue }
            let registry = KernelRegistry(preferring: [String(cString: kernel.name)])
            let tiles = (rows + Int(kernel.rows) - 1) / Int(kernel.rows)
            let panels = (columns + Int(kernel.columns) - 1) / Int(kernel.columns)
            for threads in 1...4 {
                let packedBefore = WorkCounter.bytesPacked.value
                let operation = try layer.make(
                    registry, threads: threads, input: source.base, output: target.base)
                let packed = WorkCounter.bytesPacked.value - packedBefore
                #expect(operation.path == set)
                #expect(packed == Int64(operation.packedBytes) && packed > depth * columns)
                let pool = ThreadPool(threads: threads)
                expectRise(.macs, rows * depth * columns) { pool.run(operation) }
                expectRise(.elementsRequantized, rows * columns) { pool.run(operation) }
                expectRise(.tasks, threads) { pool.run(operation) }
                expectRise(.calls(set), tiles * panels) { pool.run(operation) }
            }
        }
        withExtendedLifetime((source, target)) {}
    }

    /// Padding of windows counts as work (the micro-kernel does it), padding of tiles does not. Calls of depthwise kernels
    /// are ⌈positions/16⌉·⌈channels/block⌉ for each part: they depend on the partition.
    @Test func convolutions() async {
        await #expect(processExitsWith: .success) { try WorkCounterTests.countConvolutions() }
    }

    private static func countConvolutions() throws {
        alarm(120)
        var generator = SplitMix64(seed: 62)
        var numerics = try LayerNumerics.draw(20, using: &generator)[0]
        numerics.mapping = .symmetric
        let geometry = ConvolutionGeometry.same(
            batch: 2, height: 7, width: 5, channels: 67, kernel: 3, stride: 2, outputChannels: 67)
        let positions = 2 * 4 * 3
        let source = GuardedBuffer(count: geometry.inputCount, .endsAtGuard)
        let target = GuardedBuffer(count: geometry.outputCount, .endsAtGuard)
        for kind in [IntegerLayer.Kind.convolution, .depthwise] {
            let layer = try IntegerLayer(kind, geometry, numerics, using: &generator)
            for threads in 1...4 {
                let pool = ThreadPool(threads: threads)
                let operation = try layer.make(
                    KernelRegistry(forcing: .scalar), threads: threads, input: source.base, output: target.base)
                let depth = kind == .depthwise ? 9 : 9 * 67
                expectRise(.macs, positions * 67 * depth) { pool.run(operation) }
                expectRise(.elementsRequantized, positions * 67) { pool.run(operation) }
                expectRise(.tasks, threads) { pool.run(operation) }
                let calls =
                    kind == .convolution
                    ? (positions + 3) / 4 * 5  // 4×16 tiles, 67 columns
                    : (0..<threads).reduce(0) { sum, part in
                        sum + (Operator.share(positions, part: part, of: threads).count + 15) / 16 * 5
                    }
                expectRise(.callsScalar, calls) { pool.run(operation) }
            }
        }
        withExtendedLifetime((source, target)) {}
    }

    @Test func otherOperators() async {
        await #expect(processExitsWith: .success) { try WorkCounterTests.countOtherOperators() }
    }

    private static func countOtherOperators() throws {
        alarm(120)
        let source = GuardedBuffer(count: 4000, .endsAtGuard)
        let target = GuardedBuffer(count: 4000, .endsAtGuard)
        for index in 0..<1000 { source.base.storeBytes(of: 0, toByteOffset: index * 4, as: Float.self) }
        let parameters = try QuantizationParameters(scale: 0.1, zeroPoint: 3, range: .uint8)
        let registry = try KernelRegistry(forcing: .scalar)
        let add = try IntegerAdd(
            name: "add", count: 100, left: parameters, right: parameters,
            requantization: Requantization(output: parameters), registry: registry)
        add.bind(left: source.base, right: source.base, output: target.base)
        let pool = ThreadPool(threads: 3)
        expectRise(.elementsRequantized, 100) { pool.run(add) }
        expectRise(.callsScalar, 3) { pool.run(add) }
        expectRise(.macs, 0) { pool.run(add) }

        let geometry = ConvolutionGeometry.product(rows: 9, depth: 5, columns: 17)
        let product = try FloatConvolution(
            name: "product", geometry: geometry, weights: [Float](repeating: 1, count: 85),
            bias: [Float](repeating: 1, count: 17), activation: (0, 6), registry: registry, threads: 3)
        product.bind(input: source.base, output: target.base)
        expectRise(.macs, 9 * 5 * 17) { pool.run(product) }
        expectRise(.elementsRequantized, 0) { pool.run(product) }
        expectRise(.callsScalar, 3 * 2) { pool.run(product) }

        let shape = ConvolutionGeometry.same(
            height: 3, width: 3, channels: 2, kernel: 3, stride: 1, outputChannels: 2)
        let depthwise = try FloatDepthwise(
            name: "depthwise", geometry: shape, weights: [Float](repeating: 1, count: 18), bias: [1, 1],
            activation: (0, 6), registry: registry, threads: 3)
        depthwise.bind(input: source.base, output: target.base)
        expectRise(.macs, 9 * 2 * 9) { pool.run(depthwise) }

        expectRise(.callsReference, 1) {
            _ = ReferenceFloat.pool([1, 2], geometry: .product(rows: 1, depth: 2, columns: 2), maximum: true)
        }
        withExtendedLifetime((source, target)) {}
    }

    /// Counters that a library reads by address must stay where they are, and have names of their own.
    @Test func addressesAndNames() {
        #expect(Set(WorkCounter.allCases.map(\.name)).count == WorkCounter.allCases.count)
        for counter in WorkCounter.allCases {
            #expect(counter.address == WorkCounter.macs.address + counter.rawValue)
            #expect(!counter.summary.isEmpty)
        }
        #expect(Set(InstructionSet.allCases.map { WorkCounter.calls($0) }).count == InstructionSet.allCases.count)
    }
}
