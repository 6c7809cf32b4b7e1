import CPlatform
import Glibc
import QuantKernels
import Quantization
import Testing

/// Integer operators do no floating-point arithmetic: shown while they run, and in their object code.
@Suite struct IntegerOnlyTests {
    /// Almost every float operation on real data rounds, and raises the processor's sticky flag `inexact`; integer
    /// instructions raise none. Runs of all integer operators leave every flag down. The mode `fp32` and the float operators
    /// raise `inexact`, which shows that the test can fail.
    @Test func runsRaiseNoFloatingPointFlag() throws {
        guard cp_fp_clear_flags() >= 0 else {
            print("skipped: the flags can only be read on x86-64")
            return
        }
        var generator = SplitMix64(seed: 71)
        var kernels: Set<String> = []
        for kind in [IntegerLayer.Kind.convolution, .depthwise] {
            let geometry = ConvolutionGeometry.same(
                batch: 2, height: 6, width: 5, channels: 67, kernel: 3, stride: 2, outputChannels: 67)
            for (index, var numerics) in try LayerNumerics.draw(64, using: &generator).enumerated() {
                numerics.rounding = RoundingMode.allCases[index % 4]
                if numerics.rounding == .fp32 { numerics.scaling = .usual }  // a zero or a power of two would be exact
                let layer = try IntegerLayer(kind, geometry, numerics, using: &generator)
                let source = GuardedBuffer(layer.inputBytes, .endsAtGuard)
                let target = GuardedBuffer(count: geometry.outputCount, .endsAtGuard)
                for variant in try KernelVariant.all(kind == .convolution ? Kinds.product : Kinds.depthwise) {
                    let operation = try layer.make(
                        variant.registry, threads: 2, input: source.base, output: target.base)
                    let flags = flagsRaised(by: operation, parts: 2)
                    if numerics.rounding == .fp32 {
                        #expect(flags & Int32(CP_FP_INEXACT) != 0, "\(variant): \(layer)")
                    } else {
                        #expect(flags == 0, "\(variant): \(layer)")
                        kernels.formUnion(operation.microKernels)
                    }
                }
                withExtendedLifetime((source, target)) {}
            }
        }
        for entry in TableEntry.of(Kinds.product + Kinds.depthwise) where entry.isUsable {
            #expect(kernels.contains(entry.name), "\(entry.name) was not watched")
        }
    }

    @Test func elementwiseRunsRaiseNoFloatingPointFlag() throws {
        guard cp_fp_clear_flags() >= 0 else { return }
        var generator = SplitMix64(seed: 72)
        let geometry = ConvolutionGeometry.same(
            height: 9, width: 9, channels: 13, kernel: 3, stride: 2, outputChannels: 13)
        let count = geometry.inputCount
        let bytes = (0..<count * 4).map { _ in UInt8(truncatingIfNeeded: generator.next()) }
        let (a, b) = (GuardedBuffer(bytes, .endsAtGuard), GuardedBuffer(bytes.reversed(), .endsAtGuard))
        let target = GuardedBuffer(count: count * 8, .endsAtGuard)
        func expectNone(_ operation: Operator) {
            #expect(flagsRaised(by: operation, parts: 3) == 0, "\(operation.name)")
        }

        for range in [IntegerRange.uint8, .int8] {
            let left = try QuantizationParameters(scale: 0.03, zeroPoint: 5, range: range)
            let right = try QuantizationParameters(scale: 0.017, zeroPoint: -0, range: range)
            for outputScale in [0.05, 1e-8] {
                let output = try QuantizationParameters(scale: outputScale, zeroPoint: 9, range: range)
                for variant in try KernelVariant.all(Kinds.add) {
                    let add = try IntegerAdd(
                        name: "add", count: count, left: left, right: right,
                        requantization: Requantization(output: output), registry: variant.registry)
                    add.bind(left: a.base, right: b.base, output: target.base)
                    expectNone(add)
                }
            }
            let softmax = try IntegerSoftmax(name: "softmax", rows: 9, count: count / 9, input: left)
            softmax.bind(input: a.base, output: target.base)
            expectNone(softmax)
        }
        let mean = try Pool<MeanOfUInt8>(name: "mean", geometry: geometry, threads: 3)
        mean.bind(input: a.base, output: target.base)
        expectNone(mean)
        let signedMean = try Pool<MeanOfInt8>(name: "signed mean", geometry: geometry, threads: 3)
        signedMean.bind(input: a.base, output: target.base)
        expectNone(signedMean)
        let maximum = try Pool<MaximumOfInt8>(name: "maximum", geometry: geometry, threads: 3)
        maximum.bind(input: a.base, output: target.base)
        expectNone(maximum)
        let concatenation = Concatenation(name: "concat", rows: 9, channels: [count / 9, count / 9], elementBytes: 1)
        concatenation.bind(inputs: [UnsafeRawPointer(a.base), UnsafeRawPointer(b.base)], output: target.base)
        expectNone(concatenation)
        let padding = Padding(
            name: "pad", batch: 1, height: 9, width: 9, channels: 13, margins: (1, 1, 1, 1), fill: [7])
        padding.bind(input: a.base, output: target.base)
        expectNone(padding)
        let copy = Copy(name: "reshape", count: count, elementBytes: 1)
        copy.bind(input: a.base, output: target.base)
        expectNone(copy)
        let argmax = Argmax<Int8>(name: "argmax", rows: 9, count: count / 9)
        argmax.bind(input: a.base, output: target.base)
        expectNone(argmax)
        withExtendedLifetime((a, b, target)) {}
    }

