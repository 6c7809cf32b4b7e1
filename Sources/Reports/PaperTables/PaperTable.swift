import Results

/// A published table, and how ours is made from the records of a run to stand beside it. A new one is one entry of `all`.
public struct PaperTable: Sendable {
    /// How suites name it.
    let id: String
    let title: String
    /// What theirs shows.
    let claim: String
    /// Their numbers; none where they printed curves only.
    let published: [PublishedTable]
    /// What there is to know of the published numbers beside the tables, and where ours differ in kind.
    var remark: String?
    let ours: @Sendable (PaperCells) -> [PaperGrid]

    /// The ids in order, for suites that name them.
    public static var ids: [String] { all.map(\.id) }

    static let all: [PaperTable] = jacob + krishnamoorthi + [mobileNet, equalBytes]

    private static let jacob: [PaperTable] = [
        PaperTable(
            id: "jacob-4.1", title: "Jacob et al., table 4.1: depth",
            claim: "Integers stay within about 2 points of float at every depth.",
            published: [JacobTables.resnets],
            ours: { cells in
                SchemesLayout.grid(cells, title: "fashion_resnet, top-1 %") { $0.network.hasPrefix("fashion_resnet") }
            }),
        PaperTable(
            id: "jacob-4.2", title: "Jacob et al., table 4.2: schemes of quantization",
            claim:
                "Affine integers of 8 bits for weights and activations are at least as accurate as schemes of fewer weight bits that keep "
                + "activations in float.", published: [JacobTables.schemes],
            remark:
                "BWN, TWN and INQ multiply weights of few bits by float activations, which no kernel here does: theirs are set beside "
                + "as many weight bits with integer activations.",
            ours: { cells in
                SchemesLayout.rows(
                    cells,
                    schemes: [
                        ("affine per tensor, the paper's", "8ta", 8), ("symmetric per channel", "8c", 8),
                        ("symmetric per channel", "5c", 8), ("symmetric per channel", "2c", 8),
                    ])
            }),
        PaperTable(
            id: "jacob-4.3", title: "Jacob et al., table 4.3: ReLU6 and ReLU",
            claim: "7 bits are close to 8, and networks with ReLU6 lose less than those with ReLU.",
            published: [JacobTables.inception],
            ours: { cells in
                SchemesLayout.grid(cells, title: "fashion_inception, top-1 % / recall at 5, %", withRecall: true) {
                    $0.network.hasPrefix("fashion_inception")
                }
            }),
        PaperTable(
            id: "jacob-figure-4.1", title: "Jacob et al., figures 1.1c and 4.1: latency against accuracy",
            claim:
                "At equal latency integers are more accurate: on the Snapdragon 835's LITTLE core by about 10 points at 33 ms; on the 821, "
                + "whose float unit is faster, by little.", published: [],
            remark:
                "The paper prints curves of MobileNets on ImageNet, over depth multipliers and resolutions, and no numbers.",
            ours: TradeoffLayout.grids),
        PaperTable(
            id: "jacob-4.4", title: "Jacob et al., table 4.4: detection",
            claim: "Integers cost a detector 0.1 to 0.4 points of mAP and save 12 to 50 % of the time.",
            published: [JacobTables.detection],
            remark: scenes, ours: DetectionLayout.averages),
        PaperTable(
            id: "jacob-4.5", title: "Jacob et al., table 4.5: precision and recall of a detector",
            claim: "Integers cost 2 to 3 points of precision and at most 1 of recall.", published: [JacobTables.faces],
            remark: scenes,
            ours: DetectionLayout.precisionAndRecall),
        PaperTable(
            id: "jacob-4.6", title: "Jacob et al., table 4.6: threads",
            claim: "Four cores run integers 1.6 to 2.2 times as fast as one, more for larger networks.",
            published: [JacobTables.threads],
            ours: LatencyLayout.threads),
        PaperTable(
            id: "jacob-4.7", title: "Jacob et al., tables 4.7 and 4.8: bits of weights and activations",
            claim: bitsClaim,
            published: [JacobTables.categories, JacobTables.ages], remark: bitsRemark, ours: BitsLayout.grids),
    ]

    private static let scenes =
        "Ours finds articles of Fashion-MNIST in scenes of 64×64 pixels, theirs objects and faces in photographs."

    private static let bitsClaim =
        "Weights are more sensitive to fewer bits than activations; 7 and 8 bits lose little; for a given total it is best to give both the "
        + "same number of bits."
    private static let bitsRemark = "Theirs are percent of another measure relative to float, ours points of top-1."

    private static let krishnamoorthi: [PaperTable] = [
        PaperTable(
            id: "krishnamoorthi-8", title: "Krishnamoorthi: mappings and granularities at 8 bits",
            claim:
                "After training, scales per channel keep MobileNets usable where scales per layer do not; training for integers brings all "
                + "close to float.", published: [KrishnamoorthiTables.schemes],
            ours: { cells in
                SchemesLayout.grid(
                    cells, title: "Top-1 %; PTQ: quantized after training, QAT: trained for it",
                    columns: [
                        ("float", "f32", false), ("PTQ affine, tensor", "w8ta-a8-ptq", false),
                        ("PTQ symmetric, tensor", "w8t-a8-ptq", true), ("PTQ symmetric, channel", "w8c-a8-ptq", false),
                        ("PTQ affine, channel", "w8ca-a8-ptq", false), ("QAT affine, tensor", "w8ta-a8-qat", false),
                        ("QAT symmetric, tensor", "w8t-a8-qat", true), ("QAT symmetric, channel", "w8c-a8-qat", false),
                        ("QAT affine, channel", "w8ca-a8-qat", true),
                    ])
            }),
        PaperTable(
            id: "krishnamoorthi-4", title: "Krishnamoorthi: 4 bits of weights or of activations",
            claim:
                "With 4 bits, training for integers wins back most of what quantization after training loses, more so for weights than "
                + "for activations.",
            published: [KrishnamoorthiTables.fourBitWeights, KrishnamoorthiTables.fourBitActivations],
            ours: { cells in
                [("4-bit weights, 8-bit activations", "w4c-a8"), ("8-bit weights, 4-bit activations", "w8c-a4")].flatMap
                {
                    title, scheme in
                    SchemesLayout.grid(
                        cells, title: "\(title), top-1 %",
                        columns: [
                            ("float", "f32", false), ("PTQ", "\(scheme)-ptq", false), ("QAT", "\(scheme)-qat", false),
                        ])
                }
            }),
        PaperTable(
            id: "krishnamoorthi-latency", title: "Krishnamoorthi: latencies",
            claim: "8-bit networks run 1.7 to 2.6 times as fast as float ones on a core of a Pixel 2.",
            published: [KrishnamoorthiTables.latencies], ours: LatencyLayout.types),
    ]

    private static let mobileNet = PaperTable(
        id: "mobilenet-v1", title: "MobileNet v1: the published checkpoints",
        claim: "8 bits cost 0.8 to 6.3 points.",
        published: [MobileNetTables.float, MobileNetTables.integer],
        remark: "Accuracies are theirs, latencies ours: figure 4.1 redrawn for this processor.",
        ours: { LatencyLayout.sizes($0, network: "mobilenet_v1") })

    private static let equalBytes = PaperTable(
        id: "equal-bytes", title: "Fewer bits on a larger network",
        claim: "In as many bytes, a larger network quantized harder can beat a smaller one quantized less.",
        published: [],
        remark:
            "A claim of the literature on few bits (ResNet-34 with 2 bits against ResNet-18 with 4), without a table of numbers here.",
        ours: EqualBytesLayout.grids)
}
