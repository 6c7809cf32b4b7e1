/// Which tensors have scale and zero point in common, since nothing is computed between them: input and output of pools,
/// `pad` and `reshape`, all inputs and the output of a `concat`. Union-find over the tensors.
package struct SharedScales: Sendable {
    private var parent: [Int]

    package init(_ network: Network) {
        parent = Array(0...network.last)
        for (index, node) in network.nodes.enumerated() where node.operation.keepsScale {
            for tensor in node.inputs { join(tensor, index + 1) }
        }
    }

    /// The set of the tensor, named by its first member: 0 is the input's.
    package func root(_ tensor: Int) -> Int {
        var tensor = tensor
        while parent[tensor] != tensor { tensor = parent[tensor] }
        return tensor
    }

    private mutating func join(_ a: Int, _ b: Int) { parent[max(root(a), root(b))] = min(root(a), root(b)) }
}
