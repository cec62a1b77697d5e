import { readFileSync } from "node:fs"
import { expect, test } from "vitest"

import { parseDocument } from "./documents.ts"
import { utf8 } from "./encoding.ts"
import { Malformed } from "./errors.ts"
import { readThreadState, repeats, withMessage, type Day } from "./mailbox.ts"

const DAYS = Array.from({ length: 32 }, (_, place): Day => [`2026-06-${String(place + 1).padStart(2, "0")}`, 1])

test("a message more is counted on its day", () => {
    const first = withMessage([], "2026-06-15")

    expect(first).toEqual([["2026-06-15", 1]])
    expect(withMessage(withMessage(first, "2026-06-15"), "2026-06-16")).toEqual([
        ["2026-06-15", 2],
        ["2026-06-16", 1],
    ])
})

test("days stand in their order, whichever was written on last", () => {
    expect(withMessage([["2026-06-15", 1]], "2026-06-14")).toEqual([
        ["2026-06-14", 1],
        ["2026-06-15", 1],
    ])
})

test("of more days than a thread state remembers the oldest go", () => {
    expect(withMessage(DAYS, "2026-06-32")).toEqual([...DAYS.slice(0, -1), ["2026-06-32", 2]])
    expect(withMessage(DAYS, "2026-07-01")).toEqual([...DAYS.slice(1), ["2026-07-01", 1]])
})

test("a thread state remembers 32 days and no more", () => {
    const vectors = readFileSync(new URL("../../../tests/vectors/mailbox.json", import.meta.url), "utf8")
    const { documents } = JSON.parse(vectors) as { documents: Record<"thread-state", string> }
    const { body } = parseDocument(utf8(documents["thread-state"])).header
    const days = DAYS.map(([day, messages], place): Day => [place < 30 ? day : `2026-07-0${place - 29}`, messages])

    expect(readThreadState({ ...body, days }).days).toEqual(days)
    expect(() => readThreadState({ ...body, days: [...days, ["2026-07-03", 1]] })).toThrow(Malformed)
})

test("numbers that several messages have are told once each, the lowest first", () => {
    expect(repeats([3, 1, 3, 2, 1, 3])).toEqual([1, 3])
})
