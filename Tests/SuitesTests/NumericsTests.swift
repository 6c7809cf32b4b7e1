import Suites
import Testing

@Suite struct NumericsTests {
    @Test(arguments: [
        ("f32", "f32"),
        ("int8", "w8c-a8-ptq"),
        ("w8c-a8", "w8c-a8-ptq"),
        ("w8ta-a8-qat", "w8ta-a8-qat"),
        ("w4g32-a8-ptq", "w4g32-a8-ptq"),
        ("w4g32a-a4", "w4g32a-a4-ptq"),
        ("w2t-a2", "w2t-a2-ptq"),
        ("w8c-a8+signed", "w8c-a8-ptq+signed"),
        ("w8c-a8-ptq+single", "w8c-a8-ptq+single"),
        ("w8c-a8+gemmlowp", "w8c-a8-ptq"),
        ("w8c-a8+cal512+fp32+signed", "w8c-a8-ptq+signed+fp32+cal512"),
        ("w8c-a8+cal1024", "w8c-a8-ptq"),
        ("w8c-a8+minmax+nearest", "w8c-a8-ptq"),
        ("w8c-a8+mse", "w8c-a8-ptq+mse"),
        ("w8c-a8+p99.990", "w8c-a8-ptq+p99.99"),
        ("w8c-a8+p99.0+cal64", "w8c-a8-ptq+cal64+p99"),
        ("w4c-a8+adaround+bc+cle+wmse+entropy", "w4c-a8-ptq+entropy+wmse+cle+bc+adaround"),
        ("w4c-a8+adaround500", "w4c-a8-ptq+adaround"),
        ("w4c-a8+adaround20", "w4c-a8-ptq+adaround20"),
        ("w4c-a8-qat+seed2", "w4c-a8-qat+seed2"),
        ("w4c-a8-qat+single+signed+seed1000000", "w4c-a8-qat+seed1000000+signed+single"),
        ("w4c-a8-qat+seed1", "w4c-a8-qat"),
        ("w4c-a8-qat+seed02", "w4c-a8-qat+seed2"),
    ])
    func canonicalForm(text: String, canonical: String) throws {
        let numerics = try Numerics(text)
        #expect(numerics.description == canonical)
        #expect(try Numerics(canonical) == numerics)
    }

    /// Percentiles and steps out of bounds are no words of the text.
    @Test(arguments: [
        "seed", "seed1.5", "p", "p49", "p100", "p9e1", "p-3", "pp", "adaround0", "adaround1e3", "wminmax",
    ])
    func noMethods(word: String) {
        #expect(throws: SuiteError.self) { try Numerics("w8c-a8+\(word)") }
    }

    @Test func methods() throws {
        guard case .quantized(let numerics) = try Numerics("w4c-a8+p99.9+wmse+cle+bc+adaround7") else {
            Issue.record("not quantized")
            return
        }
        #expect(numerics.method.calibration == .percentile(99.9))
        #expect(numerics.method.weightRange == .meanSquaredError)
        #expect(numerics.method.equalization)
        #expect(numerics.method.biasCorrection)
        #expect(numerics.method.weightRounding == .adaptive(steps: 7))
    }

    @Test func fields() throws {
        guard case .quantized(let numerics) = try Numerics("w4g32a-a6-qat+ruy+signed+seed3") else {
            Issue.record("not quantized")
            return
        }
        #expect(numerics.weightBits == 4)
        #expect(numerics.granularity == .group(32))
        #expect(numerics.mapping == .affine)
        #expect(numerics.activationBits == 6)
        #expect(numerics.activationsSigned)
        #expect(numerics.training == .qat)
        #expect(numerics.seed == 3)
        #expect(numerics.rounding == .ruy)
        #expect(try Numerics("int8") == .int8)
    }

