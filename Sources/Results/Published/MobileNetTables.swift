/// The checkpoints of MobileNet v1 that tensorflow/models offers. Their 8 bits come from training for integers.
public enum MobileNetTables {
    public static let source = "tensorflow/models, slim, mobilenet_v1.md, release 2018_08_02"

    public static let float = PublishedTable(
        "MobileNet v1 in float, top-1 % on ImageNet", source: source,
        """
        width \\ resolution | 224 | 192 | 160 | 128
        1.0 | 70.9 | 70.0 | 68.0 | 65.2
        0.75 | 68.4 | 67.2 | 65.3 | 62.1
        0.5 | 63.3 | 61.7 | 59.1 | 56.3
        0.25 | 49.8 | 47.7 | 45.5 | 41.5
        """)

    public static let integer = PublishedTable(
        "MobileNet v1 in 8 bits, top-1 % on ImageNet", source: source,
        """
        width \\ resolution | 224 | 192 | 160 | 128
        1.0 | 70.1 | 69.2 | 67.2 | 63.4
        0.75 | 66.8 | 66.1 | 62.3 | 55.8
        0.5 | 60.7 | 60.0 | 57.7 | 54.5
        0.25 | 48.0 | 46.0 | 43.4 | 39.5
        """)
}
