/** Documents as a reporter's client writes them, and what it needs for it. */

import { identityOf, recipientHash, type Identity } from "../protocol/age.ts"
import { maced, seal, type Document, type Header } from "../protocol/documents.ts"
import type { Bytes } from "../protocol/encoding.ts"
import { Malformed } from "../protocol/errors.ts"
import type { ThreadState } from "../protocol/mailbox.ts"
import type { Opened } from "../protocol/opening.ts"
import { mailboxKeys } from "../protocol/receipt.ts"
import { Failure } from "./api.ts"

/**
 * What the holder of a receipt has: the token (32 bytes), the identity of the mailbox, the key of the thread (32), the
 * secret of a withdrawal (32).
 */
export interface Holder {
    token: Bytes
    identity: Identity
    threadMac: Bytes
    withdrawal: Bytes
}

export async function holderOf(receipt: Bytes): Promise<Holder> {
    const { token, identity, threadMac, withdrawal } = await mailboxKeys(receipt)
    const found = { token, identity: await identityOf(identity), threadMac, withdrawal }
    identity.fill(0)
    return found
}

/** Line 1 of a first version by a reporter, who has no name. */
export function reporterHeader(
    said: Pick<Header, "type" | "subject" | "at" | "body"> & { org: string; recipient: string },
): Header {
    const { type, org, subject, recipient, at, body } = said
    return {
        type,
        org,
        subject,
        version: 1,
        previous: null,
        generation: type === "report" ? 1 : null,
        sealed_to: recipientHash(recipient),
        author: null,
        at,
        body,
    }
}

/** The document, sealed. Rejects with `Failure` where it has grown too long for `what` it is. */
export async function sealWritten(document: Document, what: "report" | "message", recipient: string): Promise<Bytes> {
    try {
        return await seal(document, recipient)
    } catch (error) {
        if (error instanceof Malformed) throw new Failure("too-large", what)
        throw error
    }
}

/** What `write` returns. Throws `Failure` where an answer, or the number of files, is not one that can be sent. */
export function sendable<Body>(write: () => Body): Body {
    try {
        return write()
    } catch (error) {
        if (error instanceof Malformed) throw new Failure("refused", "form")
        throw error
    }
}

/** The reporter's memory, sealed to their own mailbox, as the version after `before`. */
export async function sealThreadState(
    threadState: ThreadState,
    { org, at, keys, before }: { org: string; at: string; keys: Holder; before: Opened | null },
): Promise<Bytes> {
    const { recipient } = keys.identity
    const first = reporterHeader({ type: "thread-state", org, subject: threadState.report, recipient, at, body: threadState })
    const header = before ? { ...first, version: before.document.header.version + 1, previous: before.sha256 } : first
    return seal(maced(header, keys.threadMac), recipient)
}
