internal import CKnownWork
internal import QuantKernels
internal import Quantization

/// What the operating system and the kernel library count.
extension KnownWork {
    static var pages: KnownWork {
        KnownWork(
            name: "page_touches", title: "first touches of pages", operation: "page", operations: 1000,
            // The mapping's page tables are the kernel's own and no faults; the loop's stack may be one.
            counts: [.count(.pageFaults, 1000, slack: 10), .threadTime(.taskClock)],
            run: { _ = kw_touch_pages(1000) })
    }

    static var sleeps: KnownWork {
        KnownWork(
            name: "sleeps", title: "sleeps of 0.1 ms", operation: "sleep", operations: 20,
            // More only if somebody else wanted the processor.
            counts: [.count(.contextSwitches, 20, slack: 10)], run: { _ = kw_sleep(20) })
    }

    /// The kernel library's integer product of square matrices, on one thread; its own counters know what it did.
    static func matrixProduct(_ registry: KernelRegistry) throws -> KnownWork {
        let side = 64
        let geometry = ConvolutionGeometry.product(rows: side, depth: side, columns: side)
        let weights = try WeightQuantizer(bits: 8, mapping: .symmetric, granularity: .perChannel).quantize(
            (0..<side * side).map { Float($0 % 7) - 3 }, channels: side, axis: .outermost)
        let unsigned = try QuantizationParameters.affine(minimum: 0, maximum: 1, range: .unsigned(bits: 8))
        let work = try IntegerConvolution(
            name: "known work", geometry: geometry, weights: weights, bias: [Int32](repeating: 0, count: side),
            input: unsigned, requantization: Requantization(output: unsigned), registry: registry, threads: 1)
        let (input, output) = (AlignedBuffer(count: side * side), AlignedBuffer(count: side * side))
        work.bind(input: input.base, output: output.base)
        let pool = ThreadPool(threads: 1)
        let macs = Double(side * side * side)
        return KnownWork(
            name: "matrix_product", title: "int8 matrix product \(side)×\(side)×\(side) on \(work.path)",
            operation: "MAC", operations: macs,
            counts: [
                .count(.macs, macs), .count(.requantized, Double(side * side)), .count(.bytesPacked, 0),
                .count(.referenceCalls, 0),
            ],
            run: { withExtendedLifetime((input, output)) { pool.run(work) } })
    }
}
