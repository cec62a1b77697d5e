/**
 * Everything that a client checks when it opens a sealed document, in one place (docs/protocol.md, section 9). Each
 * check that fails raises `NotAuthentic` with a reason of its own. `NotMine` alone means: try the next key.
 */

import { checkEnvelope, decrypt, recipientHash, type Identity } from "./age.ts"
import type { Certified, Trust } from "./certificates.ts"
import { isMaced, parseDocument, verifyMac, type Document } from "./documents.ts"
import { checkAt, dayOf, sha256Hex } from "./encoding.ts"
import { NotAuthentic, Rollback } from "./errors.ts"
import { ciphertextSizes, type Kind } from "./sizes.ts"

// By how much the writer's clock may be ahead of the reader's.
const CLOCK_SKEW_MS = 86_400_000

// Which roles may write which sealed type. What is not listed proves itself by a MAC, or is a first report or a state.
const WRITERS = new Map([
    ["case", ["triager", "caseworker", "supervisor"]],
    ["members", ["triager", "caseworker", "supervisor", "custodian"]],
    ["consent", ["triager", "caseworker", "supervisor"]],
    ["approval", ["triager", "caseworker", "supervisor"]],
])
// Of these the role does not decide alone: the people who may have written them are asked for by name.
const NAMED_WRITERS = new Set(["case", "consent", "approval"])

/** The highest version of a subject that this client has seen, its file's hash and key generation. */
export interface Mark {
    version: number
    sha256: string
    generation: number | null
}

/** What a client remembers, so that nobody can serve it yesterday again: marks by type and subject. */
export type Seen = Map<string, Mark>

/** What the client asked for: the answer must be this and nothing else. `writers` are ids of people. */
export interface Asked {
    type: string
    org: string
    subject: string
    writers?: ReadonlySet<string>
}

/** What a document proves itself by: a thread key for a MAC; for what people sign, trust and today. */
export interface Means {
    threadKey?: Uint8Array
    trust?: Trust
    today?: string
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
    const roles = WRITERS.get(header.type)
    const author = roles ? checkAuthor(document, roles, asked, means) : null
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

function checkAuthor(document: Document, roles: readonly string[], asked: Asked, means: Means): Certified {
    if (!means.trust || !means.today) throw new NotAuthentic("uncertified")
    const written = checkAt(document.header.at)
    if (written > dayOf(Date.parse(`${means.today}T00:00Z`) + CLOCK_SKEW_MS)) throw new NotAuthentic("at")
    const author = means.trust.authorOf(document, written)
    if (!author.roles.some((role) => roles.includes(role))) throw new NotAuthentic("role")
    if (!asked.writers && !NAMED_WRITERS.has(asked.type)) return author
    if (!asked.writers?.has(author.person)) throw new NotAuthentic("not-a-writer")
    return author
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
