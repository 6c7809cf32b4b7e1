#if canImport(Glibc) && arch(x86_64)
    import CPlatform
    import Glibc
    import Networks
    import QuantKernels
    import Quantization
    import Testing

    /// Running an executor calls no memory allocator. Each test runs in a process of its own, where nobody else allocates;
    /// docs/networks.md says what the two methods see.
    @Suite struct AllocationTests {
        /// Any call of malloc, calloc, realloc or free, also one that is undone: glibc gives a new thread its allocation
        /// cache on the first of them, so a new thread that leaves the process's bytes in use unchanged made none.
        @Test func runningCallsNoAllocator() async {
            await #expect(processExitsWith: .success) { try Self.expectNoCalls() }
        }

        private static func expectNoCalls() throws {
            #expect(FreshThread.allocatedBytes {} == 0, "the method itself")
            #expect(FreshThread.allocatedBytes { allocateAndFree(16) } > 0, "a small block that is freed")
            #expect(FreshThread.allocatedBytes { allocateAndFree(1 << 20) } > 0, "a large block that is freed")
            #expect(
                FreshThread.allocatedBytes { clobber(Unmanaged.passUnretained(Box()).toOpaque()) } > 0, "a Swift object"
            )
            for threads in [1, 2] {
                for executor in try executors(threads: threads) {
                    executor.run()
                    let bytes = settled { FreshThread.allocatedBytes { executor.run() } }
                    #expect(bytes == 0, "\(name(executor)), \(threads) threads, as the caller")
                    for part in 0..<threads {
                        let bytes = settled {
                            FreshThread.allocatedBytes {
                                for step in executor.steps { step.run(Part(part, of: threads)) }
                            }
                        }
                        #expect(bytes == 0, "\(name(executor)), as worker \(part) of \(threads)")
                    }
                }
            }
        }

        /// Bytes in use by all threads do not grow over 200 runs.
        @Test func memoryDoesNotGrow() async {
            await #expect(processExitsWith: .success) { try Self.expectNoGrowth() }
        }

        private static func expectNoGrowth() throws {
            for threads in [1, 2] {
                for executor in try executors(threads: threads) {
                    for _ in 0..<10 { executor.run() }
                    let growth = settled {
                        let before = bytesInUse()
                        for _ in 0..<200 { executor.run() }
                        return bytesInUse() - before
                    }
                    #expect(growth == 0, "\(name(executor)), \(threads) threads")
                }
            }
            // One small block per run that is not freed. (Of the first few glibc has a stock, which counts as in use.)
            withUnsafeTemporaryAllocation(of: UnsafeMutableRawPointer?.self, capacity: 200) { leaks in
                let before = bytesInUse()
                for index in leaks.indices { leaks[index] = malloc(16) }
                clobber(leaks.baseAddress)
                #expect(bytesInUse() > before, "the method sees blocks that are not freed")
                for leak in leaks { free(leak) }
            }
        }

        /// What is run: float and integer, small with every operation, and the network that is trained here.
        private static func executors(threads: Int) throws -> [Executor] {
            let pool = ThreadPool(threads: threads)
            let registry = KernelRegistry()
            return try [Graphs.everyOperation, Graphs.classifier, fashionNetwork].flatMap { network in
                let subject = try Subject(network)
                return [
                    try FloatExecutor(
                        network: network, parameters: subject.layers, batch: 2, registry: registry, pool: pool),
                    try IntegerExecutor(
                        model: subject.quantized(Numerics()), batch: 2, registry: registry, pool: pool),
                    try IntegerExecutor(
                        model: subject.quantized(Numerics(mapping: .affine, signed: true)), batch: 2,
                        registry: registry, pool: pool),
                ]
            }
        }

        private static func name(_ executor: Executor) -> String { "\(type(of: executor)) of \(executor.network.name)" }

        private final class Box {}

        /// Keeps the compiler from leaving an allocation out.
        @inline(never) private static func clobber(_ memory: UnsafeRawPointer?) { cp_clobber(memory) }

        private static func allocateAndFree(_ bytes: Int) {
            let memory = malloc(bytes)
            clobber(memory)
            free(memory)
        }

        /// A change of memory in use that is not 0 in five attempts, or 0. The test library's own threads now and then
        /// allocate at the same time; what a run itself allocates shows in every attempt.
        private static func settled(_ change: () -> Int) -> Int {
            var last = 0
            for _ in 0..<5 {
                last = change()
                if last == 0 { break }
            }
            return last
        }
    }

    /// A thread that has called no allocator yet.
    private final class FreshThread {
        private let body: () -> Void
        private var before = 0
        private var after = 0

        private init(_ body: @escaping () -> Void) { self.body = body }

        /// How much the bytes in use grew while a new thread ran `body`, seen by that thread.
        static func allocatedBytes(_ body: () -> Void) -> Int {
            withoutActuallyEscaping(body) { body in
                let probe = FreshThread(body)
                var thread = pthread_t()
                let status = pthread_create(
                    &thread, nil,
                    { argument in
                        Unmanaged<FreshThread>.fromOpaque(argument!)._withUnsafeGuaranteedRef { probe in
                            probe.before = bytesInUse()
                            probe.body()
                            probe.after = bytesInUse()
                        }
                        return nil
                    }, Unmanaged.passUnretained(probe).toOpaque())
                precondition(status == 0, "pthread_create failed with \(status)")
                pthread_join(thread, nil)
                return probe.after - probe.before
            }
        }
    }

    /// Bytes of all blocks that are not free, over all arenas and mappings: mallinfo2's uordblks + hblkhd. Its declaration
    /// is not part of Swift's Glibc module; on x86-64 a struct of this size is returned through a hidden first argument.
    private func bytesInUse() -> Int {
        withUnsafeTemporaryAllocation(of: Int.self, capacity: 10) { fields in
            fields.initialize(repeating: 0)
            mallinfo2(fields.baseAddress!)
            // arena, ordblks, smblks, hblks, hblkhd, usmblks, fsmblks, uordblks, fordblks, keepcost
            return fields[4] + fields[7]
        }
    }

    private typealias MallInfo = @convention(c) (UnsafeMutablePointer<Int>) -> Void
    private let mallinfo2: MallInfo = {
        guard let symbol = dlsym(nil, "mallinfo2") else {
            preconditionFailure("this C library has no mallinfo2 (glibc 2.33 or later has)")
        }
        return unsafeBitCast(symbol, to: MallInfo.self)
    }()
#endif
