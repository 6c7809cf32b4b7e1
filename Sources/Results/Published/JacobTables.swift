/// Jacob et al. 2017, arXiv:1712.05877v1; the version of CVPR 2018 numbers its tables differently. Times are averages of 100 seconds on
/// one, two or four cores of a Snapdragon 835 (its appendix D.4): gemmlowp for 8 bits, Eigen for floats.
public enum JacobTables {
    public static let resnets = PublishedTable(
        "ResNet on ImageNet, top-1 %", source: source("table 4.1"),
        """
        depth | float | integer
        50 | 76.4 | 74.9
        100 | 78.0 | 76.6
        150 | 78.8 | 76.7
        """)

    public static let schemes = PublishedTable(
        "ResNet-50 on ImageNet, top-1 %", source: source("table 4.2"),
        """
        scheme | weight bits | activation bits | top-1 %
        BWN | 1 | f32 | 68.7
        TWN | 2 | f32 | 72.5
        INQ | 5 | f32 | 74.8
        FGQ | 2 | 8 | 70.8
        theirs | 8 | 8 | 74.9
        """)

    public static let inception = PublishedTable(
        "Inception v3 on ImageNet, top-1 % / recall at 5, %", source: source("table 4.3"),
        """
        activation | float | 8 bits | 7 bits
        ReLU6 | 78.4 / 94.1 | 75.4 / 92.5 | 75.0 / 92.4
        ReLU | 78.3 / 94.2 | 74.2 / 92.2 | 73.7 / 92.0
        """)

    public static let detection = PublishedTable(
        "MobileNet SSD on COCO", source: source("table 4.4"),
        """
        width, type | mAP | LITTLE core, ms | big core, ms
        100 %, float | 22.1 | 778 | 370
        100 %, 8 bits | 21.7 | 687 | 272
        50 %, float | 16.7 | 270 | 121
        50 %, 8 bits | 16.6 | 146 | 61
        """)

    public static let faces = PublishedTable(
        "Face detection, percent", source: source("table 4.5"),
        """
        width, type | precision | recall
        100 %, float | 68 | 76
        100 %, 8 bits | 66 | 75
        50 %, float | 65 | 70
        50 %, 8 bits | 62 | 70
        25 %, float | 56 | 64
        25 %, 8 bits | 54 | 63
        """)

    public static let threads = PublishedTable(
        "Face detection, ms on as many cores", source: source("table 4.6"),
        """
        width, type | LITTLE, 1 | LITTLE, 2 | LITTLE, 4 | big, 1 | big, 2 | big, 4
        100 %, float | 711 | | | 337 | |
        100 %, 8 bits | 372 | 238 | 167 | 154 | 100 | 69
        50 %, float | 233 | | | 106 | |
        50 %, 8 bits | 134 | 96 | 74 | 56 | 40 | 30
        25 %, float | 100 | | | 44 | |
        25 %, 8 bits | 67 | 52 | 43 | 28 | 22 | 18
        """)

    public static let categories = PublishedTable(
        "Face attributes, average category precision, percent relative to float", source: source("table 4.7"),
        """
        weight bits \\ activation bits | 8 | 7 | 6 | 5 | 4
        8 | −0.9 | −0.3 | −0.4 | −1.3 | −3.5
        7 | −1.3 | −0.5 | −1.2 | −1.0 | −2.6
        6 | −1.1 | −1.2 | −1.6 | −1.6 | −3.1
        5 | −3.1 | −3.7 | −3.4 | −3.4 | −4.8
        4 | −11.4 | −13.6 | −10.8 | −13.1 | −14.0
        """)

    public static let ages = PublishedTable(
        "Face attributes, age within 5 years, precision, percent relative to float", source: source("table 4.8"),
        """
        weight bits \\ activation bits | 8 | 7 | 6 | 5 | 4
        8 | −1.3 | −1.6 | −3.2 | −6.0 | −9.8
        7 | −1.8 | −1.2 | −4.6 | −7.0 | −9.9
        6 | −2.1 | −4.9 | −2.6 | −7.3 | −9.6
        5 | −3.1 | −6.1 | −7.8 | −4.4 | −10.0
        4 | −10.6 | −20.8 | −17.9 | −19.0 | −19.5
        """)

    /// Of the whole paper, or of a part of it.
    static func source(_ part: String) -> String { "Jacob et al. 2017, arXiv:1712.05877v1, \(part)" }
}
