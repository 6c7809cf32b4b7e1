/// Krishnamoorthi 2018, arXiv:1806.08342: top-1 on ImageNet as a share of 1. Weights affine or symmetric, per layer (tensor) or per channel.
public enum KrishnamoorthiTables {
    public static let source = "Krishnamoorthi 2018, arXiv:1806.08342"

    public static let schemes = PublishedTable(
        "8 bits, top-1 on ImageNet; PTQ: quantized after training, QAT: trained for it", source: source,
        """
        network | float | PTQ affine, layer | PTQ symmetric, channel | PTQ affine, channel | QAT affine, layer | QAT symmetric, channel
        MobileNet v1 1.0 224 | 0.709 | 0.001 | 0.591 | 0.703 | 0.70 | 0.707
        MobileNet v2 1.0 224 | 0.719 | 0.001 | 0.698 | 0.697 | 0.709 | 0.711
        NasNet-Mobile | 0.74 | 0.722 | 0.721 | 0.74 | 0.73 | 0.73
        Inception v3 | 0.78 | 0.78 | 0.78 | 0.78 | 0.78 | 0.78
        ResNet v1 50 | 0.752 | 0.75 | 0.751 | 0.751 | 0.75 | 0.75
        ResNet v1 152 | 0.768 | 0.766 | 0.762 | 0.767 | 0.765 | 0.762
        """)

    public static let fourBitWeights = PublishedTable(
        "4-bit weights, symmetric per channel, and 8-bit activations, top-1 on ImageNet", source: source,
        """
        network | PTQ | QAT
        MobileNet v1 1.0 224 | 0.001 | 0.65
        MobileNet v2 1.0 224 | 0.001 | 0.62
        Inception v3 | 0.71 | 0.76
        ResNet v1 50 | 0.54 | 0.732
        """)

    public static let fourBitActivations = PublishedTable(
        "8-bit weights and 4-bit activations, top-1 on ImageNet", source: source,
        """
        network | PTQ | QAT
        MobileNet v1 1.0 224 | 0.48 | 0.64
        MobileNet v2 1.0 224 | 0.07 | 0.58
        Inception v3 | 0.59 | 0.74
        ResNet v1 50 | 0.36 | 0.58
        """)

    public static let latencies = PublishedTable(
        "ms on one big core of a Pixel 2", source: source,
        """
        network | float | 8 bits
        MobileNet v1 1.0 224 | 155 | 68
        MobileNet v2 1.0 224 | 105 | 63
        Inception v3 | 1391 | 536
        ResNet v1 50 | 874 | 440
        """)
}
