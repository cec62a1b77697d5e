/** HTTP to the service. What it answers is material to check: nothing here makes it true. */

import { concat, unUtf8, type Bytes } from "../protocol/encoding.ts"
import { Failure, type Kind } from "./api.ts"

/** Over Tor, on a telephone, a report of a mebibyte takes minutes. */
export const TIMEOUT_MS = 600_000
const BYTES_TYPE = "application/octet-stream"

/** Nothing that a browser would add by itself goes along, and nothing stays behind. */
export const DISCREET = {
    credentials: "omit",
    referrerPolicy: "no-referrer",
    cache: "no-store",
    redirect: "error",
} as const satisfies RequestInit

/** Problems (docs/problems.md) of which a page tells in a sentence of its own; others go by status, or as *refused*. */
const KINDS: Partial<Record<string, Kind>> = {
    "epoch-closed": "closed",
    "not-open": "closed",
    "no-root-yet": "not-set-up",
    "too-large": "too-large",
    "enough-for-today": "enough-for-today",
    "no-room-for-files": "no-room",
    "too-many-attachments": "too-many-files",
}

/** Bytes of an answer that is read; a browser unpacks what is packed, and these are bytes after that. */
export const ANSWER_LIMIT = 8 * 1024 * 1024

export interface Request {
    method?: "GET" | "PUT" | "POST"
    body?: Bytes
    headers?: Record<string, string>
    cancel?: AbortSignal | undefined
    /** Called where this went out and no answer of the service came: nobody knows whether it took it. */
    unanswered?: () => void
}

/** The service whose routes stand at `${server}/v1`; the empty string is the page's own. */
export class Service {
    readonly server: string
    private readonly pausesMs: readonly number[]

    /** `pausesMs` are the pauses before each further try of what may be tried again. */
    constructor(server: string, pausesMs: readonly number[] = [1_000, 4_000]) {
        this.server = server
        this.pausesMs = pausesMs
    }

    /** The bytes of the answer. Rejects with `Failure`, whose reason is the type of the problem. */
    async ask(path: string, request: Request = {}): Promise<Bytes> {
        const { method = "GET", body, headers = {}, cancel, unanswered = () => undefined } = request
        const hangUp = new AbortController()
        const timer = setTimeout(() => {
            hangUp.abort()
        }, TIMEOUT_MS)
        const stop = () => {
            hangUp.abort()
        }
        cancel?.addEventListener("abort", stop)
        try {
            if (cancel?.aborted) throw new Failure("cancelled")
            const sent = body ? { body, headers: { "Content-Type": BYTES_TYPE, ...headers } } : { headers }
            const answer = await fetch(`${this.server}/v1${path}`, {
                ...DISCREET,
                method,
                ...sent,
                signal: hangUp.signal,
            })
            const content = await whole(answer)
            if (!answer.ok) throw refusal(answer.status, content)
            return content
        } catch (error) {
            const isRefused = error instanceof Failure
            if (!isRefused || error.kind === "unreachable") unanswered()
            throw isRefused ? error : new Failure(cancel?.aborted ? "cancelled" : "unreachable")
        } finally {
            clearTimeout(timer)
            cancel?.removeEventListener("abort", stop)
        }
    }

    /** The same, again where no answer came or the service is busy: for what it takes once, however often sent. */
    async askAgain(path: string, request: Request = {}): Promise<Bytes> {
        for (const pauseMs of this.pausesMs) {
            try {
                return await this.ask(path, request)
            } catch (error) {
                if (!(error instanceof Failure) || !["unreachable", "busy"].includes(error.kind)) throw error
            }
            await pause(pauseMs, request.cancel)
        }
        return this.ask(path, request)
    }
}

/** The body of an answer. Rejects with `Failure` for one that is longer than any of the service's. */
export async function whole(answer: Response): Promise<Bytes> {
    const pieces: Bytes[] = []
    let size = 0
    const reader = answer.body?.getReader()
    for (;;) {
        const piece = await reader?.read()
        if (!piece || piece.done) break
        size += piece.value.length
        if (size > ANSWER_LIMIT) {
            await reader?.cancel()
            throw new Failure("refused", "length")
        }
        pieces.push(piece.value)
    }
    return concat(...pieces)
}

/** What a refusal means for a reporter. */
export function refusal(status: number, content: Uint8Array): Failure {
    const type = problemType(content)
    const kind = Object.hasOwn(KINDS, type) ? KINDS[type] : undefined
    if (kind) return new Failure(kind, type)
    // Any other 503 may come after what it was about was stored.
    if (status === 429 || type === "intake-busy" || type === "busy") return new Failure("busy", type)
    if (status === 413) return new Failure("too-large", type)
    // Something broke on the way: whether the service took it is not known.
    if (status >= 500) return new Failure("unreachable", type)
    return new Failure("refused", type)
}

function problemType(content: Uint8Array): string {
    try {
        const { type } = JSON.parse(unUtf8(content)) as { type?: unknown }
        return typeof type === "string" ? type.slice(type.lastIndexOf("/") + 1) : ""
    } catch {
        return ""
    }
}

function pause(milliseconds: number, cancel: AbortSignal | undefined): Promise<void> {
    return new Promise((resolve) => {
        const timer = setTimeout(resolve, milliseconds)
        // What comes after looks at the signal.
        cancel?.addEventListener("abort", () => {
            clearTimeout(timer)
            resolve()
        })
    })
}
