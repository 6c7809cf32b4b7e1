import Glibc
import QuantKernels
import Quantization
import Synchronization
import Testing

private var canWatchAllocations: Bool {
    #if arch(x86_64) && canImport(Glibc)
        dlsym(nil, "mallinfo2") != nil && dlsym(nil, "_swift_allocObject") != nil
    #else
        false
    #endif
}

/// Running a prepared operator allocates nothing. Two witnesses, in a process of their own: the bytes that malloc has handed
/// out, and the Swift runtime's hook on object allocation, which also sees objects that were freed again.
/// Only where both can be asked: the C library is glibc, the processor x86-64 (see `MallocInUse`).
@Suite(.enabled(if: canWatchAllocations, "needs glibc's mallinfo2 on x86-64 and the Swift runtime's hook"))
struct AllocationTests {
    @Test func runsAllocateNothing() async {
        await #expect(processExitsWith: .success) { try AllocationTests.watchRuns() }
    }

    private static func watchRuns() throws {
        alarm(120)
        let registry = KernelRegistry()
        var generator = SplitMix64(seed: 81)
        let bytes = (0..<40_000).map { _ in UInt8(truncatingIfNeeded: generator.next() & 0x3f) }
        let source = GuardedBuffer(bytes, .endsAtGuard)
        let target = GuardedBuffer(count: 40_000, .endsAtGuard)
        for threads in [1, 2] {
            let pool = ThreadPool(threads: threads)
            for operation in try Self.operators(registry, threads, source.base, target.base, &generator) {
                for _ in 0..<10 { pool.run(operation) }  // warm-up: lazy globals
                // Another thread of the test process may allocate meanwhile; what `run` itself allocates shows every time.
                let attempts = (0..<3).lazy.map { _ in witness(1000) { pool.run(operation) } }
                #expect(
                    attempts.contains { $0.bytes == 0 && $0.objects == 0 }, "\(operation.name) on \(threads) threads")
            }
        }
        withExtendedLifetime((source, target)) {}
    }

    /// Both witnesses see an allocation.
    @Test func anAllocationIsSeen() async {
        await #expect(processExitsWith: .success) { try AllocationTests.watchLeak() }
    }

    private static func watchLeak() throws {
        alarm(120)
        final class Leaking: Operator, @unchecked Sendable {
            nonisolated(unsafe) var kept: [[Int]] = []
            override func run(_ part: Part) { kept.append([Int](repeating: part.index, count: 100)) }
        }
        let leaking = Leaking(name: "leaking", path: .scalar, outputCount: 1)
        let pool = ThreadPool(threads: 1)
        let seen = witness(10) { pool.run(leaking) }
        #expect(seen.bytes > 0 && seen.objects >= 10)
    }

    /// Growth of malloc's bytes in use, and Swift objects allocated, during `runs` calls of `body`.
    private static func witness(_ runs: Int, _ body: () -> Void) -> (bytes: Int, objects: Int) {
        AllocationHook.install()
        let before = MallocInUse.bytes()
        for _ in 0..<runs { body() }
        let after = MallocInUse.bytes()
        return (after - before, AllocationHook.remove())
    }

    private static func operators(
        _ registry: KernelRegistry, _ threads: Int, _ input: UnsafeMutableRawPointer, _ output: UnsafeMutableRawPointer,
        _ generator: inout SplitMix64
    ) throws -> [Operator] {
        let geometry = ConvolutionGeometry.same(
            height: 6, width: 5, channels: 9, kernel: 3, stride: 1, outputChannels: 9)
        let numerics = try LayerNumerics.draw(20, using: &generator)
        var operators: [Operator] = []
        for kind in [IntegerLayer.Kind.convolution, .depthwise] {
            for mapping in Mapping.allCases {
                var numerics = numerics[0]
                numerics.mapping = mapping
                let layer = try IntegerLayer(kind, geometry, numerics, using: &generator)
                operators.append(try layer.make(registry, threads: threads, input: input, output: output))
            }
        }
        let bias = [Float](repeating: 0, count: 9)
        let convolution = try FloatConvolution(
            name: "float conv", geometry: geometry, weights: [Float](repeating: 1, count: 729), bias: bias,
            activation: (0, 6), registry: registry, threads: threads)
        convolution.bind(input: input, output: output)
        let depthwise = try FloatDepthwise(
            name: "float depthwise", geometry: geometry, weights: [Float](repeating: 1, count: 81), bias: bias,
            activation: (0, 6), registry: registry, threads: threads)
        depthwise.bind(input: input, output: output)
        let floatAdd = FloatAdd(name: "float add", count: 100, activation: (0, 6), registry: KernelRegistry())
        floatAdd.bind(left: input, right: input, output: output)
        let floatSoftmax = FloatSoftmax(name: "float softmax", rows: 3, count: 10)
        floatSoftmax.bind(input: input, output: output)

        let parameters = try QuantizationParameters(scale: 0.1, zeroPoint: 3, range: .uint8)
        let add = try IntegerAdd(
            name: "add", count: 100, left: parameters, right: parameters,
            requantization: Requantization(output: parameters), registry: registry)
        add.bind(left: input, right: input, output: output)
        let softmax = try IntegerSoftmax(name: "softmax", rows: 3, count: 10, input: parameters)
        softmax.bind(input: input, output: output)
        let mean = try Pool<MeanOfUInt8>(name: "mean", geometry: geometry, threads: threads)
        mean.bind(input: input, output: output)
        let maximum = try Pool<MaximumOfInt8>(name: "maximum", geometry: geometry, threads: threads)
        maximum.bind(input: input, output: output)
        let floatMean = try Pool<MeanOfFloat>(name: "float mean", geometry: geometry, threads: threads)
        floatMean.bind(input: input, output: output)
        let concatenation = Concatenation(name: "concat", rows: 9, channels: [3, 4], elementBytes: 1)
        concatenation.bind(inputs: [UnsafeRawPointer(input), UnsafeRawPointer(input)], output: output)
        let padding = Padding(
            name: "pad", batch: 1, height: 6, width: 5, channels: 9, margins: (1, 1, 1, 1), fill: [7])
        padding.bind(input: input, output: output)
        let copy = Copy(name: "reshape", count: 100, elementBytes: 4)
        copy.bind(input: input, output: output)
        let argmax = Argmax<Int8>(name: "argmax", rows: 9, count: 10)
        argmax.bind(input: input, output: output)
        return operators + [
            convolution, depthwise, floatAdd, floatSoftmax, add, softmax, mean, maximum, floatMean, concatenation,
            padding, copy, argmax,
        ]
    }
}

