/**
 * The reporter's grant: the key of a report, sealed to the epoch, in a file that stock age can use (docs/protocol.md,
 * section 5).
 */

import { encrypt, recipientHash, type Identity } from "./age.ts"
import { canonical, utf8, type Bytes } from "./encoding.ts"

const GRANT_SIZE = 4096

/** What a grant to an epoch says; `language` and `danger_now` are what triagers sort by. */
export interface IntakeGrant {
    org: string
    report: string
    epoch: string
    at: string
    language: string
    danger_now: string
}

/** Seal the key `secret` of a report to the epoch's `recipient`, which comes from an authentic intake document. */
export async function sealIntakeGrant(secret: Identity, recipient: string, said: IntakeGrant): Promise<Bytes> {
    return encrypt(utf8(intakeGrantText(secret, recipient, said)), recipient)
}

/** The identity file: two comments that say what the key is for, the key, and a comment of spaces up to its size. */
export function intakeGrantText(secret: Identity, recipient: string, said: IntakeGrant): string {
    const header = canonical({
        v: 1,
        org: said.org,
        subject: said.report,
        generation: 1,
        recipient: recipientHash(secret.recipient),
        grantee: said.epoch,
        sealed_to: recipientHash(recipient),
        kind: "intake",
        grantor: null,
        at: said.at,
        language: said.language,
        danger_now: said.danger_now,
    })
    const text = `# tern-grant ${header}\n# sigs []\n${secret.secret}\n# `
    return `${text.padEnd(GRANT_SIZE - 1)}\n`
}
