/**
 * JSON, read strictly: `JSON.parse` takes the last of two equal names and halves of surrogate pairs, so that two
 * readers of one signed line could believe different things (docs/protocol.md, section 1).
 */

import { Malformed } from "./errors.ts"

/** A number that is not whole, or is too large to be exact. No field of the protocol takes one. */
export class OtherNumber {
    readonly text: string
    constructor(text: string) {
        this.text = text
    }
}

export type Json = null | boolean | string | number | OtherNumber | Json[] | JsonObject
export interface JsonObject {
    [name: string]: Json
}

// Far deeper than any document, and far from where a call stack ends.
const DEEPEST = 200

/** The one JSON object that `text` is, with its names in their order. Raises `Malformed` for anything else. */
export function parseJson(text: string): JsonObject {
    const reader = new Reader(text)
    const value = reader.value(0)
    reader.space()
    if (!reader.isAtEnd() || !isObject(value)) throw new Malformed("not a JSON object")
    return value
}

export function isObject(value: unknown): value is JsonObject {
    return typeof value === "object" && value !== null && !Array.isArray(value) && !(value instanceof OtherNumber)
}

class Reader {
    private readonly text: string
    private place = 0

    constructor(text: string) {
        this.text = text
    }

    isAtEnd(): boolean {
        return this.place === this.text.length
    }

    space(): void {
        this.matched(/[ \t\n\r]*/y)
    }

    value(depth: number): Json {
        if (depth > DEEPEST) throw new Malformed("JSON nested too deeply")
        this.space()
        switch (this.text[this.place]) {
            case "{":
                return this.object(depth)
            case "[":
                return this.array(depth)
            case '"':
                return this.string()
            default:
                return this.literal()
        }
    }

    private object(depth: number): JsonObject {
        // Without a prototype, `__proto__` is a name like any other.
        const found = Object.create(null) as JsonObject
        this.members("}", () => {
            this.space()
            const name = this.string()
            if (name in found) throw new Malformed("a name is repeated")
            this.space()
            this.expect(":")
            found[name] = this.value(depth + 1)
        })
        return found
    }

    private array(depth: number): Json[] {
        const found: Json[] = []
        this.members("]", () => {
            found.push(this.value(depth + 1))
        })
        return found
    }

    private members(end: string, member: () => void): void {
        this.place++
        this.space()
        if (this.skip(end)) return
        do {
            member()
            this.space()
        } while (this.skip(","))
        this.expect(end)
    }

    private string(): string {
        const quoted = this.matched(/"(?:[^"\\\u0000-\u001f]|\\(?:["\\/bfnrt]|u[0-9A-Fa-f]{4}))*"/y)
        if (quoted === null) throw new Malformed("not a JSON string")
        const found = JSON.parse(quoted) as string
        if (hasHalfPair(found)) throw new Malformed("half of a surrogate pair")
        return found
    }

    private literal(): Json {
        switch (this.matched(/true|false|null/y)) {
            case "true":
                return true
            case "false":
                return false
            case "null":
                return null
        }
        const number = this.matched(/-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][-+]?[0-9]+)?/y)
        if (number === null) throw new Malformed("not a value of JSON")
        if (!Number.isFinite(Number(number))) throw new Malformed("a number that overflows")
        return /^-?[0-9]+$/.test(number) && Number.isSafeInteger(Number(number))
            ? Number(number)
            : new OtherNumber(number)
    }

    private expect(token: string): void {
        if (!this.skip(token)) throw new Malformed("not JSON")
    }

    private skip(token: string): boolean {
        if (this.text[this.place] !== token) return false
        this.place++
        return true
    }

    private matched(pattern: RegExp): string | null {
        pattern.lastIndex = this.place
        const found = pattern.exec(this.text)?.[0] ?? null
        this.place += found?.length ?? 0
        return found
    }
}

/** Half of a surrogate pair cannot be written as UTF-8, at which a reader would choke after the text was believed. */
export function hasHalfPair(text: string): boolean {
    return /\p{Surrogate}/u.test(text)
}