    /// The other side: float operators raise the flag on every path.
    @Test func floatRunsRaiseInexact() throws {
        guard cp_fp_clear_flags() >= 0 else { return }
        var generator = SplitMix64(seed: 73)
        let geometry = ConvolutionGeometry.same(
            height: 5, width: 5, channels: 9, kernel: 3, stride: 1, outputChannels: 9)
        func reals(_ count: Int) -> [Float] { (0..<count).map { _ in Float.random(in: -1...1, using: &generator) } }
        let source = GuardedBuffer(reals(geometry.inputCount), .endsAtGuard)
        let target = GuardedBuffer(count: geometry.outputCount * 4, .endsAtGuard)
        let (convolutionWeights, depthwiseWeights, bias) = (reals(9 * 81), reals(81), reals(9))
        for variant in try KernelVariant.all(Kinds.floatProduct + Kinds.floatDepthwise + Kinds.floatAdd) {
            let convolution = try FloatConvolution(
                name: "conv", geometry: geometry, weights: convolutionWeights, bias: bias, activation: (0, 6),
                registry: variant.registry, threads: 1)
            convolution.bind(input: source.base, output: target.base)
            #expect(flagsRaised(by: convolution, parts: 1) & Int32(CP_FP_INEXACT) != 0, "\(variant)")
            let depthwise = try FloatDepthwise(
                name: "depthwise", geometry: geometry, weights: depthwiseWeights, bias: bias, activation: (0, 6),
                registry: variant.registry, threads: 1)
            depthwise.bind(input: source.base, output: target.base)
            #expect(flagsRaised(by: depthwise, parts: 1) & Int32(CP_FP_INEXACT) != 0, "\(variant)")
        }
        let softmax = FloatSoftmax(name: "softmax", rows: 5, count: 45)
        softmax.bind(input: source.base, output: target.base)
        #expect(flagsRaised(by: softmax, parts: 1) & Int32(CP_FP_INEXACT) != 0)
        withExtendedLifetime((source, target)) {}
    }

    /// Flags that the parts raise on this thread.
    private func flagsRaised(by operation: Operator, parts: Int) -> Int32 {
        _ = cp_fp_clear_flags()
        for part in 0..<parts { operation.run(Part(part, of: parts)) }
        return cp_fp_flags()
    }
}

/// The object code of the integer kernels: floating-point arithmetic stands in the functions named fp32 and nowhere else.
/// Flags cannot show an operation that happens to be exact; this does.
@Suite struct ObjectCodeTests {
    @Test func integerKernelsHoldNoFloatingPoint() {
        guard let listing = disassembly(of: "int_") else { return }
        let functions = Set(listing.map(\.function))
        for name in [
            "gemm_6x16c2", "gemm_6x16c2_fused", "gemm_6x16c4_fused_256", "gemm_6x64c4", "gemm_6x64c4_fused",
            "depthwise_row_16c2", "depthwise_row_32c4_256", "depthwise_64c4", "depthwise_row_64c4", "output_8",
            "output_16", "ck_output_scalar", "add_8",
        ] {
            #expect(functions.contains(name), "\(name) is not among the disassembled functions")
        }
        let floating = listing.filter { Self.isFloatingPoint($0.mnemonic) }
        for found in floating where !found.function.hasSuffix("_fp32") {
            Issue.record("\(found.function) does \(found.mnemonic)")
        }
        // The mode that is not integer-only is found on each of its paths: the search works.
        #expect(Set(floating.map(\.function)) == ["output_8_fp32", "output_16_fp32", "ck_requantize_fp32"])
        print("covered \(functions.count) functions of the integer kernels, \(listing.count) instructions")
    }

