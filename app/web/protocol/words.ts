/**
 * The BIP-39 lists that a receipt is written in. Each is a file of its own, fetched when it is needed: nobody on a slow
 * line waits for ten lists to write down twelve words. English alone comes along, for whom no other can be fetched.
 */

import { wordlist as english } from "@scure/bip39/wordlists/english.js"

import { Unavailable } from "./errors.ts"

// In the order in which they are tried: of several that know as many words, the first says which word it lacks.
const SOURCES = {
    english: () => Promise.resolve({ wordlist: english }),
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
 * The other lists that could have all these words too, where a list has them all. Both Chinese share more than half of
 * their words; those in Latin letters, without marks, the few below.
 */
export function alsoPossible(name: ListName, words: readonly string[]): ListName[] {
    switch (name) {
        case "chinese_simplified":
            return ["chinese_traditional"]
        case "chinese_traditional":
            return ["chinese_simplified"]
        default:
            return words.every((word) => SHARED.has(word)) ? SHARING.filter((other) => other !== name) : []
    }
}

/**
 * NFKD in lower case, without marks, which people leave out on paper; but for those that make が of か. A Turkish
 * keyboard writes the i of other languages with its own two letters.
 */
export function fold(text: string): string {
    return text
        .normalize("NFKD")
        .toLowerCase()
        .replace(/(?![\u3099\u309A])\p{M}/gu, "")
        .replaceAll("ı", "i")
}

const SHARING: readonly ListName[] = ["english", "french", "spanish", "italian"]
// Here rather than in the lists, so that nobody who writes one of them has to fetch the others.
const SHARED = new Set(
    (
        "abaco abandon acido album amateur ambito angle animal arbitro area armonia aspect avion badge " +
        "balcon bicycle bonus brave camera canal canon capable carbon caution celebre civil client clinica " +
        "comodo concert correct coyote crater crucial cruel cycle danger depart desert digital distance " +
        "double dragon ebano effort elegant elephant elite emotion episode erosion essence evidence exact " +
        "excuse fatal fatigue festival figure fortune fragile fruit general globe grafico guide humble idolo " +
        "image immense impact indice innocent intact jaguar jardin junior label lecture legal limite liquido " +
        "logica loyal machine marron menu metal metodo million minute miracle mobile muscle museum musica " +
        "nation nature nectar nitido noble nomina notable nucleo numero ocean opera opinion orange ozone " +
        "pagina palace panda pelican petalo phrase piano piece pizza poesia position principe prison public " +
        "puzzle question region relief reunion rival romance salmon salon science sentence service simbolo " +
        "simple social solido source spatial special sphere stable surface surprise suspect talent telefono " +
        "theme tipico train tunnel unique usage utopia vague valve veloce veteran video village violin virus " +
        "vital volcan volume voyage wagon"
    ).split(" "),
)
