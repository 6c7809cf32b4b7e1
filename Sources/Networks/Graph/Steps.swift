extension Network {
    /// The nodes of each step of an executor, in order: one, or a convolution and the addition right behind it that is the only
    /// reader of its output. What the convolution writes is then added to while it is in the cache.
    package var steps: [[Int]] {
        var readers = [Int](repeating: 0, count: last + 1)
        for node in nodes { for tensor in node.inputs { readers[tensor] += 1 } }
        var steps: [[Int]] = []
        var index = 0
        while index < nodes.count {
            if case .conv2d = nodes[index].operation, index + 1 < nodes.count,
                case .add = nodes[index + 1].operation, nodes[index + 1].inputs.contains(index + 1),
                readers[index + 1] == 1
            {
                steps.append([index, index + 1])
            } else {
                steps.append([index])
            }
            index += steps.last!.count
        }
        return steps
    }
}
