/**
 * Documents of two lines: what is said, and who says it (docs/protocol.md, section 3).
 *
 * Line 1 is one JSON object, line 2 its signatures, a MAC, or nothing. What is signed is the first line as it stands:
 * no reader writes it again. A sealed document is these lines, spaces up to its size class, in an age file to one
 * recipient.
 */

import { ed25519 } from "@noble/curves/ed25519.js"
import { bytesToNumberLE } from "@noble/curves/utils.js"
import { sha512 } from "@noble/hashes/sha2.js"

import { encrypt, recipientHash } from "./age.ts"
import {
    areEqual,
    b64,
    canonical,
    checkAt,
    checkFields,
    checkHashOrNull,
    checkId,
    checkList,
    checkText,
    concat,
    hmacSha256,
    parseObject,
    unb64,
    unUtf8,
    utf8,
    type Bytes,
} from "./encoding.ts"
import { Malformed, NotAuthentic } from "./errors.ts"
import { isObject, type Json, type JsonObject } from "./json.ts"
import { padDocument } from "./sizes.ts"
import { TYPES, type Kind, type Type } from "./types.ts"

const KEYS = ["v", "type", "org", "subject", "version", "previous", "generation", "sealed_to", "author", "at", "body"]

/**
 * Line 1. `org` is the pin of the organisation, null in its first root. `previous` is the SHA-256 of the previous
 * version's file (of its text where it is public, of line 1 for a root), `sealed_to` that of the recipient's text, null
 * where public. `at` is an hour (`2026-06-15T09:00Z`) for staff, a day for reporters and public documents.
 */
export interface Header {
    type: string
    org: string | null
    subject: string
    version: number
    previous: string | null
    generation: number | null
    sealed_to: string | null
    author: string | null
    at: string
    body: object
}

/** The signature `sig` (64 bytes) of person `by` with the Ed25519 key `key` (32 bytes). */
export interface Signature {
    by: string
    key: Bytes
    sig: Bytes
}

/** Line 2: of what staff seal and of public documents; of what the two sides of a thread write; of all else. */
type Proof = { by: "signatures"; each: Signature[] } | { by: "mac"; mac: Bytes } | { by: "nothing" }

/** Line 1 as it stands, what it says, and line 2. */
export interface Document {
    line: string
    header: Header
    proof: Proof
}

/** Both lines, each with its LF: the whole of a public document. */
export function textOf(document: Document): string {
    return `${document.line}\n${proofLine(document.proof)}\n`
}

/** The document under the MAC of a thread; `threadKey` is 32 bytes. */
export function maced(header: Header, threadKey: Uint8Array): Document {
    const line = headerLine(header)
    return { line, header, proof: { by: "mac", mac: Uint8Array.from(threadMac(header.type, line, threadKey)) } }
}

/** A first report, which nothing proves. */
export function bare(header: Header): Document {
    return { line: headerLine(header), header, proof: { by: "nothing" } }
}

/** The document, padded to its class and sealed to the one recipient that its line 1 names. */
export async function seal(document: Document, recipient: string): Promise<Bytes> {
    if (document.header.sealed_to !== recipientHash(recipient))
        throw new Malformed("the document names another recipient")
    return encrypt(padDocument(kindOf(document.header.type), utf8(textOf(document))), recipient)
}

/** The document in these bytes: two lines, then nothing but spaces. Raises `Malformed`. */
export function parseDocument(plaintext: Uint8Array | string): Document {
    const text = typeof plaintext === "string" ? plaintext : unUtf8(plaintext)
    const found = /^([^\n]*)\n([^\n]*)\n( *)$/.exec(text)
    if (!found) throw new Malformed("a document has two lines")
    const [, line = "", secondLine = "", padding = ""] = found
    const header = parseHeader(line)
    const proof = parseProof(secondLine, header.type)
    const { kind, provedBy } = typeOf(header.type)
    if (kind === null && padding) throw new Malformed("a public document is not padded")
    if (proof.by !== provedBy) throw new Malformed("a document of this type is proved otherwise")
    return { line, header, proof }
}

/**
 * The signatures, each of which holds under its own key. Whose keys they are is for `Trust` to say.
 * Raises `NotAuthentic` where there is none, or one does not hold.
 */
export function verifySignatures(document: Document): Signature[] {
    const { proof } = document
    if (proof.by !== "signatures" || proof.each.length === 0) throw new NotAuthentic("unsigned")
    for (const signature of proof.each) verifySignature(signature, document.header.type, document.line)
    return proof.each
}

/** The same, where they were verified before. */
export function signaturesOf({ proof }: Document): Signature[] {
    return proof.by === "signatures" ? proof.each : []
}

/** Raises `NotAuthentic` where the signature over the line does not hold under its own key. */
export function verifySignature(signature: Signature, type: string, line: string): void {
    let holds = false
    try {
        holds = isOver(bytesSigned(type, line), signature)
    } catch {
        // A key that is no point on the curve.
    }
    if (!holds) throw new NotAuthentic("signature")
}

/**
 * As RFC 8032 has it, 5.1.7, without the cofactor: what OpenSSL refuses, which verifies for staff, is not to be taken here. The
 * library multiplies by the cofactor, so that a part of small order in R or in the key goes unnoticed; then R is compared.
 */
