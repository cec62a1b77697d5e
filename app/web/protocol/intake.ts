/**
 * The intake document: which epoch takes reports now, under which key, and what it promises (docs/protocol.md,
 * section 7).
 */

import { checkRecipient } from "./age.ts"
import type { Document } from "./documents.ts"
import { checkDay, checkFields, checkId, checkList, checkNumber, checkText, daysBetween } from "./encoding.ts"
import { Malformed, NotAuthentic } from "./errors.ts"

const LONGEST_ACCEPTANCE_DAYS = 6
const LONGEST_KEEPING_DAYS = 7
const LONGEST_AHEAD_DAYS = 60

/**
 * An epoch as supervisors sign it. Both days of accepting are included; on `destroyedOn` the keys of its decided reports
 * go, and with the last undecided one its own.
 * `attachmentBytes` is the largest true size of an attachment; `notice` is shown to the reporter.
 */
export interface Epoch {
    id: string
    recipient: string
    acceptsFrom: string
    acceptsUntil: string
    destroyedOn: string
    languages: string[]
    attachmentBytes: number
    notice: string
}

/** What the document says. Whose word it is, `Trust.checkPublic` tells. Raises `Malformed`. */
export function readIntake(document: Document): Epoch {
    const body = checkFields(document.header.body, [
        "epoch",
        "accepts_from",
        "accepts_until",
        "destroyed_on",
        "languages",
        "limits",
        "notice",
    ])
    const { id, recipient } = checkFields(body.epoch, ["id", "recipient"])
    const { attachment_bytes } = checkFields(body.limits, ["attachment_bytes"])
    const epoch: Epoch = {
        id: checkId(id, "epoch"),
        recipient: checkRecipient(recipient),
        acceptsFrom: checkDay(body.accepts_from),
        acceptsUntil: checkDay(body.accepts_until),
        destroyedOn: checkDay(body.destroyed_on),
        languages: checkList(body.languages).map(checkText),
        attachmentBytes: checkNumber(attachment_bytes, 1, Number.MAX_SAFE_INTEGER),
        notice: checkText(body.notice),
    }
    const accepts = daysBetween(epoch.acceptsFrom, epoch.acceptsUntil)
    const keeps = daysBetween(epoch.acceptsUntil, epoch.destroyedOn)
    if (accepts < 0 || accepts > LONGEST_ACCEPTANCE_DAYS || keeps < 0 || keeps > LONGEST_KEEPING_DAYS)
        throw new Malformed("an epoch of other days")
    if (daysBetween(document.header.at.slice(0, 10), epoch.acceptsUntil) > LONGEST_AHEAD_DAYS)
        throw new Malformed("an epoch that was signed too far ahead")
    return epoch
}

/** Whether the day is one of the epoch's. */
export function accepts(epoch: Epoch, day: string): boolean {
    return epoch.acceptsFrom <= day && day <= epoch.acceptsUntil
}

/** Raises `NotAuthentic` where the device's day is outside the epoch: an old document, or a wrong clock. */
export function checkAccepts(epoch: Epoch, today: string): void {
    if (!accepts(epoch, today)) throw new NotAuthentic("epoch-days")
}