    @Test func floatKernelsHoldFloatingPoint() {
        guard let listing = disassembly(of: "float_") else { return }
        let functions = Set(listing.filter { Self.isFloatingPoint($0.mnemonic) }.map(\.function))
        #expect(functions.isSuperset(of: ["gemm_4x16", "gemm_6x16", "gemm_6x64"]))
    }

    /// (v)addps, vfmadd231ps, vcvtdq2ps, vcomiss, x87's fadd… Moves and bitwise operations on vector registers, such as
    /// movaps, xorps and unpckhps, carry integers as well and calculate nothing.
    static func isFloatingPoint(_ mnemonic: String) -> Bool {
        var name = Substring(mnemonic)
        if name.hasPrefix("v") { name = name.dropFirst() }
        if name.hasPrefix("cvt") { return true }
        if name.hasPrefix("f") && !name.hasPrefix("fm") && !name.hasPrefix("fn") { return true }  // x87
        let isFloatType = ["ss", "sd", "ps", "pd", "ph", "sh"].contains { name.hasSuffix($0) }
        let operations = [
            "add", "sub", "mul", "div", "fm", "fn", "sqrt", "rsqrt", "rcp", "min", "max", "round", "rndscale", "reduce",
            "range", "scalef", "getexp", "getmant", "hadd", "hsub", "dp", "cmp", "comi", "ucomi",
        ]
        return isFloatType && operations.contains { name.hasPrefix($0) }
    }

    @Test func mnemonics() {
        for floating in [
            "addss", "vmulps", "vfmadd231ps", "vfnmadd132sd", "cvtsi2ss", "vcvtps2dq", "vrndscaleps", "ucomiss",
            "vmaxps",
            "fadd", "fld", "sqrtsd", "vcmpltps",
        ] {
            #expect(Self.isFloatingPoint(floating), "\(floating)")
        }
        for integer in [
            "vpaddd", "vpmaddwd", "vpdpbusd", "movaps", "vmovups", "xorps", "vunpcklps", "vpermilps", "shufps", "movss",
            "vblendps", "vinsertps", "vpmovdb", "vbroadcastss", "add", "mul", "sub", "cmp", "andps", "pmulhw",
        ] {
            #expect(!Self.isFloatingPoint(integer), "\(integer)")
        }
    }

    /// The instructions of CKernels' objects whose name begins with `prefix`; nil, with the reason printed, where they
    /// cannot be read. The objects lie beside the test executable.
    private func disassembly(of prefix: String) -> [(function: String, mnemonic: String)]? {
        #if arch(x86_64)
            var buffer = [CChar](repeating: 0, count: 4096)
            let length = readlink("/proc/self/exe", &buffer, buffer.count - 1)
            guard length > 0 else { return skip("the path of the test executable is unknown") }
            let path = String(decoding: buffer[..<length].map { UInt8(bitPattern: $0) }, as: UTF8.self)
            let folder = path.split(separator: "/", omittingEmptySubsequences: false).dropLast().joined(separator: "/")
            let objects = folder + "/CKernels.build"
            guard let directory = opendir(objects) else { return skip("there are no objects beside \(path)") }
            defer { closedir(directory) }
            var files: [String] = []
            while let entry = readdir(directory) {
                let name = withUnsafePointer(to: &entry.pointee.d_name) {
                    $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
                }
                if name.hasPrefix(prefix) && name.hasSuffix(".c.o") { files.append("\(objects)/\(name)") }
            }
            guard !files.isEmpty else { return skip("there are no objects in \(objects)") }
            let command =
                "objdump -d --no-show-raw-insn " + files.map { "'\($0)'" }.joined(separator: " ") + " 2>/dev/null"
            guard let pipe = popen(command, "r") else { return skip("objdump could not be started") }
            var listing: [(function: String, mnemonic: String)] = []
            var function = ""
            var line: UnsafeMutablePointer<CChar>?
            var capacity = 0
            defer { free(line) }
            while getline(&line, &capacity, pipe) > 0 {
                let fields = String(cString: line!).split { " \t\n".contains($0) }
                if fields.count == 2, fields[1].hasPrefix("<"), fields[1].hasSuffix(">:") {
                    function = String(fields[1].dropFirst().dropLast(2))
                } else if fields.count >= 2, fields[0].hasSuffix(":"), fields[0].dropLast().allSatisfy(\.isHexDigit) {
                    listing.append((function, String(fields[1])))
                }
            }
            guard pclose(pipe) == 0, !listing.isEmpty else { return skip("objdump is not installed or failed") }
            return listing
        #else
            return skip("the mnemonics are those of x86-64")
        #endif
    }

    private func skip(_ reason: String) -> [(function: String, mnemonic: String)]? {
        print("skipped: \(reason)")
        return nil
    }
}
