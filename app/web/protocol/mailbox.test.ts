import { expect, test } from "vitest"

import { withMessage, type Day } from "./mailbox.ts"

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
