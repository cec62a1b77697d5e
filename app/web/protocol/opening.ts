/**
 * Everything that a client checks when it opens a sealed document, in one place (docs/protocol.md, section 9). Each
 * check that fails raises `NotAuthentic` with a reason of its own. `NotMine` alone means: try the next key.
 */

import { checkEnvelope, decrypt, recipientHash, type Identity } from "./age.ts"
import type { Certified } from "./certificates.ts"
import { isMaced, isSigned, parseDocument, verifyMac, type Document } from "./documents.ts"
import { sha256Hex } from "./encoding.ts"
import { NotAuthentic, Rollback } from "./errors.ts"
import { ciphertextSizes, type Kind } from "./sizes.ts"

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

/** What a document proves itself by: a thread key for a MAC, a check of its author for what people sign. */
export interface Means {
    threadKey?: Uint8Array
    author?: (document: Document) => Certified
    seen?: Seen
}

/** A document that decrypted, and is still to be checked, with the hash of its file and who it was sealed to. */
export interface Decrypted {
    document: Document
    sha256: string
    recipient: string
}

/** An authentic document, the hash of the file that it was in, and its author where a person signed it. */
export interface Opened {
    document: Document
    sha256: string
    author: Certified | null
}

/** Step 1: the envelope, the key, the form. Nothing that the document says has been checked. Raises as above. */
export async function decryptDocument(file: Uint8Array, identity: Identity, kind: Kind): Promise<Decrypted> {
    checkEnvelope(file, ciphertextSizes(kind))
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
    const author = isSigned(header.type) ? checkAuthor(document, means) : null
    if (isMaced(header.type)) {
        if (!means.threadKey) throw new NotAuthentic("mac")
        verifyMac(document, means.threadKey)
    }
    if (means.seen) checkSeen(document, sha256, means.seen)
    return { document, sha256, author }
}

/** All of it. */
export async function openDocument(
    file: Uint8Array,
    identity: Identity,
    kind: Kind,
    asked: Asked,
    means: Means,
): Promise<Opened> {
    return checkDocument(await decryptDocument(file, identity, kind), asked, means)
}

function checkAuthor(document: Document, { author }: Means): Certified {
    if (!author) throw new NotAuthentic("uncertified")
    return author(document)
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
