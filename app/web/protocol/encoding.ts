/** How values are written in documents: one way each, so that equal values have equal bytes. */

import { hmac } from "@noble/hashes/hmac.js"
import { sha256 } from "@noble/hashes/sha2.js"
import { bytesToHex, randomBytes } from "@noble/hashes/utils.js"
import { base64urlnopad } from "@scure/base"

import { Malformed } from "./errors.ts"
import { hasHalfPair, isObject, parseJson, type Json, type JsonObject } from "./json.ts"

export type Bytes = Uint8Array<ArrayBuffer>

const ID = /^[a-z]{3,7}_[0-9a-f]{32}$/
const HASH = /^[0-9a-f]{64}$/
const DAY = /^(?:19|[2-8][0-9])[0-9]{2}-[0-9]{2}-[0-9]{2}$/
const HOUR = /^([0-9-]{10})T(?:[01][0-9]|2[0-3]):00Z$/
const DAY_MS = 86_400_000

/** Base64url without padding, as keys, signatures and MACs are written. */
export function b64(value: Uint8Array): string {
    return base64urlnopad.encode(value)
}

/** The bytes of the one spelling that `b64` writes; of `size` bytes where it is given. Raises `Malformed`. */
export function unb64(text: string, size?: number): Bytes {
    let value: Bytes
    try {
        value = Uint8Array.from(base64urlnopad.decode(text))
    } catch {
        throw new Malformed("not base64url")
    }
    if (b64(value) !== text || (size !== undefined && value.length !== size))
        throw new Malformed("not base64url of the right length")
    return value
}

export function utf8(text: string): Bytes {
    return new TextEncoder().encode(text)
}

/** The characters of a text as bounds count them: code points, so that half of none is cut. */
export function characters(text: string): string[] {
    return Array.from(text)
}

/** The text of these bytes, a byte order mark included. Raises `Malformed` where they are not UTF-8. */
export function unUtf8(value: Uint8Array): string {
    try {
        return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(value)
    } catch {
        throw new Malformed("not UTF-8")
    }
}

export function concat(...parts: Uint8Array[]): Bytes {
    const whole = new Uint8Array(parts.reduce((size, part) => size + part.length, 0))
    let place = 0
    for (const part of parts) {
        whole.set(part, place)
        place += part.length
    }
    return whole
}

/** Whether two byte strings are the same, in a time that does not tell where they differ. */
export function areEqual(one: Uint8Array, other: Uint8Array): boolean {
    let differences = one.length ^ other.length
    for (const [place, byte] of one.entries()) differences |= byte ^ (other[place] ?? 0)
    return differences === 0
}

/** SHA-256 in lower-case hexadecimal, of bytes or of the UTF-8 of a text. */
export function sha256Hex(value: Uint8Array | string): string {
    return bytesToHex(sha256(typeof value === "string" ? utf8(value) : value))
}

export function hmacSha256(key: Uint8Array, value: Uint8Array): Uint8Array {
    return hmac(sha256, key, value)
}

/** `value`, if it is a hash as `sha256Hex` writes it. Raises `Malformed`. */
export function checkHash(value: unknown): string {
    if (typeof value !== "string" || !HASH.test(value)) throw new Malformed("not a SHA-256 in hexadecimal")
    return value
}

export function checkHashOrNull(value: unknown): string | null {
    return value === null ? null : checkHash(value)
}

/** A random id: the prefix, `_`, 32 hexadecimal digits. It tells no time and no order. */
export function newId(prefix: string): string {
    return `${prefix}_${bytesToHex(randomBytes(16))}`
}

/** `value`, if it is an id, and one with this prefix where one is given. Raises `Malformed`. */
export function checkId(value: unknown, prefix?: string): string {
    if (typeof value !== "string" || !ID.test(value)) throw new Malformed("not an id")
    if (prefix !== undefined && !value.startsWith(`${prefix}_`)) throw new Malformed(`not an id of the kind ${prefix}`)
    return value
}

/** `value`, if it is a whole number between the two, both included; `true` is none. Raises `Malformed`. */
export function checkNumber(value: unknown, lowest: number, highest: number): number {
    if (typeof value !== "number" || !Number.isInteger(value) || value < lowest || value > highest)
        throw new Malformed("not a number that may stand here")
    return value
}

export function checkText(value: unknown): string {
    if (typeof value !== "string") throw new Malformed("not a text")
    return value
}

export function checkList(value: unknown): unknown[] {
    if (!Array.isArray(value)) throw new Malformed("not a list")
    return value
}

/** The values under `names`, if `value` is an object that has these names and no others. Raises `Malformed`. */
export function checkFields<Name extends string>(value: unknown, names: readonly Name[]): Record<Name, Json> {
    const known: readonly string[] = names
    if (
        !isObject(value) ||
        Object.keys(value).length !== names.length ||
        !Object.keys(value).every((name) => known.includes(name))
    )
        throw new Malformed("an object of another form")
    return value as Record<Name, Json>
}

/**
 * `value`, if it is a day that exists, written `2026-06-15`, of the years 1900 to 8999: terms are counted from days, and
 * calendars end. Days compare as texts do. Raises `Malformed`.
 */
export function checkDay(value: unknown): string {
    if (typeof value === "string" && DAY.test(value)) {
        const time = Date.parse(`${value}T00:00Z`)
        // Some engines read the 30th of February as the 2nd of March.
        if (!Number.isNaN(time) && dayOf(time) === value) return value
    }
    throw new Malformed("not a day")
}

/** The day of a document that is dated by the day, or by the hour as `2026-06-15T09:00Z`. Raises `Malformed`. */
export function checkAt(value: unknown): string {
    return checkDay(typeof value === "string" ? (HOUR.exec(value)?.[1] ?? value) : value)
}

/** The UTC day of a moment in milliseconds. */
export function dayOf(milliseconds: number): string {
    return new Date(milliseconds).toISOString().slice(0, 10)
}

export function daysBetween(from: string, until: string): number {
    return (Date.parse(`${until}T00:00Z`) - Date.parse(`${from}T00:00Z`)) / DAY_MS
}

/**
 * A JSON object in one line without spaces. Written once; signed as it stands, never written again.
 * Raises `Malformed` for half of a surrogate pair, which every reader would refuse.
 */
export function canonical(value: object): string {
    return JSON.stringify(value, (_, each: unknown) => {
        if (typeof each === "string" && hasHalfPair(each)) throw new Malformed("half of a surrogate pair")
        return each
    })
}

/** The JSON object in `line`. Raises `Malformed` for anything else (json.ts says what). */
export function parseObject(line: Uint8Array | string): JsonObject {
    return parseJson(typeof line === "string" ? line : unUtf8(line))
}
