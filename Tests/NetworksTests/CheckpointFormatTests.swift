import Networks
import Testing

/// The format against files made by hand.
@Suite struct CheckpointFormatTests {
    let fixture: CheckpointFixture

    init() throws { fixture = try CheckpointFixture() }

    @Test func readsAFileMadeByHand() throws {
        // 1.5, −2 as F32; 1, 2⁻²⁴, −65504 as F16; a scalar; an empty tensor. Order, spaces and escapes are free.
        let header = """
            {"b" : {"shape":[1, 3],"data_offsets":[8,14],"dtype":"F16"},
             "a\\u002f\\"\\ud83d\\ude00é":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},
             "__metadata__":{"epoch":"15","note":"line\\none\\tt\\\\"}, "empty":{"dtype":"F32","shape":[0,4],
             "data_offsets":[14,14]}, "scalar":{"dtype":"F32","shape":[],"data_offsets":[14,18]}}   
            """
        let data: [UInt8] =
            [0, 0, 0xc0, 0x3f, 0, 0, 0, 0xc0] + [0x00, 0x3c, 0x01, 0x00, 0xff, 0xfb] + [0, 0, 0x80, 0x3f]
        let checkpoint = try fixture.load(safetensors(header, data)).get()
        #expect(checkpoint.metadata == ["epoch": "15", "note": "line\none\tt\\"])
        #expect(
            checkpoint.parameters.tensors == [
                "a/\"😀é": ParameterTensor(shape: [2], values: [1.5, -2]),
                "b": ParameterTensor(shape: [1, 3], values: [1, 0x1p-24, -65504]),
                "empty": ParameterTensor(shape: [0, 4], values: []),
                "scalar": ParameterTensor(shape: [], values: [1]),
            ])
        #expect(checkpoint.file == fixture.path)
    }

    @Test func writesWhatTheFormatDescribes() throws {
        let checkpoint = Checkpoint(
            parameters: Parameters([
                "b": ParameterTensor(shape: [1], values: [-2]), "a": ParameterTensor(shape: [2], values: [1.5, 0]),
            ]), metadata: ["note": "a \"b\"\n"])
        try checkpoint.save(fixture.path)
        var header = #"{"__metadata__":{"note":"a \"b\"\u000a"},"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},"#
        header += #""b":{"dtype":"F32","shape":[1],"data_offsets":[8,12]}}"#
        // The data starts at a multiple of 8.
        while header.utf8.count % 8 != 0 { header += " " }
        #expect(
            try fixture.read() == safetensors(header, [0, 0, 0xc0, 0x3f, 0, 0, 0, 0, 0, 0, 0, 0xc0]))
    }

    @Test(arguments: ["", "a", "ab", "abc", "abcdefg", "abcdefgh"])
    func dataIsAligned(_ note: String) throws {
        try Checkpoint(parameters: Parameters(), metadata: ["n": note]).save(fixture.path)
        let bytes = try fixture.read()
        #expect(Int(bytes[0]) == bytes.count - 8 && bytes.count % 8 == 0)
        #expect(try Checkpoint.load(fixture.path).metadata == ["n": note])
    }

    @Test func fullPrecisionIsExact() throws {
        let values: [Float] = [
            0, -0, .leastNonzeroMagnitude, .leastNormalMagnitude, .greatestFiniteMagnitude, -1 / 3, .ulpOfOne,
        ]
        try Checkpoint(parameters: Parameters(["x": ParameterTensor(shape: [7], values: values)])).save(fixture.path)
        let read = try #require(try Checkpoint.load(fixture.path).parameters["x"])
        #expect(read.values.map(\.bitPattern) == values.map(\.bitPattern))
    }

    /// Every one of the 63,488 finite halves survives, and nothing but its own bits.
    @Test func halfPrecisionIsExactForHalves() throws {
        let halves = (0...UInt16.max).filter { $0 & 0x7c00 != 0x7c00 }
        let bytes = halves.flatMap { [UInt8(truncatingIfNeeded: $0), UInt8($0 >> 8)] }
        let header = #"{"x":{"dtype":"F16","shape":[63488],"data_offsets":[0,126976]}}"#
        let checkpoint = try fixture.load(safetensors(header, bytes)).get()
        try checkpoint.save(fixture.path, precision: .f16)
        #expect(try fixture.read().suffix(bytes.count) == bytes[...])
        #if !((os(macOS) || targetEnvironment(macCatalyst)) && arch(x86_64))
            let values = try #require(checkpoint.parameters["x"]).values
            #expect(values.map(\.bitPattern) == halves.map { Float(Float16(bitPattern: $0)).bitPattern })
        #endif
    }

    @Test(
        arguments: [
            (1 + 0x1p-11, 1), (1 + 0x1p-11 + 0x1p-20, 1 + 0x1p-10), (1 + 3 * 0x1p-11, 1 + 0x1p-9), (65519, 65504),
            (2047.5, 2048), (0x1p-25, 0), (0x1p-25 + 0x1p-40, 0x1p-24), (0x1p-14 - 0x1p-26, 0x1p-14),
            (-0.1, -0.0999755859375),
            (.leastNonzeroMagnitude, 0),
        ] as [(Float, Float)])
    func halfPrecisionRoundsTiesToEven(_ value: Float, _ rounded: Float) throws {
        let parameters = Parameters(["x": ParameterTensor(shape: [1], values: [value])])
        try Checkpoint(parameters: parameters).save(fixture.path, precision: .f16)
        #expect(try Checkpoint.load(fixture.path).parameters["x"]?.values == [rounded])
    }

    @Test func theBytesDependOnTheCheckpointAlone() throws {
        let checkpoint = Checkpoint(parameters: parameters(of: smallNetwork), metadata: ["a": "1", "b": "2", "c": "3"])
        try checkpoint.save(fixture.path)
        let first = try fixture.read()
        var read = try Checkpoint.load(fixture.path)
        read.file = nil
        #expect(read == checkpoint)
        try read.save(fixture.path)
        #expect(try fixture.read() == first)
    }
}
