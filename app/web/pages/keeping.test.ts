import { expect, test } from "vitest"

import { isSameWord, twoPlaces } from "./keeping.ts"

test("the two words to try are never the same, and any may be asked for", () => {
    const seen = new Set<number>()

    for (let time = 0; time < 500; time++) {
        const [first, second] = twoPlaces(12)
        expect(first).toBeLessThan(second)
        seen.add(first).add(second)
    }

    expect(seen.size).toBe(12)
})

test("a word is right however its capitals and accents are typed", () => {
    expect(isSameWord(" Abaco ", "a\u0301baco".normalize("NFC"))).toBe(true)
    expect(isSameWord("abaca", "ábaco")).toBe(false)
    expect(isSameWord(" ÁBACO ", "a\u0301baco")).toBe(true)
    expect(isSameWord("的", "的")).toBe(true)
})
