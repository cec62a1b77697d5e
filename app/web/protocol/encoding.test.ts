import { expect, test } from "vitest"

import {
    areEqual,
    b64,
    canonical,
    checkAt,
    checkDay,
    checkFields,
    checkHash,
    checkId,
    checkNumber,
    daysBetween,
    newId,
    parseObject,
    unb64,
    utf8,
} from "./encoding.ts"
import { Malformed } from "./errors.ts"
import { OtherNumber } from "./json.ts"

test.each([
    ['{"a":1,"a":1}', "a repeated name"],
    ['{"a":{"b":1,"\\u0062":2}}', "a repeated name behind an escape"],
    ['{"a":NaN}', "NaN"],
    ['{"a":Infinity}', "Infinity"],
    ['{"a":1e999}', "a number that overflows"],
    ['{"a":"\\ud800"}', "half of a surrogate pair"],
    ['{"\\udc00":1}', "half of a surrogate pair in a name"],
    ['{"a":1}{}', "something behind the object"],
    ["[1]", "no object"],
    ['{"a":01}', "a number with a zero in front"],
    ['{"a":1,}', "a comma too many"],
    ['{"a":"\n"}', "a control character"],
    ['{"a":"\\x"}', "an escape of another language"],
    ["{'a':1}", "other quotation marks"],
    ['{"a":x,"b":1}', "a word in the place of a value"],
    ['{xyz:{"b":1}}', "a name without quotation marks"],
    ["{:1}", "no name"],
    ['\ufeff{"a":1}', "a byte order mark"],
    ['{"a":' + "[".repeat(5000) + "]".repeat(5000) + "}", "no end of brackets"],
    ["", "nothing"],
])("%s is refused: %s", (text) => {
    expect(() => parseObject(utf8(text))).toThrow(Malformed)
})

test("bytes that are not UTF-8 are refused", () => {
    expect(() => parseObject(Uint8Array.of(0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d))).toThrow(Malformed)
})

test("what is written is read, in the same order", () => {
    const value = { z: [1, -2, null, true, { "": "" }], a: 'quotes " and \\, 事件, 😀, \u0001, \u2028', __proto__x: {} }

    const read = parseObject(` ${canonical(value).replaceAll(":", " : ")}\n`)

    expect(canonical(read)).toBe(canonical(value))
})

test("brackets stand in one another two hundred times and no more", () => {
    const lists = (depth: number) => `{"a":${"[".repeat(depth)}${"]".repeat(depth)}}`
    const objects = (depth: number) => '{"a":'.repeat(depth) + "{}" + "}".repeat(depth)

    for (const nested of [lists, objects]) {
        expect(parseObject(nested(200))).toHaveProperty("a")
        expect(() => parseObject(nested(201))).toThrow(Malformed)
    }
})

test("space may stand around each name and value", () => {
    expect(canonical(parseObject('{ "a" : 1 , "b" : [ 2 , 3 ] }'))).toBe('{"a":1,"b":[2,3]}')
})

test("bytes are read as the text that they are", () => {
    expect(parseObject(utf8('{"a":"é"}'))).toEqual(parseObject('{"a":"é"}'))
})

test("`__proto__` is a name like any other", () => {
    const read = parseObject('{"__proto__":{"v":1}}')

    expect(Object.keys(read)).toEqual(["__proto__"])
    expect(read.v).toBeUndefined()
})

test("a number that is not whole, or not exact, is none of the protocol's", () => {
    const read = parseObject('{"a":1.0,"b":1e0,"c":9007199254740993}')

    for (const value of Object.values(read)) {
        expect(value).toBeInstanceOf(OtherNumber)
        expect(() => checkNumber(value, 0, 10)).toThrow(Malformed)
    }
})

test("a text that cannot be written as UTF-8 is not written", () => {
    expect(() => canonical({ text: "cut \ud83d" })).toThrow(Malformed)
    expect(canonical({ text: "\ud83d\ude00" })).toBe('{"text":"😀"}')
})

test.each(["AA=", "AA==", "A+", "A/", "AB", "A", "A A"])("base64url has one spelling: %s is refused", (text) => {
    expect(() => unb64(text)).toThrow(Malformed)
})

test("base64url is read back, of the size that was asked for", () => {
    const bytes = Uint8Array.of(251, 255, 0)

    expect(unb64(b64(bytes), 3)).toEqual(bytes)
    expect(() => unb64(b64(bytes), 4)).toThrow(Malformed)
})

test.each([
    "2026-02-30",
    "2026-13-01",
    "20260615",
    "2026-W25-1",
    "2026-6-15",
    "0000-01-01",
    "1899-12-31",
    "9000-01-01",
    "2026-06-15T09:00Z",
    null,
    1,
])("%s is no day", (value) => {
    expect(() => checkDay(value)).toThrow(Malformed)
})

test("an hour is dated by its day, and only a whole hour is one", () => {
    expect(checkAt("2026-06-15T09:00Z")).toBe("2026-06-15")
    expect(checkAt("2024-02-29")).toBe("2024-02-29")
    const others = ["2026-06-15T09:17Z", "2026-06-15T24:00Z", "2026-06-15T09:00+00:00", "2026-06-15T09:00:00Z"]
    for (const value of [...others, ["2026-06-15T09:00Z"]])
        expect(() => checkAt(value)).toThrow(Malformed)
})

test("days are counted whole", () => {
    expect(daysBetween("2026-06-15", "2026-06-22")).toBe(7)
    expect(daysBetween("2026-06-15", "2026-06-14")).toBe(-1)
})

test("a list of one hash is none", () => {
    expect(checkHash("0".repeat(64))).toBe("0".repeat(64))
    expect(() => checkHash(["0".repeat(64)])).toThrow(Malformed)
})

test("an id has its prefix and 32 digits", () => {
    const id = `rep_${"0".repeat(32)}`

    for (const prefix of ["rep", undefined]) expect(checkId(id, prefix)).toBe(id)
    expect(() => checkId(id, "case")).toThrow(Malformed)
    expect(() => checkId(`${id}0`)).toThrow(Malformed)
    expect(() => checkId(id.toUpperCase())).toThrow(Malformed)
})

test("an object has the names that it should, and no others", () => {
    expect(() => checkFields({ a: 1 }, ["a", "b"])).toThrow(Malformed)
    expect(() => checkFields({ a: 1, c: 1 }, ["a", "b"])).toThrow(Malformed)
    expect(() => checkFields([], [])).toThrow(Malformed)
    expect(() => checkFields(null, [])).toThrow(Malformed)
    expect(() => checkFields(new OtherNumber("1.5"), ["text"])).toThrow(Malformed)
})

test("a new id is one, and no other", () => {
    const ids = [newId("rep"), newId("rep")]

    for (const id of ids) expect(checkId(id, "rep")).toBe(id)
    expect(ids[0]).not.toBe(ids[1])
})

test("bytes are the same where each is, and none is more", () => {
    expect(areEqual(Uint8Array.of(1, 2), Uint8Array.of(1, 2))).toBe(true)
    for (const other of [[1], [1, 3], [1, 2, 0], [0, 2]])
        expect(areEqual(Uint8Array.of(1, 2), Uint8Array.from(other))).toBe(false)
    expect(areEqual(Uint8Array.of(1, 0), Uint8Array.of(1))).toBe(false)
})
