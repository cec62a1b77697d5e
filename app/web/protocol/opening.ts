/**
 * Everything that a client checks when it opens a sealed document, in one place (docs/protocol.md, section 9). Each
 * check that fails raises `NotAuthentic` with a reason of its own. `NotMine` alone means: try the next key.
 */

import { checkEnvelope, decrypt, recipientHash, type Identity } from "./age.ts"
import { kindOf, parseDocument, typeOf, verifyMac, type Document } from "./documents.ts"
import { sha256Hex } from "./encoding.ts"
import { NotAuthentic, Rollback } from "./errors.ts"
import { ciphertextSizes } from "./sizes.ts"

/** The highest version of a subject that this client has seen, its file's hash and key generation. */
interface Mark {
    version: number
    sha256: string
    generation: number | null
}

/** What a client remembers, so that nobody can serve it yesterday again: marks by type and subject. */
export type Seen = Map<string, Mark>

/** What the client asked for: the answer must be this and nothing else. */
export interface Asked {
    type: string
    org: string
    subject: string
}

/** What a document is held to besides: the thread key of its MAC, and what was seen before. */
export interface Means {
    threadKey?: Uint8Array
    seen?: Seen
}

/** A document that decrypted, and is still to be checked, with the hash of its file and who it was sealed to. */
export interface Decrypted {
    document: Document
    sha256: string
    recipient: string
}

/** An authentic document, and the hash of the file that it was in. */
export interface Opened {
    document: Document
    sha256: string
}

/**
 * Step 1: the envelope with a length of the type that is asked for, the key, the form. Nothing that the document says
 * has been checked. Raises as above.
 */
export async function decryptDocument(file: Uint8Array, identity: Identity, type: string): Promise<Decrypted> {
    checkEnvelope(file, ciphertextSizes(kindOf(type)))
    const document = parseDocument(await decrypt(file, identity.secret))
    return { document, sha256: sha256Hex(file), recipient: identity.recipient }
}

/** Steps 2 to 5: it is what was asked for, by somebody who may write it, and not older than what was seen. */
export function checkDocument({ document, sha256, recipient }: Decrypted, asked: Asked, means: Means): Opened {
    const { header } = document
    if (header.sealed_to !== recipientHash(recipient)) throw new NotAuthentic("sealed_to")
    if (header.org !== asked.org) throw new NotAuthentic("org")
    if (header.type !== asked.type) throw new NotAuthentic("type")
    if (header.subject !== asked.subject) throw new NotAuthentic("subject")
    if (typeOf(header.type).provedBy === "mac") {
        if (!means.threadKey) throw new NotAuthentic("mac")
        verifyMac(document, means.threadKey)
    }
    if (means.seen) checkSeen(document, sha256, means.seen)
    return { document, sha256 }
}

/** All of it. */
export async function openDocument(
    file: Uint8Array,
    identity: Identity,
    asked: Asked,
    means: Means,
): Promise<Opened> {
    return checkDocument(await decryptDocument(file, identity, asked.type), asked, means)
}

/** Not older than the newest that this client has seen, which it is from now on. Raises `Rollback`. */
function checkSeen({ header }: Document, sha256: string, seen: Seen): void {
    const key = `${header.type} ${header.subject}`
    const highest = seen.get(key)
    if (highest) {
        if (header.version < highest.version) throw new Rollback("version")
        if (header.version === highest.version && sha256 !== highest.sha256) throw new Rollback("version")
        if (header.version === highest.version + 1 && header.previous !== highest.sha256) throw new Rollback("previous")
        if ((header.generation ?? 0) < (highest.generation ?? 0)) throw new Rollback("generation")
    }
    seen.set(key, { version: header.version, sha256, generation: header.generation })
}
