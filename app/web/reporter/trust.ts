/** From the pin to the key of the epoch: root, key log, intake document. Nothing else vouches for a recipient. */

import { checkText, parseObject, unUtf8 } from "../protocol/encoding.ts"
import { Malformed } from "../protocol/errors.ts"
import type { Epoch } from "../protocol/intake.ts"
import { checkFollows, checkHead, parseHead, shownOn, verifyLog, type Head } from "../protocol/key_log.ts"
import type { Service } from "./transport.ts"

/** Of a key log: some are written a week, and one without end would fill a memory. */
const LINES_LIMIT = 100_000

/** Where reports go now: the epoch in an authentic document, and the head of the log in which it stands. */
export interface OpenIntake {
    epoch: Epoch
    head: Head
}

/**
 * The epoch that takes reports. Rejects with `NotAuthentic` unless supervisors of the pinned root signed it and it is the
 * one that counts today in the public log, which continues the one whose head was `seen`; `epoch-days` where it is not
 * its time.
 */
export async function fetchIntake(
    service: Service,
    pin: string,
    today: string,
    seen: Head | null,
): Promise<OpenIntake> {
    const shown = parseObject(await service.askAgain("/intake"))
    const [head, signature] = parseHead(shown.head)
    // The log may have grown since the head was signed.
    const log = verifyLog((await fetchLines(service)).slice(0, head.n), pin)
    checkHead(log, head, signature)
    checkFollows(log, seen)
    return { epoch: shownOn(log, today, checkText(shown.intake)), head }
}

/** The log comes in pages, each of whole lines; an empty one is its end. */
async function fetchLines(service: Service): Promise<string[]> {
    const lines: string[] = []
    for (;;) {
        const page = unUtf8(await service.askAgain(`/key-log?from=${lines.length + 1}`))
        if (page === "") return lines
        if (!page.endsWith("\n")) throw new Malformed("a key log ends with its last line")
        lines.push(...page.slice(0, -1).split("\n"))
        if (lines.length > LINES_LIMIT) throw new Malformed("a key log without end")
    }
}