/// The Swift runtime lets a tool replace `swift_allocObject`, through a pointer and a switch that it exports.
private enum AllocationHook {
    private typealias Allocate = @convention(c) (UnsafeRawPointer?, Int, Int) -> UnsafeMutableRawPointer?
    private nonisolated(unsafe) static let pointer = dlsym(nil, "_swift_allocObject")?
        .assumingMemoryBound(to: Allocate.self)
    private nonisolated(unsafe) static let enabled = dlsym(
        nil, "_swift_enableSwizzlingOfAllocationAndRefCountingFunctions_forInstrumentsOnly")?
        .assumingMemoryBound(to: Bool.self)
    private static let original = pointer?.pointee
    private static let count = Atomic<Int>(0)

    /// Starts counting.
    static func install() {
        // Lazy globals are initialised before the first call counts.
        count.store(0, ordering: .relaxed)
        guard let pointer, let enabled, original != nil else {
            fatalError("the Swift runtime has no hook on allocations")
        }
        pointer.pointee = { metadata, size, alignment in
            AllocationHook.count.add(1, ordering: .relaxed)
            return AllocationHook.original!(metadata, size, alignment)
        }
        enabled.pointee = true
    }

    /// Stops counting; returns the objects allocated meanwhile.
    static func remove() -> Int {
        enabled?.pointee = false
        if let original { pointer?.pointee = original }
        return count.load(ordering: .relaxed)
    }
}

/// Bytes that malloc has handed out and not got back, over all arenas.
private enum MallocInUse {
    static func bytes() -> Int {
        // Swift's view of the C library lacks <malloc.h>. System V's convention for a structure of ten words: the caller passes
        // its address as a hidden first argument.
        typealias MallInfo2 = @convention(c) (UnsafeMutablePointer<Int>) -> UnsafeMutableRawPointer
        guard let symbol = dlsym(nil, "mallinfo2") else { fatalError("the C library has no mallinfo2") }
        return withUnsafeTemporaryAllocation(of: Int.self, capacity: 10) { words in
            _ = unsafeBitCast(symbol, to: MallInfo2.self)(words.baseAddress!)
            return words[7] + words[4]  // uordblks: in chunks; hblkhd: in mappings of their own
        }
    }
}