    /// Every combination of the fields has a name of its own, and its name parses back to it.
    @Test func namesAreUnique() throws {
        var names: Set<String> = []
        var count = 0
        for bits in QuantizedNumerics.weightBitsRange {
            for granularity in [QuantizedNumerics.Granularity.tensor, .channel, .group(8), .group(32)] {
                for mapping in QuantizedNumerics.Mapping.allCases {
                    for activationBits in QuantizedNumerics.activationBitsRange {
                        for training in QuantizedNumerics.Training.allCases {
                            for rounding in QuantizedNumerics.Rounding.allCases {
                                for (signed, images, seed) in [
                                    (false, 1024, 1), (true, 1024, 1), (false, 64, 1), (false, 1024, 2),
                                    (true, 1024, 12),
                                ] where training == .ptq ? seed == 1 : images == 1024 {
                                    let numerics = Numerics.quantized(
                                        QuantizedNumerics(
                                            weightBits: bits, granularity: granularity, mapping: mapping,
                                            activationBits: activationBits, activationsSigned: signed,
                                            training: training, seed: seed, rounding: rounding,
                                            calibrationImages: images))
                                    names.insert(numerics.description)
                                    count += 1
                                    #expect(try Numerics(numerics.description) == numerics)
                                }
                            }
                        }
                    }
                }
            }
        }
        #expect(names.count == count)
    }

    @Test(arguments: [
        ("w9c-a8", "weight bits go from 2 to 8"),
        ("w1c-a8", "weight bits go from 2 to 8"),
        ("w99999999999999999999c-a8", "weight bits go from 2 to 8"),
        ("w8c-a9", "activation bits go from 2 to 8"),
        ("w8x-a8", "after the weight bits comes t (per tensor), c (per channel) or a group such as g32"),
        ("w8-a8", "after the weight bits comes t (per tensor), c (per channel) or a group such as g32"),
        ("w4g-a8", "after the weight bits comes t (per tensor), c (per channel) or a group such as g32"),
        ("w4g0-a8", "groups go from 1 to 65536"),
        ("w8c", "the activation bits are missing, such as w8c-a8"),
        ("w8c-b8", "after the weights come -a and the activation bits, such as w8c-a8, not '-b8'"),
        ("w8c-a8-xyz", "how it was trained is ptq or qat, not 'xyz'"),
        ("w8c-a8 ", "after the activation bits comes -ptq, -qat or nothing, not ' '"),
        ("w8c-a8-ptq-qat", "after the activation bits comes -ptq, -qat or nothing, not '-qat'"),
        (
            "w8c-a8+up",
            "what may follow is +seed<N>, +signed, +gemmlowp, +single, +ruy, +fp32, +cal<images>, +mse, +entropy, "
                + "+p<percentile>, +wmse, +cle, +bc or +adaround, not '+up'"
        ),
        ("w8c-a8-qat+seed0", "seeds go from 1 to 1000000"),
        ("w8c-a8-qat+seed99999999999999999999", "seeds go from 1 to 1000000"),
        ("w8c-a8+seed2", "a seed tells trainings for integers apart: write -qat, or leave the seed out"),
        ("w8c-a8-qat+mse", "qat has its ranges from training, so it takes no calibration"),
        ("w8c-a8-qat+adaround", "qat has its ranges from training, so it takes no calibration"),
        ("w8c-a8-qat+cal64", "qat has its ranges from training, so it takes no calibration"),
        ("w8c-a8+cal0", "calibration images go from 1 to 1000000"),
        ("int4", "write f32, int8 or w<bits><t|c|gN>[a]-a<bits>[-ptq|-qat], such as w8c-a8-ptq"),
        ("", "write f32, int8 or w<bits><t|c|gN>[a]-a<bits>[-ptq|-qat], such as w8c-a8-ptq"),
        ("F32", "write f32, int8 or w<bits><t|c|gN>[a]-a<bits>[-ptq|-qat], such as w8c-a8-ptq"),
    ])
    func refusals(text: String, reason: String) {
        #expect(throws: SuiteError.numerics(text: text, reason: reason)) { try Numerics(text) }
    }
}
