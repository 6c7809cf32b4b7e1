/// Recursive descent, one character of lookahead:
///
///     sum     = product { ("+" | "-") product }
///     product = factor { ("*" | "/") factor }
///     factor  = number | name | "'" name "'" | "-" factor | "(" sum ")"
struct FormulaParser {
    /// What is wrong and where: `offset` counts characters from the formula's first.
    struct Problem: Error, Equatable {
        let offset: Int
        let message: String
    }

    private let characters: [Character]
    private var position = 0
    private var depth = 0
    /// Deeper nesting than this is refused instead of exhausting the stack.
    private let maximumDepth = 100

    private init(_ text: String) { characters = Array(text) }

    static func parse(_ text: String) throws(Problem) -> Formula {
        var parser = FormulaParser(text)
        let root = try parser.sum()
        guard parser.peek() == nil else { throw parser.problem("expected an operator") }
        return Formula(text: text, root: root)
    }

    private func problem(_ message: String) -> Problem {
        guard position < characters.count else { return Problem(offset: position, message: message + " at the end") }
        return Problem(offset: position, message: "\(message), found '\(characters[position])'")
    }

    /// The next character that is not a space.
    private mutating func peek() -> Character? {
        while position < characters.count, characters[position].isWhitespace { position += 1 }
        return position < characters.count ? characters[position] : nil
    }

    private mutating func take(_ choices: [Formula.Operator]) -> Formula.Operator? {
        guard let next = peek(), let found = choices.first(where: { $0.rawValue == next }) else { return nil }
        position += 1
        return found
    }

    private mutating func sum() throws(Problem) -> Formula.Expression {
        var left = try product()
        while let operation = take([.plus, .minus]) { left = .binary(operation, left, try product()) }
        return left
    }

    private mutating func product() throws(Problem) -> Formula.Expression {
        var left = try factor()
        while let operation = take([.times, .divide]) { left = .binary(operation, left, try factor()) }
        return left
    }

    private mutating func factor() throws(Problem) -> Formula.Expression {
        depth += 1
        defer { depth -= 1 }
        guard depth <= maximumDepth else { throw problem("more than \(maximumDepth) nested parentheses or signs") }
        guard let next = peek() else { throw problem("expected a number, an event or '('") }
        if next == "-" {
            position += 1
            return .negation(try factor())
        }
        if next == "(" {
            position += 1
            let inner = try sum()
            guard peek() == ")" else { throw problem("expected ')'") }
            position += 1
            return inner
        }
        if next == "'" { return .event(try quotedName()) }
        if next.isNumber || next == "." { return .number(try number()) }
        if next.isLetter || next == "_" {
            return .event(takeWhile { $0.isLetter || $0.isNumber || "_:.".contains($0) })
        }
        throw problem("expected a number, an event or '('")
    }

    private mutating func quotedName() throws(Problem) -> String {
        position += 1
        let name = takeWhile { $0 != "'" }
        guard position < characters.count, !name.isEmpty else { throw problem("expected a name and a closing quote") }
        position += 1
        return name
    }

    private mutating func number() throws(Problem) -> Double {
        let start = position
        var digits = takeWhile { $0.isNumber || $0 == "." }
        if position < characters.count, "eE".contains(characters[position]) {
            digits.append(characters[position])
            position += 1
            if position < characters.count, "+-".contains(characters[position]) {
                digits.append(characters[position])
                position += 1
            }
            digits += takeWhile { $0.isNumber }
        }
        guard let value = Double(digits), value.isFinite else {
            throw Problem(offset: start, message: "'\(digits)' is not a number")
        }
        return value
    }

    private mutating func takeWhile(_ accept: (Character) -> Bool) -> String {
        let start = position
        while position < characters.count, accept(characters[position]) { position += 1 }
        return String(characters[start..<position])
    }
}
