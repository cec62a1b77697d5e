/**
 * Losses: that a service was put back to a backup, as the holders of the root accept it (docs/protocol.md, section 6).
 * Nothing on a reporter's device is behind it, so its entry is checked, and changes nothing.
 */

import type { Trust } from "./certificates.ts"
import { verifySignatures, type Document } from "./documents.ts"
import { checkAt, checkDay, checkFields, checkHash, checkNumber } from "./encoding.ts"
import { Malformed, NotAuthentic } from "./errors.ts"
import { holder, isAscending } from "./roots.ts"

/** A line of the log, by its number and hash. */
interface Line {
    n: number
    hash: string
}

/** The line of the log behind which it stands. Raises `Malformed`. */
export function readLoss({ header }: Document): Line {
    const { day, key_log, audit } = checkFields(header.body, ["day", "key_log", "audit"])
    const { n, hash } = checkFields(key_log, ["n", "hash"])
    const event = checkFields(audit, ["seq", "hash"])
    checkNumber(event.seq, 1, Number.MAX_SAFE_INTEGER)
    checkHash(event.hash)
    if (checkDay(day) > checkAt(header.at)) throw new Malformed("a loss of another form")
    return { n: checkNumber(n, 1, Number.MAX_SAFE_INTEGER), hash: checkHash(hash) }
}

/**
 * Raises `NotAuthentic` unless it stands behind the line `last` and has as many signatures of supervisors as the root
 * demands that is the newest there.
 */
export function checkLoss(document: Document, last: Line, trust: Trust): void {
    const { n, hash } = readLoss(document)
    if (document.header.org !== trust.org || n !== last.n || hash !== last.hash) throw new NotAuthentic("loss")
    const signatures = verifySignatures(document)
    const { k, supervisors, holders } = trust.root
    const areSupervisors = signatures.every((each) => supervisors.has(each.by) && holders.has(holder(each)))
    if (!isAscending(signatures.map(holder)) || !areSupervisors) throw new NotAuthentic("loss-signature")
    if (!signatures.some((each) => each.by === document.header.author)) throw new NotAuthentic("author")
    if (signatures.length < k) throw new NotAuthentic("loss-k")
}
