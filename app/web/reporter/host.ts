/** The worker's side: it runs the calls of a page on a client. */

import { Failure, type Picked, type ReporterClient, type Step } from "./api.ts"
import type { Call, FromWorker, NamedFile, Result, ToWorker } from "./messages.ts"

export class Host {
    private readonly client: () => Promise<ReporterClient>
    private readonly answer: (message: FromWorker) => void
    private readonly running = new Map<number, AbortController>()
    private readonly blobs = new Map<number, Blob>()

    /** `client` is asked for with each call, until there is one. */
    constructor(client: () => Promise<ReporterClient>, answer: (message: FromWorker) => void) {
        this.client = client
        this.answer = answer
    }

    async hear(message: ToWorker): Promise<void> {
        switch (message.say) {
            case "call":
                return this.run(message.id, message.call)
            case "cancel":
                this.running.get(message.id)?.abort()
                return
            case "forget":
                return this.forget()
        }
    }

    private async run(id: number, call: Call): Promise<void> {
        const control = new AbortController()
        this.running.set(id, control)
        const progress = (step: Step) => {
            this.answer({ say: "step", id, step })
        }
        try {
            const result = await this.perform(await this.client(), call, progress, control.signal)
            this.answer({ say: "done", id, result })
        } catch (error) {
            // A page can tell of a failure and nothing else; what else went wrong is a mistake of ours.
            const { kind, reason } = error instanceof Failure ? error : new Failure("refused", "client")
            this.answer({ say: "failed", id, kind, reason })
        } finally {
            this.running.delete(id)
        }
    }

    private perform(
        client: ReporterClient,
        call: Call,
        progress: (step: Step) => void,
        cancel: AbortSignal,
    ): Promise<Result> {
        switch (call.method) {
            case "intake":
                return client.intake()
            case "submit":
                return client.submit(call.given[0], this.known(call.given[1]), progress, cancel)
            case "sendFiles":
                return client.sendFiles(progress, cancel)
            case "perhapsStored":
                return client.perhapsStored()
            case "open":
                return client.open(call.given[0])
            case "answer":
                return client.answer(call.given[0], this.known(call.given[1]), progress, cancel)
            case "consent":
                return client.consent(call.given[0], call.given[1])
            case "withdraw":
                return client.withdraw()
        }
    }

    /** The files as the client first saw them, so that it knows again what it has sealed. */
    private known(files: NamedFile[]): Picked[] {
        return files.map(({ key, name, type, blob }) => {
            const known = this.blobs.get(key) ?? blob
            this.blobs.set(key, known)
            return { name, type, blob: known }
        })
    }

    private async forget(): Promise<void> {
        for (const control of this.running.values()) control.abort()
        this.blobs.clear()
        const client = await this.client().catch(() => null)
        client?.forget()
        this.answer({ say: "forgotten" })
    }
}
