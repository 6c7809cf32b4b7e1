/// What building an executor or a quantized model refuses.
public enum NetworkError: Error, Sendable, Equatable, CustomStringConvertible {
    case missingLayer(String, network: String)
    case unsupported(String)
    case notFinite(layer: String)

    public var description: String {
        switch self {
        case .missingLayer(let layer, let network): "\(network): no parameters for layer '\(layer)'"
        case .unsupported(let message): message
        case .notFinite(let layer): "layer '\(layer)' yields values that are not finite: the checkpoint is damaged"
        }
    }
}
