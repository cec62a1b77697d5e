/**
 * The receipt: 128 bits from the reporter's device, as twelve words, and the keys that follow from them
 * (docs/protocol-documents.md, "Receipt").
 */

import { sha256 } from "@noble/hashes/sha2.js"

import { characters, type Bytes } from "./encoding.ts"
import { ProtocolError } from "./errors.ts"
import { nearestWords } from "./typos.ts"
import { alsoPossible, candidates, fold, load, type ListName, type WordList } from "./words.ts"

const RECEIPT_SIZE = 16
const WORD_COUNT = 12
const BITS_A_WORD = 11
// How people number a list, but for digits, which are no words of any.
const NUMBERS = ["一 二 三 四 五 六 七 八 九 十 十一 十二", "i ii iii iv v vi vii viii ix x xi xii"]

/**
 * Why words are not those of a receipt: there are not twelve; one is not in the list that most of the others are in
 * (`list`), at `position` from 1; one is wrong or two have changed places; two lists read them differently. Nothing
 * repeats them.
 */
export class ReceiptError extends ProtocolError {
    readonly reason: "count" | "unknown" | "checksum" | "ambiguous"
    readonly position: number | null
    readonly list: ListName | null
    constructor(reason: ReceiptError["reason"], position: number | null = null, list: ListName | null = null) {
        super(reason)
        this.reason = reason
        this.position = position
        this.list = list
    }
}

/**
 * What follows from a receipt, 32 bytes each: the bearer token, the secret of the age identity, the thread key, and what
 * leaves the device with a withdrawal alone.
 */
export interface MailboxKeys {
    token: Bytes
    identity: Bytes
    threadMac: Bytes
    withdrawal: Bytes
}

/** A new receipt, and its words in this list, which can be read in one way only. */
export async function makeReceipt(list: WordList): Promise<{ secret: Bytes; words: string }> {
    for (;;) {
        const secret = crypto.getRandomValues(new Uint8Array(RECEIPT_SIZE))
        const words = writeWords(secret, list)
        try {
            await readWords(words)
            return { secret, words }
        } catch (error) {
            if (!(error instanceof ReceiptError)) throw error
        }
    }
}

/** The twelve words of a receipt in a list, with one space between. */
export function writeWords(secret: Uint8Array, list: WordList): string {
    return placesOf(secret)
        .map((place) => list.shown[place])
        .join(" ")
}

/**
 * The receipt that the words say, in any list whose checksum holds. Case, marks, spacing, punctuation and numbering do
 * not matter, nor that the phrase stands there twice. Raises `ReceiptError`.
 */
export async function readWords(typed: string): Promise<Bytes> {
    const words = await splitWords(typed)
    if (words.length !== WORD_COUNT) throw new ReceiptError("count")
    let most: { name: ListName | null; inList: boolean[] } = { name: null, inList: [] }
    for (const name of candidates(words)) {
        const { places } = await load(name)
        const inList = words.map((word) => places.has(word))
        if (inList.every(Boolean)) return oneReading(words, [name, ...alsoPossible(name, words)])
        if (most.name === null || count(inList) > count(most.inList)) most = { name, inList }
    }
    throw new ReceiptError("unknown", Math.max(1, most.inList.indexOf(false) + 1), most.name)
}

/** At most three words of its list that the unknown one of the typed may have been meant to be, the nearest first. */
export async function meantWords(typed: string, { position, list }: ReceiptError): Promise<string[]> {
    const words = await splitWords(typed)
    const word = position === null ? undefined : words[position - 1]
    return word === undefined || list === null ? [] : nearestWords(word, await load(list))
}

/** The words as lists have them, without what a messenger or a person puts between, before or into them. */
export async function splitWords(typed: string): Promise<string[]> {
    const seen = typed.replace(/\p{Cf}/gu, "").replace(/[\p{C}\p{N}\p{P}\p{S}\p{Z}]/gu, " ")
    let words = once(fold(seen).split(/\s+/u).filter((word) => word !== ""))
    const numbers = words.filter((_, place) => place % 2 === 0).join(" ")
    if (NUMBERS.includes(numbers)) words = words.filter((_, place) => place % 2 === 1)
    const letters = characters(words.join(""))
    // In Chinese a word is one character, and nobody puts spaces.
    if (!letters.length || !letters.every((letter) => /\p{Script=Han}/u.test(letter))) return words
    const [simplified, traditional] = [await load("chinese_simplified"), await load("chinese_traditional")]
    const isWord = (letter: string) => simplified.places.has(letter) || traditional.places.has(letter)
    return letters.every(isWord) ? once(letters) : words
}

/**
 * Derive the keys of a mailbox from the 16 bytes of its receipt (HKDF-SHA256, no salt, one label each).
 * They say nothing of one another, so the server may see the token alone.
 */
export async function mailboxKeys(receipt: Bytes): Promise<MailboxKeys> {
    if (receipt.length !== RECEIPT_SIZE) throw new RangeError("a receipt has 16 bytes")
    const secret = await crypto.subtle.importKey("raw", receipt, "HKDF", false, ["deriveBits"])
    const derive = async (label: string) => {
        const info = new TextEncoder().encode(`tern/v1/${label}`)
        const hkdf = { name: "HKDF", hash: "SHA-256", salt: new Uint8Array(), info }
        return new Uint8Array(await crypto.subtle.deriveBits(hkdf, secret, 256))
    }
    return {
        token: await derive("mailbox-token"),
        identity: await derive("mailbox-identity"),
        threadMac: await derive("thread-mac"),
        withdrawal: await derive("withdrawal"),
    }
}

/** What was pasted twice, one time. */
function once(words: string[]): string[] {
    const half = words.length / 2
    const isTwice = half >= WORD_COUNT && words.slice(0, half).join(" ") === words.slice(half).join(" ")
    return isTwice ? words.slice(0, half) : words
}

/** What the words say in lists that may have them all. */
async function oneReading(words: readonly string[], names: readonly ListName[]): Promise<Bytes> {
    const readings = new Map<string, Bytes>()
    for (const name of names) {
        const { places } = await load(name)
        const found = words.map((word) => places.get(word))
        if (!found.every((place) => place !== undefined)) continue
        const secret = secretOf(found)
        if (placesOf(secret).join() === found.join()) readings.set(secret.join(), secret)
    }
    const [reading, ...others] = readings.values()
    if (others.length) throw new ReceiptError("ambiguous")
    if (!reading) throw new ReceiptError("checksum")
    return reading
}

/** The places in a list that say 128 bits and behind them the first four of their SHA-256. */
function placesOf(secret: Uint8Array): number[] {
    let bits = BigInt(`0x${[...secret].map((byte) => byte.toString(16).padStart(2, "0")).join("")}`)
    bits = (bits << 4n) | BigInt((sha256(secret)[0] ?? 0) >> 4)
    const places: number[] = []
    for (let place = 0; place < WORD_COUNT; place++) {
        places.unshift(Number(bits & 0x7ffn))
        bits >>= BigInt(BITS_A_WORD)
    }
    return places
}

function secretOf(places: readonly number[]): Bytes {
    let bits = 0n
    for (const place of places) bits = (bits << BigInt(BITS_A_WORD)) | BigInt(place)
    const hex = (bits >> 4n).toString(16).padStart(2 * RECEIPT_SIZE, "0")
    return Uint8Array.from({ length: RECEIPT_SIZE }, (_, place) => parseInt(hex.slice(2 * place, 2 * place + 2), 16))
}

function count(known: readonly boolean[]): number {
    return known.filter(Boolean).length
}
