import { expect, test } from "vitest"

import { secondsLeft } from "./waiting.ts"

test("the time that is left follows from the pace so far", () => {
    expect(secondsLeft(10_000, 25, 100)).toBe(30)
})

test("nothing is said of the time while it is too early to tell, or when all is done", () => {
    expect([secondsLeft(500, 50, 100), secondsLeft(9_000, 0, 100), secondsLeft(9_000, 100, 100)]).toEqual([
        null,
        null,
        null,
    ])
})
