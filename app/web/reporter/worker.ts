/** The worker's entry: a client of the organisation whose pin the page came with. */

import { checkText, parseObject } from "../protocol/encoding.ts"
import { readPin } from "../protocol/roots.ts"
import { Failure, type ReporterClient } from "./api.ts"
import { Client } from "./client.ts"
import { Host } from "./host.ts"
import type { ToWorker } from "./messages.ts"
import { DISCREET, whole } from "./transport.ts"

const scope = self as unknown as DedicatedWorkerGlobalScope
let client: Promise<ReporterClient> | null = null

const host = new Host(
    () => {
        client ??= open()
        // Where the organisation could not be read, the next call tries again.
        client.catch(() => (client = null))
        return client
    },
    (message) => {
        scope.postMessage(message)
    },
)
scope.addEventListener("message", ({ data }: MessageEvent<ToWorker>) => void host.hear(data))

async function open(): Promise<ReporterClient> {
    let answer: Response
    let content: Uint8Array
    try {
        answer = await fetch("/organisation.json", DISCREET)
        content = await whole(answer)
    } catch {
        throw new Failure("unreachable", "organisation")
    }
    if (answer.status === 404) throw new Failure("not-set-up")
    if (!answer.ok) throw new Failure("unreachable", "organisation")
    return new Client({ server: "", pin: pinIn(content) })
}

function pinIn(content: Uint8Array): string {
    try {
        const pin = checkText(parseObject(content).pin)
        readPin(pin)
        return pin
    } catch {
        throw new Failure("not-authentic", "organisation")
    }
}
