import Suites
import Testing

private func parse(_ text: String) throws -> JSONValue { try JSONParser.parse(Array(text.utf8), file: "x.json") }

/// The one line that a broken document gives.
private func message(_ bytes: [UInt8]) -> String {
    do {
        _ = try JSONParser.parse(bytes, file: "x.json")
        return "no error"
    } catch { return "\(error)" }
}

private func message(_ text: String) -> String { message(Array(text.utf8)) }

@Suite struct JSONParserTests {
    @Test func everyKindOfValueWithItsPlace() throws {
        let root = try parse("{ \"a\": [1, -2.5e2, true],\n  \"é\": {\"b\": null, \"c\": \"x\"} }")
        guard case .object(let members) = root.content, case .array(let list) = members[0].value.content else {
            Issue.record("not the expected shape")
            return
        }
        #expect(members.map(\.key) == ["a", "é"])
        #expect(members[0].keyPosition == SourcePosition(line: 1, column: 3))
        #expect(list.map(\.position.column) == [9, 12, 20])
        #expect(list.map(\.path) == ["a[0]", "a[1]", "a[2]"])
        guard case .number(let number, let text) = list[1].content else {
            Issue.record("not a number")
            return
        }
        #expect(number == -250)
        #expect(text == "-2.5e2")
        // Columns count scalars: é is two bytes but one column.
        let inner = try #require(root["é"]?["c"])
        #expect(inner.position == SourcePosition(line: 2, column: 25))
        #expect(inner.path == "é.c")
        #expect(inner.label == "c")
    }

    @Test func escapes() throws {
        let value = try parse(#""\"\\\/\b\f\n\r\t\u00e9\uD83D\ude00""#)
        guard case .string(let text) = value.content else {
            Issue.record("not a string")
            return
        }
        #expect(text == "\"\\/\u{8}\u{c}\n\r\té😀")
    }

    @Test(arguments: ["0", "-0", "10", "0.5", "1e3", "1E-2", "-1.25e+2"]) func numbers(text: String) throws {
        guard case .number(let number, let spelled) = try parse(text).content else {
            Issue.record("not a number")
            return
        }
        #expect(number == Double(text))
        #expect(spelled == text)
    }

    @Test(arguments: ["01", "-", "1.", "1e", "1e+", "-a", "00"]) func badNumbers(text: String) {
        #expect(message(text).hasSuffix("is no JSON number"), "\(message(text))")
    }

    @Test(arguments: [
        ("", "x.json:1:1: expected a value, found the end of the file"),
        ("\n\n  ", "x.json:3:3: expected a value, found the end of the file"),
        ("[1,]", "x.json:1:4: expected a value, found ']' (at [1])"),
        ("[1 2]", "x.json:1:4: expected ',' or ']' after a list's element, found '2' (at [0])"),
        ("{\"a\" 1}", "x.json:1:6: expected ':' after key 'a', found '1' (at a)"),
        ("{\"a\":1 \"b\":2}", "x.json:1:8: expected ',' or '}' after the value of 'a', found '\"' (at a)"),
        ("{\"a\":1,}", "x.json:1:8: expected a key in double quotes, found '}'"),
        ("{a:1}", "x.json:1:2: expected a key in double quotes, found 'a'"),
        ("{\"a\":1,\n \"a\":2}", "x.json:2:2: key 'a' stands twice; first in line 1 (at a)"),
        ("{} {}", "x.json:1:4: '{' after the end of the document"),
        ("\"abc", "x.json:1:1: this text has no closing quote"),
        ("\"ab\ncd\"", "x.json:1:4: the end of the line inside a text; is its closing quote missing?"),
        ("\"\\x\"", "x.json:1:2: a backslash is followed by one of \" \\ / b f n r t u"),
        ("\"\\u12G4\"", "x.json:1:2: \\u takes four hexadecimal digits"),
        ("\"\\u+123\"", "x.json:1:2: \\u takes four hexadecimal digits"),
        ("\"\\ud83d\"", "x.json:1:2: half of a surrogate pair stands alone"),
        ("\"\\ude00\"", "x.json:1:2: half of a surrogate pair stands alone"),
        (
            "[nul]",
            "x.json:1:2: 'nul' is no value; texts stand in double quotes, other words are true, false and null (at [0])"
        ),
        ("[1e999]", "x.json:1:2: 1e999 is too large a number (at [0])"),
        ("// x", "x.json:1:1: expected a value, found '/'"),
    ])
    func syntaxErrors(text: String, expected: String) {
        #expect(message(text) == expected)
    }

    @Test func encodings() throws {
        let marked = try JSONParser.parse([0xEF, 0xBB, 0xBF] + Array("[1]".utf8), file: "x.json")
        #expect(marked.position == SourcePosition(line: 1, column: 1))
        #expect(message([0xFF, 0xFE, 0x5B, 0x00]).contains("is UTF-16; save it as UTF-8"))
        #expect(message([0x22, 0xC3, 0x28, 0x22]) == "x.json:1:1: this text is not valid UTF-8")
    }

    @Test func lineEndingsOfAnySystem() {
        #expect(message("{\r\n \"a\": ?}") == "x.json:2:7: expected a value, found '?' (at a)")
    }

    @Test func nestingIsLimited() throws {
        func nested(_ depth: Int) -> String {
            String(repeating: "[", count: depth) + String(repeating: "]", count: depth)
        }
        _ = try parse(nested(65))
        #expect(message(nested(66)).contains("nested deeper than 64 levels"))
        #expect(message(String(repeating: "[", count: 1_000_000)).contains("nested deeper"))
    }

    /// Whatever is cut off a document, or any byte replaced, gives an error or a value, never a trap.
    @Test func damagedDocumentsDoNotTrap() {
        let document = Array(#"{"a": [1, -2.5e3, "x\u00e9\n", true], "b": {"c": null}}"#.utf8)
        var failures = 0
        for end in 0..<document.count where message(Array(document[..<end])) != "no error" { failures += 1 }
        #expect(failures == document.count)
        for index in document.indices {
            for byte: UInt8 in [0, 0x20, 0x22, 0x2C, 0x5C, 0x5D, 0x7B, 0x80, 0xFF] {
                var damaged = document
                damaged[index] = byte
                let result = message(damaged)
                #expect(result == "no error" || result.hasPrefix("x.json:1:"))
            }
        }
    }
}
