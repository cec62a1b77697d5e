/** The files of what has arrived: on their way, and then those that have not come through, with a button for another try. */

import { Failure, type Kind, type NotSent, type Picked, type ReporterClient } from "../reporter/api.ts"
import { byId, isolated, make } from "./elements.ts"
import { told } from "./mistakes.ts"
import { Waiting } from "./waiting.ts"
import { word } from "./words.ts"

// What to do about it is said of these; who stopped it knows why.
const TOLD: ReadonlySet<Kind> = new Set(["unreachable", "busy", "too-large", "no-room", "too-many-files"])

export class Following {
    private readonly client: ReporterClient
    private readonly going = byId("files-going", HTMLDivElement)
    private readonly missing = byId("not-arrived", HTMLDivElement)
    private readonly arrived = byId("files-arrived", HTMLParagraphElement)
    private names: string[] = []
    private stopping = new AbortController()

    constructor(client: ReporterClient) {
        this.client = client
        byId("send-files", HTMLButtonElement).onclick = () => void this.send()
        byId("stop-files", HTMLButtonElement).onclick = () => {
            this.stopping.abort()
        }
    }

    get isUnderWay(): boolean {
        return !this.going.hidden
    }

    /** Send those of the report or message that was sent with these files. */
    async follow(picked: readonly Picked[]): Promise<void> {
        this.names = picked.map(({ name }) => name)
        this.arrived.textContent = ""
        this.missing.hidden = true
        if (picked.length > 0) await this.send()
    }

    private async send(): Promise<void> {
        const waiting = new Waiting(this.names, "files-")
        waiting.say(word("sending"))
        this.stopping = new AbortController()
        this.missing.hidden = true
        this.going.hidden = false
        try {
            this.draw(await this.client.sendFiles(waiting.step.bind(waiting), this.stopping.signal))
        } catch (error) {
            if (!(error instanceof Failure)) throw error
            this.draw({ places: [...this.names.keys()], why: error.kind })
        } finally {
            this.going.hidden = true
        }
    }

    private draw({ places, why }: NotSent): void {
        this.missing.hidden = places.length === 0
        this.arrived.textContent = places.length === 0 ? word("all-arrived") : ""
        const names = places.map((place) => make("li", {}, isolated(this.names[place] ?? "")))
        byId("not-arrived-files", HTMLUListElement).replaceChildren(...names)
        const reason = why !== null && TOLD.has(why) ? told(new Failure(why)) : ""
        byId("not-arrived-why", HTMLParagraphElement).textContent = reason
    }
}
