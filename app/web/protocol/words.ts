/**
 * The BIP-39 lists that a receipt is written in. Each is a file of its own, fetched when it is needed: nobody on a slow
 * line waits for ten lists to write down twelve words.
 */

import { Unavailable } from "./errors.ts"

// In the order in which they are tried: of several that know as many words, the first says which word it lacks.
const SOURCES = {
    english: () => import("@scure/bip39/wordlists/english.js"),
    chinese_simplified: () => import("@scure/bip39/wordlists/simplified-chinese.js"),
    chinese_traditional: () => import("@scure/bip39/wordlists/traditional-chinese.js"),
    french: () => import("@scure/bip39/wordlists/french.js"),
    spanish: () => import("@scure/bip39/wordlists/spanish.js"),
    japanese: () => import("@scure/bip39/wordlists/japanese.js"),
    korean: () => import("@scure/bip39/wordlists/korean.js"),
    italian: () => import("@scure/bip39/wordlists/italian.js"),
    portuguese: () => import("@scure/bip39/wordlists/portuguese.js"),
    czech: () => import("@scure/bip39/wordlists/czech.js"),
}

export type ListName = keyof typeof SOURCES

/** The lists by the language of a page; other languages use English, with a note. */
const LISTS: Partial<Record<string, ListName>> = {
    en: "english",
    "zh-Hans": "chinese_simplified",
    "zh-Hant": "chinese_traditional",
    fr: "french",
    es: "spanish",
    ja: "japanese",
    ko: "korean",
    it: "italian",
    pt: "portuguese",
    cs: "czech",
}

/** The letters that all words of a list are written in. */
const LETTERS: Record<ListName, RegExp> = {
    english: /\p{Script=Latin}/u,
    chinese_simplified: /\p{Script=Han}/u,
    chinese_traditional: /\p{Script=Han}/u,
    french: /\p{Script=Latin}/u,
    spanish: /\p{Script=Latin}/u,
    japanese: /\p{Script=Hiragana}/u,
    korean: /\p{Script=Hangul}/u,
    italian: /\p{Script=Latin}/u,
    portuguese: /\p{Script=Latin}/u,
    czech: /\p{Script=Latin}/u,
}

/** A list as it is shown, and the place of each word as it is read. */
export interface WordList {
    name: ListName
    shown: readonly string[]
    places: ReadonlyMap<string, number>
}

const loaded = new Map<ListName, Promise<WordList>>()

/** The list of a page's language. */
export function listOf(language: string): Promise<WordList> {
    return load(LISTS[language] ?? "english")
}

/** The list of this name. Rejects with `Unavailable` where it cannot be fetched; asked again, it is fetched again. */
export function load(name: ListName): Promise<WordList> {
    const found = loaded.get(name) ?? fetchList(name)
    loaded.set(name, found)
    found.catch(() => loaded.delete(name))
    return found
}

async function fetchList(name: ListName): Promise<WordList> {
    const { wordlist } = await SOURCES[name]().catch(() => {
        throw new Unavailable("a list of words")
    })
    return { name, shown: wordlist, places: new Map(wordlist.map((word, place) => [fold(word), place])) }
}

/** The lists that any of these words could be of, by their letters alone. */
export function candidates(words: readonly string[]): ListName[] {
    const names = Object.keys(SOURCES) as ListName[]
    return names.filter((name) => words.some((word) => LETTERS[name].test(word)))
}

/**
 * The other lists that could have all these words too, where a list has them all. English and French share a hundred
 * words, both Chinese more than half of theirs, and no other two any.
 */
export function alsoPossible(name: ListName, words: readonly string[]): ListName[] {
    switch (name) {
        case "english":
            return words.every((word) => IN_FRENCH_TOO.has(word)) ? ["french"] : []
        case "french":
            return words.every((word) => IN_FRENCH_TOO.has(word)) ? ["english"] : []
        case "chinese_simplified":
            return ["chinese_traditional"]
        case "chinese_traditional":
            return ["chinese_simplified"]
        default:
            return []
    }
}

/** NFKD in lower case. A Turkish keyboard writes the i of other languages with its own two letters. */
export function fold(text: string): string {
    return text.normalize("NFKD").toLowerCase().replaceAll("i\u0307", "i").replaceAll("ı", "i")
}

// Here rather than in the list of French, so that nobody who writes English has to fetch that.
const IN_FRENCH_TOO = new Set(
    (
        "abandon amateur angle animal aspect badge bicycle bonus brave canal capable caution civil client " +
        "concert correct coyote crucial cruel cycle danger digital distance double dragon effort essence " +
        "exact excuse fatal fatigue festival figure fortune fragile fruit globe guide humble image immense " +
        "impact innocent intact jaguar junior label lecture loyal machine million minute miracle mobile " +
        "muscle nation nature noble notable opinion orange ozone palace panda phrase piano pizza position " +
        "prison public puzzle question relief rival romance salon science sentence service simple social " +
        "source spatial stable surface surprise suspect talent train tunnel unique usage vague valve village " +
        "virus vital volume voyage wagon"
    ).split(" "),
)
