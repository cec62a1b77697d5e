import { expect, test } from "vitest"

import { dayInWords, fill, inDigits, percent, pluralForm, size } from "./words.ts"

test("a number takes the plural form that its language has for it", () => {
    const arabic = new Map([
        ["zero", "0"],
        ["one", "1"],
        ["two", "2"],
        ["few", "3-10"],
        ["many", "11-99"],
        ["other", "100"],
    ])

    expect([0, 1, 2, 7, 11, 100].map((n) => pluralForm(arabic, n, "ar"))).toEqual([...arabic.values()])
})

test("a language without a form of its own for a number falls back to the general one", () => {
    expect(pluralForm(new Map([["other", "general"]]), 1, "en")).toBe("general")
})

test("values take the place of their names, and an unknown name stays to be seen", () => {
    expect(fill("{n} of {all}, {missing}", { n: 1_000, all: 12 }, "en")).toBe("1,000 of 12, {missing}")
})

test("numbers are written in the digits of the language", () => {
    expect(fill("{n}", { n: 12 }, "fa")).toBe("۱۲")
    expect(percent(0.5, "ar-EG")).toContain("٥٠")
})

test("days are written as the language writes them, in one calendar", () => {
    expect(["en", "fr", "fa", "kmr", "tlh"].map((each) => dayInWords("2026-06-15", each))).toEqual([
        "June 15, 2026",
        "15 juin 2026",
        "۱۵ ژوئن ۲۰۲۶",
        dayInWords("2026-06-15", "ku"),
        "2026-06-15",
    ])
    expect(inDigits(12, "fa")).toBe("۱۲")
})

test("words that somebody else wrote turn nothing around them", () => {
    expect(fill("“{name}” is large", { name: "صورة.jpg" }, "en")).toBe("“\u2068صورة.jpg\u2069” is large")
})

test("a value that looks like a name is not filled again", () => {
    expect(fill("{name}", { name: "{n}", n: 3 }, "en")).toContain("{n}")
})

test("sizes are said in the unit that a person knows", () => {
    expect([12, 96_211, 2_500_000, 25_000_000].map((bytes) => size(bytes, "en"))).toEqual([
        "0.1 kB",
        "96 kB",
        "2.5 MB",
        "25 MB",
    ])
})
