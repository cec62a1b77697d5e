/** The page's side: the client as it is asked for, behind a worker, so that the page answers while it seals. */

import { Failure, type Picked, type ReporterClient, type Step } from "./api.ts"
import type { Call, FromWorker, NamedFile, Result, ToWorker } from "./messages.ts"

// Where the build puts the worker: the one address that the policy lets through.
const WORKER_ADDRESS = /^\/assets\/worker-[0-9A-Za-z]+\.js$/
// Long enough to overwrite a few keys, too short for anybody to notice.
const FORGETTING_MS = 100

interface TrustedTypes {
    createPolicy(
        name: string,
        rules: { createScriptURL: (address: string) => string },
    ): {
        createScriptURL: (address: string) => string
    }
}

/** As much of a Worker as a session uses. */
export interface Port {
    postMessage(message: ToWorker): void
    terminate(): void
    onmessage: ((event: MessageEvent<FromWorker>) => void) | null
    onerror: ((event: ErrorEvent) => void) | null
}

interface Running {
    resolve: (result: Result) => void
    reject: (failure: Failure) => void
    progress: (step: Step) => void
}

/** A client in a worker whose script is at `address`. Called once a page: the policy can be made only once. */
export function startSession(address: string): ReporterClient {
    const script = trusted(address)
    return new Session(() => new Worker(script, { type: "module" }))
}

export class Session implements ReporterClient {
    private readonly start: () => Port
    private port: Port | null
    private hasHeard = false
    private readonly running = new Map<number, Running>()
    private readonly keys = new WeakMap<Blob, number>()
    private last = 0
    /** Why nothing more can be asked for, once the worker is gone. */
    private ended: Failure | null = null

    /** `start` starts a worker: at once, and with the next call where its script could not be fetched. */
    constructor(start: () => Port) {
        this.start = start
        this.port = this.connected()
    }

    private connected(): Port {
        const port = this.start()
        port.onmessage = ({ data }) => {
            this.hasHeard = true
            this.hear(data)
        }
        // Its script could not be fetched, or this browser runs no modules in workers.
        port.onerror = () => {
            const failure = new Failure("unreachable", "worker")
            // One that has answered may hold a report that is half sent: another would make a second report of it.
            if (this.hasHeard) this.ended = failure
            else this.port = null
            this.failAll(failure)
        }
        return port
    }

    intake() {
        return this.call<"intake">({ method: "intake", given: [] })
    }

    submit(...[form, files, progress, cancel]: Parameters<ReporterClient["submit"]>) {
        return this.call<"submit">({ method: "submit", given: [form, this.named(files)] }, progress, cancel)
    }

    sendFiles(...[progress, cancel]: Parameters<ReporterClient["sendFiles"]>) {
        return this.call<"sendFiles">({ method: "sendFiles", given: [] }, progress, cancel)
    }

    perhapsStored() {
        return this.call<"perhapsStored">({ method: "perhapsStored", given: [] })
    }

    open(words: string) {
        return this.call<"open">({ method: "open", given: [words] })
    }

    answer(...[text, files, progress, cancel]: Parameters<ReporterClient["answer"]>) {
        return this.call<"answer">({ method: "answer", given: [text, this.named(files)] }, progress, cancel)
    }

    consent(scope: string, given: boolean) {
        return this.call<"consent">({ method: "consent", given: [scope, given] })
    }

    withdraw() {
        return this.call<"withdraw">({ method: "withdraw", given: [] })
    }

    forget(): void {
        this.ended = new Failure("cancelled")
        // The page that asked has been wiped: there is nothing left that could show an answer.
        this.running.clear()
        this.port?.postMessage({ say: "forget" })
        setTimeout(() => {
            this.port?.terminate()
        }, FORGETTING_MS)
    }

    private call<Method extends Call["method"]>(
        call: Extract<Call, { method: Method }>,
        progress: (step: Step) => void = () => undefined,
        cancel?: AbortSignal,
    ): ReturnType<ReporterClient[Method]> {
        const id = ++this.last
        if (this.ended) return Promise.reject(this.ended) as ReturnType<ReporterClient[Method]>
        const port = (this.port ??= this.connected())
        const stop = () => {
            port.postMessage({ say: "cancel", id })
        }
        const answered = new Promise<Result>((resolve, reject) => {
            this.running.set(id, { resolve, reject, progress })
            port.postMessage({ say: "call", id, call })
            cancel?.addEventListener("abort", stop)
            if (cancel?.aborted) stop()
        }).finally(() => {
            this.running.delete(id)
            cancel?.removeEventListener("abort", stop)
        })
        return answered as ReturnType<ReporterClient[Method]>
    }

    private hear(message: FromWorker): void {
        switch (message.say) {
            case "step":
                this.running.get(message.id)?.progress(message.step)
                return
            case "done":
                this.running.get(message.id)?.resolve(message.result)
                return
            case "failed":
                this.running.get(message.id)?.reject(new Failure(message.kind, message.reason))
                return
            case "forgotten":
                this.port?.terminate()
        }
    }

    private failAll(failure: Failure): void {
        for (const { reject } of this.running.values()) reject(failure)
    }

    private named(files: Picked[]): NamedFile[] {
        return files.map(({ name, type, blob }) => {
            const key = this.keys.get(blob) ?? ++this.last
            this.keys.set(blob, key)
            return { key, name, type, blob }
        })
    }
}

/** The address as a browser with Trusted Types wants it, made by the one policy `tern`, which lets no other through. */
function trusted(address: string): string {
    const { trustedTypes } = globalThis as { trustedTypes?: TrustedTypes }
    const policy = trustedTypes?.createPolicy("tern", { createScriptURL: checkAddress }) ?? {
        createScriptURL: checkAddress,
    }
    return policy.createScriptURL(address)
}

function checkAddress(address: string): string {
    if (!WORKER_ADDRESS.test(address)) throw new TypeError("not the address of the worker")
    return address
}
