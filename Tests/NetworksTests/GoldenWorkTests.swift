import Networks
import QuantKernels
import Testing

/// The work of one inference of each network, on every instruction set of this processor: a fallback to a slower kernel, and
/// packing done twice, change no result, and time only where somebody looks. The counters are the process's, so each network
/// is counted in a process of its own, one after the other: the largest takes most of a gigabyte.
@Suite(.serialized) struct GoldenWorkTests {
    /// Exact, whatever kernels do the work: multiply-accumulates, and sums that integers requantize.
    struct Subject: Sendable, Codable {
        var family: String
        var width = 1.0
        var macs: Int
        var requantized: Int

        var network: Network { NetworkFamily.named(family)!.network(width: width) }
    }

    static let subjects = [
        Subject(family: "fashion_mobilenet_v1", width: 0.25, macs: 3_030_816, requantized: 87_722),
        Subject(family: "mobilenet_v1", macs: 568_741_376, requantized: 5_043_689),
        Subject(family: "mobilenet_v2", macs: 300_775_552, requantized: 6_895_497),
        Subject(family: "resnet18", macs: 1_814_073_344, requantized: 3_237_352),
        Subject(family: "resnet50", macs: 4_089_184_256, requantized: 16_634_344),
        Subject(family: "resnet101", macs: 7_801_405_440, requantized: 25_164_264),
        Subject(family: "resnet152", macs: 11_513_626_624, requantized: 35_701_224),
        Subject(family: "fashion_resnet8", macs: 9_345_920, requantized: 87_818),
        Subject(family: "fashion_resnet14", macs: 20_183_936, requantized: 153_674),
        Subject(family: "fashion_resnet20", macs: 31_021_952, requantized: 219_530),
        Subject(family: "fashion_resnet32", macs: 52_697_984, requantized: 351_242),
        Subject(family: "fashion_inception_relu", macs: 8_280_960, requantized: 64_690),
        Subject(family: "fashion_inception_relu6", macs: 8_280_960, requantized: 64_690),
        Subject(family: "fashion_detector", width: 0.25, macs: 2_538_496, requantized: 99_552),
    ]

    /// Operators of which only portable code exists, and how many a network has of each: the only steps that may run
    /// without a micro-kernel. Take a type out of here as soon as it has one.
    private static func portableOperators(_ subject: Subject, isFloat: Bool) throws -> [String: Int] {
        let layers = try DocumentedLayer.layers(of: subject.family)
        let element = isFloat ? "Float" : "UInt8"
        return [
            "Pool<MeanOf\(element)>": layers.count { $0.operation == "avgpool" },
            "Pool<MaximumOf\(element)>": layers.count { $0.operation == "maxpool" },
            "Concatenation": layers.count { $0.operation == "concat" },
            "Copy": layers.count { $0.operation == "reshape" },
        ].filter { $0.value > 0 }
    }

    @Test func everyFamilyIsCounted() {
        #expect(Set(Self.subjects.map(\.family)) == Set(NetworkFamily.all.map(\.name)))
    }

    /// The golden numbers follow from the lists of docs/networks.md.
    @Test(arguments: subjects) func numbersAreThoseOfTheLayerLists(subject: Subject) throws {
        let layers = try DocumentedLayer.layers(of: subject.family)
        #expect(layers.reduce(0) { $0 + $1.macs } == subject.macs)
        #expect(layers.reduce(0) { $0 + $1.requantized } == subject.requantized)
    }

    @Test(arguments: subjects) func workOfOneInference(subject: Subject) async {
        await #expect(processExitsWith: .success) { [subject] in try Self.count(subject) }
    }

    private static func count(_ subject: Subject) throws {
        let network = subject.network
        let model = try NetworksTests.Subject(network, randomLayers(network, seed: 3), images: 1)
        let quantized = try model.quantized(Numerics())
        var golden = try GoldenWork()
        let pool = ThreadPool(threads: 1)
        for set in FeatureSet.detected.sets {
            let registry = try KernelRegistry(forcing: set)
            try expect(
                subject, "f32", set, &golden,
                try counted(subject, registry, requantized: 0) {
                    try FloatExecutor(
                        network: network, parameters: model.layers, registry: registry, pool: pool)
                })
            try expect(
                subject, "w8c-a8", set, &golden,
                try counted(subject, registry, requantized: subject.requantized) {
                    try IntegerExecutor(model: quantized, registry: registry, pool: pool)
                })
        }
        if GoldenWork.isBeingWritten { try golden.write(networks: subjects.map(\.network.name)) }
    }

