/**
 * The receipt: 128 bits from the reporter's device, as twelve words, and the keys that follow from them
 * (docs/protocol-documents.md, "Receipt").
 */

import { sha256 } from "@noble/hashes/sha2.js"

import { characters, type Bytes } from "./encoding.ts"
import { ProtocolError } from "./errors.ts"
import { alsoPossible, candidates, fold, load, type ListName, type WordList } from "./words.ts"

const RECEIPT_SIZE = 16
const WORD_COUNT = 12
const BITS_A_WORD = 11

/**
 * Why words are not those of a receipt: there are not twelve; one is not in the list that most of the others are in, at
 * `position` from 1; one is wrong or two have changed places; two lists read them differently. Nothing repeats them.
 */
export class ReceiptError extends ProtocolError {
    readonly reason: "count" | "unknown" | "checksum" | "ambiguous"
    readonly position: number | null
    constructor(reason: ReceiptError["reason"], position: number | null = null) {
        super(reason)
        this.reason = reason
        this.position = position
    }
}

/** What follows from a receipt, 32 bytes each: the bearer token, the secret of the age identity, the thread key. */
export interface MailboxKeys {
    token: Bytes
    identity: Bytes
    threadMac: Bytes
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
 * The receipt that the words say, in any list whose checksum holds. Case, spacing, punctuation and numbering do not
 * matter, nor how letters with marks are composed. Raises `ReceiptError`.
 */
export async function readWords(typed: string): Promise<Bytes> {
    const words = await split(typed)
    if (words.length !== WORD_COUNT) throw new ReceiptError("count")
    const names = candidates(words)
    const known: boolean[][] = []
    for (const name of names) {
        const list = await load(name)
        const inList = words.map((word) => list.places.has(word))
        known.push(inList)
        if (inList.every(Boolean)) return oneReading(words, [name, ...alsoPossible(name, words)])
    }
    throw new ReceiptError("unknown", firstUnknown(known))
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
    }
}

/** The words as lists have them. What a messenger or a person puts between them (commas, numbers) is left out. */
async function split(typed: string): Promise<string[]> {
    const words = fold(typed)
        .replace(/[\p{C}\p{P}\p{S}\p{Z}]/gu, " ")
        .split(" ")
        .filter((word) => word !== "" && !/^\p{Nd}+$/u.test(word))
    const letters = characters(words.join(""))
    // In Chinese a word is one character, and nobody puts spaces.
    if (!letters.length || !letters.every((letter) => /\p{Script=Han}/u.test(letter))) return words
    const [simplified, traditional] = [await load("chinese_simplified"), await load("chinese_traditional")]
    const isWord = (letter: string) => simplified.places.has(letter) || traditional.places.has(letter)
    return letters.every(isWord) ? letters : words
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

/** The place, from 1, of the first word that is not in the list that most of them are in. */
function firstUnknown(known: readonly boolean[][]): number {
    const most = known.reduce((best, each) => (count(each) > count(best) ? each : best), [])
    return Math.max(1, most.indexOf(false) + 1)
}

function count(known: readonly boolean[]): number {
    return known.filter(Boolean).length
}
