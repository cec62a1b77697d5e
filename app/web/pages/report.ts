/** The report page: from the first screen through the questions to the receipt. What is typed stays in its fields. */

import { Failure, type Picked, type ReporterClient, type Words } from "../reporter/api.ts"
import { formOf, isNear } from "./answers.ts"
import { keepUnknownAlone } from "./choices.ts"
import { connect } from "./client.ts"
import { countCharacters, isTooLong } from "./counts.ts"
import { byId } from "./elements.ts"
import { showNumbers } from "./emergency.ts"
import { Files } from "./files.ts"
import { Following } from "./following.ts"
import { showReceipt, showWords } from "./keeping.ts"
import { askBeforeLeaving, watchForLeaving } from "./leave.ts"
import { showMistakes, told } from "./mistakes.ts"
import { introduce } from "./organisation.ts"
import { drawReview } from "./review.ts"
import { addStep, onTurn, Path, screen, show } from "./screens.ts"
import { Waiting } from "./waiting.ts"
import { language, word } from "./words.ts"

const SCREENS = [
    "start",
    "danger_now",
    "emergency",
    "contact",
    "text",
    "about_whom",
    "where_now",
    "state_behind",
    "when",
    "what_kind",
    "how",
    "who_behind",
    "identifiers",
    "told_authorities",
    "needs",
    "consent",
    "review",
]

class ReportPage {
    private readonly client: ReporterClient
    private readonly form = byId("report", HTMLFormElement)
    private readonly files = new Files(showMistakes)
    private readonly path = new Path(SCREENS, (name) => name === "emergency" && !isNear(this.danger))
    private readonly following: Following
    private readonly untouched: string
    private isChanging = false
    private stopping = new AbortController()

    constructor(client: ReporterClient) {
        this.client = client
        this.following = new Following(client)
        this.form.addEventListener("submit", (event) => {
            event.preventDefault()
        })
        for (const control of document.querySelectorAll<HTMLButtonElement>("[data-go]")) {
            control.addEventListener("click", () => {
                this.go(control.dataset.go)
            })
        }
        byId("send", HTMLButtonElement).onclick = () => void this.send()
        byId("again", HTMLButtonElement).onclick = () => void this.send()
        byId("look-again", HTMLButtonElement).onclick = () => void this.look()
        byId("to-review", HTMLButtonElement).onclick = () => {
            this.open("review")
        }
        byId("stop", HTMLButtonElement).onclick = () => {
            this.stopping.abort()
        }
        this.untouched = typedIn(this.form)
        onTurn((way) => {
            this.turn(way)
        })
        askBeforeLeaving(() => this.wouldLose())
        keepUnknownAlone(this.form)
        countCharacters()
        showNumbers()
        byId("start", HTMLButtonElement).disabled = false
    }

    /** Ask what the team takes now. Whoever has begun to write is not interrupted: sending will say it. */
    async look(): Promise<void> {
        try {
            const { attachmentBytes, notice } = await this.client.intake()
            this.files.setLimit(attachmentBytes)
            const shown = byId("notice", HTMLParagraphElement)
            shown.textContent = notice
            shown.hidden = notice === ""
            if (!screen("closed").hidden) this.open("start")
        } catch (error) {
            const { kind, reason } = failureOf(error)
            // Without its worker the page can send nothing, which must be said before somebody writes.
            const isLasting = reason === "worker" || (kind !== "unreachable" && kind !== "busy")
            if (!isLasting || this.path.name !== "start") return
            byId("closed-why", HTMLParagraphElement).textContent = word(kind === "closed" ? "closed-now" : kind)
            show("closed")
        }
    }

    private get danger(): string {
        return formOf(new FormData(this.form), new Set(), language()).answers.danger_now?.toString() ?? ""
    }