function isOver(message: Bytes, { sig, key }: Signature): boolean {
    if (!ed25519.verify(sig, message, key, { zip215: false })) return false
    const { BASE, Fn } = ed25519.Point
    const r = sig.subarray(0, 32)
    const challenge = Fn.create(bytesToNumberLE(sha512(concat(r, key, message))))
    const ofKey = ed25519.Point.fromBytes(key, false).multiplyUnsafe(challenge)
    return areEqual(BASE.multiplyUnsafe(bytesToNumberLE(sig.subarray(32))).subtract(ofKey).toBytes(), r)
}

/** Raises `NotAuthentic` unless somebody wrote the document who has the thread key. */
export function verifyMac(document: Document, threadKey: Uint8Array): void {
    const { proof } = document
    const expected = threadMac(document.header.type, document.line, threadKey)
    if (proof.by !== "mac" || !areEqual(proof.mac, expected)) throw new NotAuthentic("mac")
}

/** What signatures and MACs cover. */
export function bytesSigned(type: string, line: string): Bytes {
    return concat(utf8(`tern/v1/${type}\n`), utf8(line))
}

/** What the table says of a type. Raises `Malformed` for one that a reporter's client neither reads nor writes. */
export function typeOf(type: string): Type {
    const found = TYPES.get(type)
    if (!found) throw new Malformed("a document of an unknown type")
    return found
}

/** Which lengths a sealed document of this type has. Raises `Malformed` for a public one. */
export function kindOf(type: string): Kind {
    const { kind } = typeOf(type)
    if (kind === null) throw new Malformed("a public document is not sealed")
    return kind
}

function threadMac(type: string, line: string, threadKey: Uint8Array): Uint8Array {
    return hmacSha256(threadKey, bytesSigned(type, line))
}

function headerLine(header: Header): string {
    const { type, org, subject, version, previous, generation, sealed_to, author, at, body } = header
    return canonical({ v: 1, type, org, subject, version, previous, generation, sealed_to, author, at, body })
}

function parseHeader(line: string): Header {
    const found = parseObject(line)
    if (Object.keys(found).join() !== KEYS.join() || found.v !== 1) throw new Malformed("line 1 has other keys")
    const type = checkText(found.type)
    const { subject, provedBy, isChained, kind } = typeOf(type)
    const isPublic = kind === null
    const header: Header = {
        type,
        org: checkHashOrNull(found.org),
        subject: subject === null ? checkText(found.subject) : checkId(found.subject, subject),
        version: checkCount(found.version),
        previous: checkHashOrNull(found.previous),
        generation: found.generation === null ? null : checkCount(found.generation),
        sealed_to: checkHashOrNull(found.sealed_to),
        author: found.author === null ? null : checkSigner(found.author, type),
        at: checkText(found.at),
        body: checkObject(found.body),
    }
    checkAt(header.at)
    require(subject !== null || header.subject === type)
    require((header.org === null) === (type === "root" && header.version === 1))
    require(header.version === 1 || isChained)
    require(header.generation === null || !isPublic)
    require((header.previous === null) === (header.version === 1))
    require((header.sealed_to === null) === isPublic)
    // A message to a reporter names no person of staff: the phone on which it is read may be seized.
    require((header.author === null) === (provedBy !== "signatures"))
    return header
}

function parseProof(line: string, type: string): Proof {
    const found = parseObject(line)
    const proof = readProof(found, type)
    if (proofLine(proof) !== line) throw new Malformed("line 2 is written otherwise")
    return proof
}

function readProof(found: JsonObject, type: string): Proof {
    switch (Object.keys(found).join()) {
        case "sigs":
            return { by: "signatures", each: checkList(found.sigs).map((entry) => parseSignature(entry, type)) }
        case "mac":
            return { by: "mac", mac: unb64(checkText(found.mac), 32) }
        case "":
            return { by: "nothing" }
        default:
            throw new Malformed("line 2 is none")
    }
}

function parseSignature(entry: unknown, type: string): Signature {
    const { by, key, sig } = checkFields(entry, ["by", "key", "sig"])
    return { by: checkSigner(by, type), key: unb64(checkText(key), 32), sig: unb64(checkText(sig), 64) }
}

/** The id of whoever may sign: a person, or a paper of a root. */
function checkSigner(value: unknown, type: string): string {
    const isPapers = type === "root" && checkText(value).startsWith("paper_")
    return checkId(value, isPapers ? "paper" : "per")
}

function proofLine(proof: Proof): string {
    switch (proof.by) {
        case "signatures":
            return canonical({ sigs: proof.each.map(({ by, key, sig }) => ({ by, key: b64(key), sig: b64(sig) })) })
        case "mac":
            return canonical({ mac: b64(proof.mac) })
        case "nothing":
            return "{}"
    }
}

function checkCount(value: Json | undefined): number {
    require(typeof value === "number" && Number.isInteger(value) && value >= 1)
    return value as number
}

function checkObject(value: Json | undefined): JsonObject {
    if (!isObject(value)) throw new Malformed("a body is an object")
    return value
}

function require(holds: boolean): void {
    if (!holds) throw new Malformed("a field of line 1 has a value that it cannot have")
}
