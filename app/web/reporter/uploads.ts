/**
 * Sealed files on their way to the service, by tus 1.0. After the network dropped, an upload goes on where the service
 * has its end; it is the ciphertext that goes on, never an encryption. No fingerprint of a file is kept, no name sent.
 */

import type { DetailedError, HttpRequest, HttpResponse } from "tus-js-client"
import PlainUpload from "tus-js-client/lib/upload.js"

import { utf8 } from "../protocol/encoding.ts"
import { Failure } from "./api.ts"
import { DISCREET, refusal, TIMEOUT_MS, whole } from "./transport.ts"

// A request at a time is told of as progress, so that over a slow line something moves every ten seconds.
const CHUNK_SIZE = 512 * 1024
const PAUSES_MS = [0, 1_000, 3_000, 5_000, 10_000]

export interface Sending {
    server: string
    token: string
    attachment: string
    /** Where the service keeps what has arrived, from an earlier try. */
    address: string | null
    begun: (address: string) => void
    progress: (done: number) => void
    cancel?: AbortSignal | undefined
    pausesMs?: readonly number[] | undefined
}

/** Send the sealed file. Rejects with `Failure`; called again with the address that it began, it goes on. */
export function upload(sealed: Blob, sending: Sending): Promise<void> {
    const { server, token, attachment, address, begun, progress, cancel, pausesMs = PAUSES_MS } = sending
    // The library resolves where it is led against the address that it was given, which therefore is a whole one.
    const endpoint = `${server || globalThis.location.origin}/v1/uploads`
    return new Promise((resolve, reject) => {
        const stop = () => {
            void running.abort()
            end()
            reject(new Failure("cancelled"))
        }
        const end = () => {
            cancel?.removeEventListener("abort", stop)
        }
        const running = new PlainUpload(sealed, {
            ...PlainUpload.defaultOptions,
            endpoint,
            uploadUrl: address,
            headers: { Authorization: `Bearer ${token}`, "Tern-Attachment": attachment },
            chunkSize: CHUNK_SIZE,
            retryDelays: [...pausesMs],
            onShouldRetry: (error) => isWorthAnotherTry(error),
            httpStack: { createRequest: (method, url) => new FetchRequest(method, url), getName: () => "fetch" },
            fileReader: { openFile: () => Promise.resolve(new BlobSource(sealed)) },
            fingerprint: () => Promise.resolve(""),
            storeFingerprintForResuming: false,
            onUploadUrlAvailable: () => {
                if (isUpload(running.url, endpoint)) {
                    begun(running.url)
                    return
                }
                void running.abort()
                end()
                reject(new Failure("refused", "address"))
            },
            onProgress: progress,
            onSuccess: () => {
                end()
                resolve()
            },
            onError: (error) => {
                end()
                reject(failureOf(error))
            },
        })
        if (cancel?.aborted) {
            stop()
            return
        }
        cancel?.addEventListener("abort", stop)
        running.start()
    })
}

/** The token goes to no other address than one that the protocol has. */
function isUpload(address: string | null, endpoint: string): address is string {
    return address !== null && address.startsWith(endpoint) && /^\/[0-9a-f]{32}$/.test(address.slice(endpoint.length))
}

/** Where no answer came, the service is busy, or another request still holds the upload. */
function isWorthAnotherTry(error: DetailedError): boolean {
    const { kind, reason } = failureOf(error)
    const status = error.originalResponse?.getStatus()
    const isHeld = status === 423 || (status === 409 && !LASTING.has(reason))
    return kind === "unreachable" || kind === "busy" || isHeld
}

// Conflicts that another try does not change.
const LASTING = new Set(["attachment-exists", "too-many-attachments"])

function failureOf(error: DetailedError | Error): Failure {
    const answer = "originalResponse" in error ? error.originalResponse : null
    return answer ? refusal(answer.getStatus(), utf8(answer.getBody())) : new Failure("unreachable")
}

/** A Blob in pieces; the library's own reader is another one in each environment. */
class BlobSource {
    readonly size: number
    private readonly blob: Blob

    constructor(blob: Blob) {
        this.blob = blob
        this.size = blob.size
    }

    slice(start: number, end: number) {
        return Promise.resolve({ value: this.blob.slice(start, end), done: end >= this.size })
    }

    close(): void {
        // A Blob is not held open.
    }
}

/** A request by `fetch`, which sends nothing of the browser's own; the library's takes what the browser would add. */
class FetchRequest implements HttpRequest {
    private readonly method: string
    private readonly url: string
    private readonly headers = new Headers()
    private readonly hangUp = new AbortController()

    constructor(method: string, url: string) {
        this.method = method
        this.url = url
    }

    getMethod(): string {
        return this.method
    }

    getURL(): string {
        return this.url
    }

    setHeader(header: string, value: string): void {
        this.headers.set(header, value)
    }

    getHeader(header: string): string | undefined {
        return this.headers.get(header) ?? undefined
    }

    setProgressHandler(): void {
        // `fetch` does not tell how much it has sent; each piece is told of once it has arrived.
    }

    async send(body: Blob | null): Promise<HttpResponse> {
        const { method, headers } = this
        const timer = setTimeout(() => {
            this.hangUp.abort()
        }, TIMEOUT_MS)
        try {
            const answer = await fetch(this.url, { ...DISCREET, method, headers, body, signal: this.hangUp.signal })
            const text = new TextDecoder().decode(await whole(answer))
            return {
                getStatus: () => answer.status,
                getHeader: (header) => answer.headers.get(header) ?? undefined,
                getBody: () => text,
                getUnderlyingObject: () => answer,
            }
        } finally {
            clearTimeout(timer)
        }
    }

    abort(): Promise<void> {
        this.hangUp.abort()
        return Promise.resolve()
    }

    getUnderlyingObject(): undefined {
        return undefined
    }
}
