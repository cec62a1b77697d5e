/** Files that have not come through yet, by name, with a button that sends them again. */

import { Failure, type Kind, type NotSent, type Picked, type ReporterClient } from "../reporter/api.ts"
import { byId, isolated, make } from "./elements.ts"
import { told } from "./mistakes.ts"
import { Waiting } from "./waiting.ts"
import { word } from "./words.ts"

// What to do about it is said of these; who stopped it knows why.
const TOLD: ReadonlySet<Kind> = new Set(["unreachable", "busy", "too-large", "too-many-files"])

export class NotArrived {
    private readonly client: ReporterClient
    private readonly again = byId("send-files", HTMLButtonElement)
    private names: string[] = []

    constructor(client: ReporterClient) {
        this.client = client
        this.again.onclick = () => void this.send()
    }

    /** Those of the report or message that was sent with these files. */
    async look(picked: readonly Picked[]): Promise<void> {
        this.names = picked.map(({ name }) => name)
        byId("files-arrived", HTMLParagraphElement).textContent = ""
        this.draw(picked.length > 0 ? await this.client.notSent() : { places: [], why: null }, new Waiting([], "files-"))
    }

    private draw({ places, why }: NotSent, waiting: Waiting): void {
        byId("not-arrived", HTMLDivElement).hidden = places.length === 0
        const names = places.map((place) => make("li", {}, isolated(this.names[place] ?? "")))
        byId("not-arrived-files", HTMLUListElement).replaceChildren(...names)
        waiting.end(why !== null && TOLD.has(why) ? told(new Failure(why)) : "")
    }

    private async send(): Promise<void> {
        const waiting = new Waiting(this.names, "files-")
        waiting.say(word("sending"))
        this.again.disabled = true
        try {
            const notSent = await this.client.sendFiles(waiting.step.bind(waiting))
            this.draw(notSent, waiting)
            if (notSent.places.length === 0) byId("files-arrived", HTMLParagraphElement).textContent = word("all-arrived")
        } catch (error) {
            if (!(error instanceof Failure)) throw error
            waiting.end(told(error))
        } finally {
            this.again.disabled = false
        }
    }
}
