/**
 * The key log: every root, intake document and loss ever served, each line chained to the one before (docs/protocol.md,
 * section 6). Anyone can fetch all of it and check.
 */

import { Trust } from "./certificates.ts"
import { parseDocument, textOf, verifySignature, type Document, type Signature } from "./documents.ts"
import {
    areEqual,
    canonical,
    checkFields,
    checkHash,
    checkNumber,
    checkText,
    parseObject,
    sha256Hex,
    unb64,
    type Bytes,
} from "./encoding.ts"
import { Malformed, NotAuthentic, Rollback } from "./errors.ts"
import { accepts, checkAccepts, readIntake, type Epoch } from "./intake.ts"
import { checkLoss } from "./losses.ts"
import { checkContains, readPin } from "./roots.ts"

/** The last line's number and hash: what the service signs, and what a client remembers. */
export interface Head {
    n: number
    hash: string
}

/** A log that was checked from its first line. */
export interface Log {
    trust: Trust
    /** The newest that counts. */
    serviceKey: Bytes | null
    /** Every intake document that counts, in order of version. */
    intakes: Document[]
    hashes: string[]
}

/**
 * Check the whole log against the pin; each line is without its LF. Raises `NotAuthentic` or `Malformed`. A line is held
 * to the root that stands before it; what counts of it today, the newest root says.
 */
export function verifyLog(lines: readonly string[], pin: string): Log {
    const [root, ...others] = chained(lines)
    const hashes = lines.map(sha256Hex)
    if (root?.header.type !== "root") throw new NotAuthentic("key-log")
    let trust = Trust.pinned(root, pin)
    let newest: Document | null = null
    const documents: Document[] = []
    for (const [place, document] of others.entries()) {
        const { type } = document.header
        const last = { n: place + 1, hash: hashes[place] ?? "" }
        if (type === "root") {
            trust = trust.followedBy(document)
            continue
        }
        if (type === "loss") {
            checkLoss(document, last, trust)
            continue
        }
        if (type !== "service-key" && type !== "intake") throw new NotAuthentic("key-log")
        trust.checkEntry(document, type)
        if (type === "service-key") {
            readServiceKey(document)
        } else {
            checkSuccessor(newest, document)
            newest = document
        }
        documents.push(document)
    }
    checkContains(trust.roots, readPin(pin).root)
    const counting = documents.filter((document) => trust.counts(document))
    const stated = counting.filter(({ header }) => header.type === "service-key").at(-1)
    return {
        trust,
        serviceKey: stated ? readServiceKey(stated) : null,
        intakes: counting.filter(({ header }) => header.type === "intake"),
        hashes,
    }
}

/** Where reports go on this day: of the intake documents that count and have it among their days the newest. */
export function intakeOn(log: Log, day: string): Document | null {
    return log.intakes.filter((document) => accepts(readIntake(document), day)).at(-1) ?? null
}

/**
 * The epoch of the intake document that the service shows as the one of this day. Raises `NotAuthentic`; `epoch-days`
 * where it is signed and of other days: somebody shows an old one, or a clock is wrong.
 */
export function shownOn(log: Log, day: string, text: string): Epoch {
    const document = log.intakes.find((each) => textOf(each) === text)
    if (!document) throw new NotAuthentic("intake")
    const epoch = readIntake(document)
    checkAccepts(epoch, day)
    if (document !== intakeOn(log, day)) throw new NotAuthentic("intake")
    return epoch
}

/** Raises `Rollback` unless this log continues the one whose head was seen before. */
export function checkFollows(log: Log, seen: Head | null): void {
    if (seen !== null && log.hashes[seen.n - 1] !== seen.hash) throw new Rollback("key-log")
}

/** Raises `NotAuthentic` unless the service signed the head of this very log with the key that the log certifies. */
export function checkHead(log: Log, head: Head, signature: Signature): void {
    const isOurs = head.n === log.hashes.length && head.hash === log.hashes.at(-1)
    if (!isOurs || log.serviceKey === null || !areEqual(signature.key, log.serviceKey))
        throw new NotAuthentic("key-log-head")
    verifySignature(signature, "key-log-head", headLine(head))
}

export function headLine({ n, hash }: Head): string {
    return canonical({ n, hash })
}

/** The head as the service tells it: `{"n","hash","key","sig"}`. Raises `Malformed`. */
export function parseHead(value: unknown): [Head, Signature] {
    const { n, hash, key, sig } = checkFields(value, ["n", "hash", "key", "sig"])
    const head = { n: checkNumber(n, 1, Number.MAX_SAFE_INTEGER), hash: checkHash(hash) }
    return [head, { by: "service", key: unb64(checkText(key), 32), sig: unb64(checkText(sig), 64) }]
}

function chained(lines: readonly string[]): Document[] {
    let previous: string | null = null
    return lines.map((line, place) => {
        const found = checkFields(parseObject(line), ["n", "previous", "document"])
        if (found.n !== place + 1 || found.previous !== previous) throw new NotAuthentic("key-log")
        const document = parseDocument(checkText(found.document))
        if (canonical({ n: place + 1, previous, document: textOf(document) }) !== line)
            throw new Malformed("a line of the key log that is written otherwise")
        previous = sha256Hex(line)
        return document
    })
}

/** Raises `NotAuthentic` unless the intake document is the next one after `previous`. */
function checkSuccessor(previous: Document | null, document: Document): void {
    readIntake(document)
    const version = (previous?.header.version ?? 0) + 1
    const hash = previous ? sha256Hex(textOf(previous)) : null
    if (document.header.version !== version || document.header.previous !== hash) throw new NotAuthentic("intake-chain")
}

function readServiceKey(document: Document): Bytes {
    const { key } = checkFields(document.header.body, ["key"])
    return unb64(checkText(key), 32)
}
