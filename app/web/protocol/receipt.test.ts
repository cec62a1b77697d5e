import { expect, test } from "vitest"

import { makeReceipt, readWords, ReceiptError, writeWords } from "./receipt.ts"
import { nearestWords } from "./typos.ts"
import { alsoPossible, candidates, listOf, load, type ListName } from "./words.ts"

const NAMES: ListName[] = [
    "english",
    "chinese_simplified",
    "chinese_traditional",
    "french",
    "spanish",
    "japanese",
    "korean",
    "italian",
    "portuguese",
    "czech",
]
const LANGUAGES = ["en", "zh-Hans", "zh-Hant", "fr", "es", "ja", "ko", "it", "pt", "cs", "ug", "fa"]

test.each(LANGUAGES)("a new receipt reads back: %s", async (language) => {
    const { secret, words } = await makeReceipt(await listOf(language))

    expect(words.split(" ")).toHaveLength(12)
    expect(await readWords(words)).toEqual(secret)
})

test("which lists share words is as the code has it", async () => {
    for (const name of NAMES)
        for (const other of NAMES.filter((each) => each !== name)) {
            const { places } = await load(name)
            const shared = [...(await load(other)).places.keys()].filter((word) => places.has(word))
            // Whatever could be of the other list too is said to be, word by word.
            for (const word of shared) expect(alsoPossible(name, [word])).toContain(other)
            if (name === "english" && other === "french") expect(shared).toHaveLength(123)
        }
})

test("a list is said to be possible too where it has each of the words, and no other is", () => {
    expect(alsoPossible("english", ["abandon", "animal"])).toEqual(["french", "spanish", "italian"])
    expect(alsoPossible("english", ["abandon", "zoo"])).toEqual([])
    expect(alsoPossible("chinese_simplified", ["的"])).toEqual(["chinese_traditional"])
    expect(alsoPossible("korean", ["가격"])).toEqual([])
})

test("a page has the list of its language, or English, and each is fetched once", async () => {
    const names = await Promise.all(LANGUAGES.map(async (language) => (await listOf(language)).name))

    expect(names).toEqual([...NAMES, "english", "english"])
    expect(load("czech")).toBe(load("czech"))
})

test("every list that could have one of the words is tried", () => {
    expect(candidates(["abandon", "的"])).toEqual(NAMES.filter((name) => name !== "japanese" && name !== "korean"))
    expect(candidates(["1"])).toEqual([])
})

test("a list is recognised by the letters of each of its words", async () => {
    for (const name of NAMES)
        for (const word of (await load(name)).places.keys()) expect(candidates([word])).toContain(name)
})

test("words that two lists read differently are refused", async () => {
    const [english, french] = [await load("english"), await load("french")]
    const shared = [...english.places.keys()].filter((word) => french.places.has(word))
    let found = 0
    for (let turn = 0; turn < 5000 && found === 0; turn++) {
        const phrase = Array.from({ length: 12 }, (_, place) => shared[(turn * 7 + place * ((turn % 11) + 1)) % shared.length])
        const failure: unknown = await readWords(phrase.join(" ")).catch((reason: unknown) => reason)
        if (failure instanceof ReceiptError && failure.reason === "ambiguous") found++
    }
    expect(found).toBe(1)
})

test("it does not matter how letters are composed", async () => {
    const secret = Uint8Array.from({ length: 16 }, (_, place) => place)
    for (const name of NAMES)
        for (const form of ["NFC", "NFD", "NFKC", "NFKD"])
            expect(await readWords(writeWords(secret, await load(name)).normalize(form))).toEqual(secret)
})

test("no failure repeats a word", async () => {
    const typed = "xyzzy ".repeat(12)

    const failure: unknown = await readWords(typed).catch((reason: unknown) => reason)

    expect(String(failure)).not.toContain("xyzzy")
})

test.each([
    ["abandn", "abandon"],
    ["abandonn", "abandon"],
    ["amonut", "amount"],
    ["Gathre", "gather"],
    ["drym", "drum"],
])("a mistyped word is guessed: %s", async (typed, meant) => {
    expect(nearestWords(typed, await load("english"))).toContain(meant)
})

test("what is far from all words is no word", async () => {
    expect(nearestWords("xyzzyxyzzy", await load("english"))).toEqual([])
    expect(nearestWords("鑫", await load("chinese_simplified"))).toEqual([])
})
