/** What is happening while something is sealed and sent: in words, as a line, and file by file. */

import type { Step } from "../reporter/api.ts"
import { byId, isolated, make } from "./elements.ts"
import { percent, word } from "./words.ts"

const SOON_MILLISECONDS = 1_500
const MINUTE_SECONDS = 60

export class Waiting {
    private readonly doing: HTMLElement
    private readonly left: HTMLElement
    private readonly line: HTMLProgressElement
    private readonly list: HTMLUListElement
    private part = ""
    private since = 0

    /** `prefix` is that of the ids of its elements; `names` are those of the files, in their places. */
    constructor(names: readonly string[], prefix = "") {
        this.doing = byId(`${prefix}doing`, HTMLParagraphElement)
        this.left = byId(`${prefix}left`, HTMLParagraphElement)
        this.line = byId(`${prefix}sent`, HTMLProgressElement)
        this.list = byId(`${prefix}sent-files`, HTMLUListElement)
        // Said at once: on a slow network the first step is a while away.
        this.doing.textContent = word("sealing")
        this.left.textContent = ""
        this.line.value = 0
        this.line.hidden = false
        this.list.replaceChildren(
            ...names.map((name) => {
                const state = make("span", { className: "size" }, word("file-waits"))
                return make("li", { className: "file" }, isolated(name), state)
            }),
        )
    }

    step({ doing, file, done, whole }: Step): void {
        const part = `${doing} ${file ?? ""}`
        if (part !== this.part) {
            this.part = part
            this.since = performance.now()
            this.left.textContent = ""
        }
        this.say(word(doing))
        this.line.max = Math.max(whole, 1)
        this.line.value = done
        const seconds = secondsLeft(performance.now() - this.since, done, whole)
        if (seconds !== null) this.left.textContent = timeLeft(seconds)
        if (file !== null) this.sayOfFile(file, doing, done / Math.max(whole, 1))
    }

    /** Read out when it changes, so it changes only when something else is done. */
    say(sentence: string): void {
        if (this.doing.textContent !== sentence) this.doing.textContent = sentence
    }

    private sayOfFile(file: number, doing: Step["doing"], share: number): void {
        const state = this.list.children[file]?.lastElementChild
        if (!state) return
        if (doing === "sealing") state.textContent = word("file-sealing")
        else state.textContent = share < 1 ? word("file-sent", { percent: percent(share) }) : word("file-arrived")
    }
}

/** By the pace so far; null while it is too early to tell. */
export function secondsLeft(elapsedMilliseconds: number, done: number, whole: number): number | null {
    if (elapsedMilliseconds < SOON_MILLISECONDS || done === 0 || done >= whole) return null
    return Math.ceil(((elapsedMilliseconds / 1_000) * (whole - done)) / done)
}

function timeLeft(seconds: number): string {
    if (seconds < MINUTE_SECONDS) return word("seconds", { n: seconds })
    return word("minutes", { n: Math.ceil(seconds / MINUTE_SECONDS) })
}