    private go(way: string | undefined): void {
        if (way === "back") {
            history.back()
            return
        }
        const here = this.path.name
        if (way === "skip") this.path.skipped.add(here)
        else if (this.hasMistakes(here)) return
        else this.path.skipped.delete(here)
        const next = this.path.next()
        addStep()
        this.open(this.isChanging && next !== "emergency" ? "review" : next)
    }

    /** By the browser's way back or forth, or by the page's own. What has been sent stays as it is. */
    private turn(way: "back" | "forth"): void {
        if (!screen("sending").hidden || !screen("receipt").hidden) return
        if (way === "forth") {
            if (this.path.name !== "review") this.open(this.path.next())
            return
        }
        // Who came from the review to look at one answer goes back there.
        if (this.isChanging || !screen("stopped").hidden) this.open("review")
        else this.open(this.path.back())
    }

    /** Whether leaving now would lose something: answers, files under way, words that perhaps nobody has written down. */
    private wouldLose(): boolean {
        const isTouched = typedIn(this.form) !== this.untouched || this.files.count > 0
        return isTouched || this.following.isUnderWay || !screen("receipt").hidden
    }

    private open(name: string): void {
        if (name === "review") {
            this.isChanging = false
            drawReview(this.path.skipped, this.files, (wanted) => {
                this.isChanging = true
                addStep()
                show(this.path.to(wanted))
            })
        }
        show(this.path.to(name))
    }

    private hasMistakes(here: string): boolean {
        if (here === "danger_now" && this.danger === "") {
            showMistakes([{ place: "danger_now", sentence: word("danger-missing") }])
            return true
        }
        const fields = [...screen(here).querySelectorAll("textarea")].filter(isTooLong)
        if (fields.length === 0) return false
        showMistakes(fields.map((field) => ({ place: field.id, sentence: word("too-long") })))
        return true
    }

    private async send(): Promise<void> {
        const form = formOf(new FormData(this.form), this.path.skipped, language())
        const picked = this.files.picked()
        if (form.text === "" && picked.length === 0) {
            this.isChanging = true
            show(this.path.to("text"))
            showMistakes([{ place: "text", sentence: word("nothing-told") }])
            return
        }
        const waiting = new Waiting(picked.map(({ name }) => name))
        this.stopping = new AbortController()
        show("sending")
        try {
            const sent = await this.client.submit(form, picked, waiting.step.bind(waiting), this.stopping.signal)
            const mayAnswer = form.answers.consent?.includes("contact") ?? false
            this.showArrived(sent, sent.earlier ? form.text : null, mayAnswer)
        } catch (error) {
            await this.showStopped(failureOf(error), picked)
            return
        }
        await this.following.follow(picked)
    }

    private async showStopped(failure: Failure, picked: readonly Picked[]): Promise<void> {
        const perhaps = await this.client.perhapsStored().catch(() => null)
        byId("perhaps-arrived", HTMLDivElement).hidden = perhaps === null
        if (perhaps) showWords("perhaps", perhaps)
        show("stopped")
        showMistakes([{ place: null, sentence: told(failure, picked) }])
    }

    /** `unsent` is what was typed since, where an earlier version of the report has arrived instead of it. */
    private showArrived(receipt: Words, unsent: string | null, mayAnswer: boolean): void {
        showReceipt(receipt)
        byId("with-contact", HTMLLIElement).hidden = !mayAnswer
        byId("without-contact", HTMLLIElement).hidden = mayAnswer
        byId("earlier", HTMLDivElement).hidden = unsent === null
        byId("earlier-text", HTMLTextAreaElement).value = unsent ?? ""
        this.form.reset()
        this.files.clear()
        show("receipt")
    }
}

function typedIn(form: HTMLFormElement): string {
    return JSON.stringify([...new FormData(form)])
}

/** The client fails with `Failure` alone; anything else is a bug, and shows as one. */
function failureOf(error: unknown): Failure {
    if (error instanceof Failure) return error
    throw error
}

const client = connect()
watchForLeaving(() => {
    client.forget()
})
void introduce()
void new ReportPage(client).look()