    /// Holds a count to its line of the table, or writes the line.
    private static func expect(
        _ subject: Subject, _ numerics: String, _ set: InstructionSet, _ golden: inout GoldenWork, _ work: CountedWork
    ) throws {
        let key = GoldenWork.Key(network: subject.network.name, numerics: numerics, set: set.description)
        let line = work.line(key)
        if GoldenWork.isBeingWritten {
            golden.replace(line, for: key)
        } else if let expected = golden.lines[key] {
            #expect(
                line == expected, "counted:  \(line)\nexpected: \(expected)\nif this is meant, run `make golden`")
        } else if golden.knows(set) {
            Issue.record("no line for \(key.network) \(numerics) \(set): run `make golden`")
        } else {
            print("no lines for \(set) yet: `make golden` on this processor adds them")
        }
    }

    /// Builds an executor and runs it once. What holds of every executor is held to here.
    private static func counted(
        _ subject: Subject, _ registry: KernelRegistry, requantized: Int, _ make: () throws -> Executor
    ) throws -> CountedWork {
        var before = snapshot()
        let executor = try make()
        let built = rise(since: before)
        before = snapshot()
        executor.run()
        let run = rise(since: before)
        let name = "\(subject.family), \(type(of: executor)), \(registry.features)"

        #expect(run[.macs] == subject.macs, "\(name)")
        #expect(run[.elementsRequantized] == requantized, "\(name)")
        #expect(run[.bytesPacked] == 0, "\(name): running packs nothing")
        #expect(run[.callsReference] == 0 && built[.callsReference] == 0, "\(name)")
        #expect(built[.bytesPacked] == executor.packedBytes, "\(name): what is packed is kept, and packed once")

        // Each micro-kernel is one of the fastest set that has its kind; its path alone counts calls.
        let fastest = fastestSets(registry)
        var portable: [String: Int] = [:]
        for step in executor.steps {
            if step.microKernels.isEmpty { portable["\(type(of: step))", default: 0] += 1 }
            for kernel in step.microKernels {
                let (kind, set) = parts(kernel)
                #expect(set == fastest[kind], "\(name): \(step.name) calls \(kernel)")
            }
        }
        let calls = Dictionary(
            uniqueKeysWithValues: InstructionSet.allCases.map { ($0, run[.calls($0)]!) }
        ).filter { $0.value != 0 }
        let paths = Set(executor.steps.filter { !$0.microKernels.isEmpty }.flatMap(\.paths))
        #expect(Set(calls.keys) == paths, "\(name)")
        #expect(portable == (try portableOperators(subject, isFloat: executor is FloatExecutor)), "\(name)")
        return CountedWork(bytesPacked: built[.bytesPacked]!, calls: calls)
    }

    // MARK: Micro-kernels by name

    /// The widest set that has a kernel of each kind, among those that the registry may use.
    private static func fastestSets(_ registry: KernelRegistry) -> [String: InstructionSet] {
        var fastest: [String: InstructionSet] = [:]
        // The listing is ordered by speed.
        for entry in registry.listing where entry.usable { fastest[parts(entry.name).kind] = entry.set }
        return fastest
    }

    /// `u8s16_gemm_6x16c2__avx2` is an integer gemm of AVX2 (docs/kernels.md, names).
    private static func parts(_ kernel: String) -> (kind: String, set: InstructionSet?) {
        let halves = kernel.split(separator: "__")
        let words = halves[0].split(separator: "_")
        let kind = words[0].hasPrefix("u8") ? "int \(words[1])" : words[0] == "f32" ? "f32 \(words[1])" : "\(words[0])"
        return (kind, InstructionSet(name: String(halves.last!)))
    }

    // MARK: Counters

    private static func snapshot() -> [WorkCounter: Int] {
        Dictionary(uniqueKeysWithValues: WorkCounter.allCases.map { ($0, Int($0.value)) })
    }

    private static func rise(since before: [WorkCounter: Int]) -> [WorkCounter: Int] {
        snapshot().merging(before) { $0 - $1 }
    }
}
