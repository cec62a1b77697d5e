/**
 * Size classes: what is sealed has one of a few lengths, and the service accepts no other (docs/protocol.md,
 * section 2).
 */

import { encryptedSize } from "./age.ts"
import type { Bytes } from "./encoding.ts"
import { Malformed } from "./errors.ts"
import { CLASSES, type Kind } from "./types.ts"

const KIB = 1024
const MIB = 1024 * KIB

/** No attachment is larger, whatever an installation allows. */
export const ATTACHMENT_CEILING = 1024 * MIB

/** The lengths of plaintexts of this kind, in bytes, smallest first. */
export function classes(kind: Kind): readonly number[] {
    return CLASSES[kind]
}

/** The lengths of sealed files of this kind: the only ones that the service accepts. */
export function ciphertextSizes(kind: Kind): ReadonlySet<number> {
    return new Set(CLASSES[kind].map(encryptedSize))
}

/** A document, whose text ends in LF, with spaces up to its class. Raises `Malformed` where it is too long. */
export function padDocument(kind: Kind, text: Bytes): Bytes {
    const size = CLASSES[kind].find((each) => text.length <= each)
    if (size === undefined) throw new Malformed(`too long for a ${kind}`)
    const padded = new Uint8Array(size).fill(0x20)
    padded.set(text)
    return padded
}

/** The lengths of attachments with their padding, where no file is larger than `limit`: the last class holds it. */
export function attachmentClasses(limit: number): number[] {
    const found: number[] = []
    for (const size of attachmentSizes()) {
        found.push(size)
        if (size >= limit) break
    }
    return found
}

/** The class of a file of `length` bytes. Raises `Malformed` where it is over the limit. */
export function attachmentClass(length: number, limit: number): number {
    const size = length <= limit ? attachmentClasses(limit).find((each) => length <= each) : undefined
    if (size === undefined) throw new Malformed("too long for an attachment")
    return size
}

/** Powers of two from 64 KiB to 4 MiB, then four even steps an octave. */
function* attachmentSizes(): Generator<number> {
    let size = 64 * KIB
    for (; size < 4 * MIB; size *= 2) yield size
    for (; ; size *= 2) for (let step = 0; step < 4; step++) yield size + (size / 4) * step
}
