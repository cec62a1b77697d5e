/** Files that have not come through yet, by name, with a button that sends them again. */

import { Failure, type Picked, type ReporterClient } from "../reporter/api.ts"
import { byId, isolated, make } from "./elements.ts"
import { Waiting } from "./waiting.ts"
import { word } from "./words.ts"

export class NotArrived {
    private readonly client: ReporterClient
    private readonly again = byId("send-files", HTMLButtonElement)
    private names: string[] = []

    constructor(client: ReporterClient) {
        this.client = client
        this.again.onclick = () => void this.send()
    }

    /** `places` are those of files among all that were picked. */
    show(picked: readonly Picked[], places: readonly number[]): void {
        this.names = picked.map(({ name }) => name)
        byId("files-arrived", HTMLParagraphElement).textContent = ""
        this.draw(places)
    }

    private draw(places: readonly number[]): void {
        byId("not-arrived", HTMLDivElement).hidden = places.length === 0
        const names = places.map((place) => make("li", {}, isolated(this.names[place] ?? "")))
        byId("not-arrived-files", HTMLUListElement).replaceChildren(...names)
    }

    private async send(): Promise<void> {
        const waiting = new Waiting(this.names, "files-")
        waiting.say(word("sending"))
        this.again.disabled = true
        try {
            const places = await this.client.sendFiles(waiting.step.bind(waiting))
            this.draw(places)
            if (places.length === 0) byId("files-arrived", HTMLParagraphElement).textContent = word("all-arrived")
        } catch (error) {
            if (!(error instanceof Failure)) throw error
            waiting.say(word(error.kind))
        } finally {
            this.again.disabled = false
        }
    }
}
