/** The mailbox page: the twelve words in, then replies, a message, choices, and taking the report back. */

import { meantWords, ReceiptError, readWords, splitWords } from "../protocol/receipt.ts"
import { Failure, type Choice, type Mailbox, type Picked, type ReporterClient } from "../reporter/api.ts"
import { changedChoices, tickChoices } from "./choices.ts"
import { connect } from "./client.ts"
import { countCharacters, isTooLong } from "./counts.ts"
import { button, byId, make } from "./elements.ts"
import { Files } from "./files.ts"
import { Following } from "./following.ts"
import { askBeforeLeaving, watchForLeaving } from "./leave.ts"
import { clearMistakes, showMistakes, told } from "./mistakes.ts"
import { introduce } from "./organisation.ts"
import { show } from "./screens.ts"
import { Waiting } from "./waiting.ts"
import { dayInWords, inDigits, word } from "./words.ts"

/** Where the words about the report ask for it once more. */
const TO_SEND_ANEW: readonly string[] = ["insufficient", "undecryptable", "lapsed"]

class MailboxPage {
    private readonly client: ReporterClient
    private readonly typed = byId("typed", HTMLTextAreaElement)
    private readonly message = byId("text", HTMLTextAreaElement)
    private readonly choices = byId("choices", HTMLFormElement)
    private readonly files = new Files(showMistakes)
    private readonly following: Following
    private before: Choice[] = []
    private stopping = new AbortController()

    constructor(client: ReporterClient) {
        this.client = client
        this.following = new Following(client)
        this.on("open", () => this.open())
        this.on("write", () => this.write())
        this.on("choices", () => this.choose())
        byId("to-withdraw", HTMLButtonElement).onclick = () => {
            show("withdraw")
        }
        byId("keep", HTMLButtonElement).onclick = () => {
            show("box")
        }
        byId("withdraw", HTMLButtonElement).onclick = () => void this.withdraw()
        byId("stop", HTMLButtonElement).onclick = () => {
            this.stopping.abort()
        }
        askBeforeLeaving(() => this.message.value !== "" || this.files.count > 0 || this.following.isUnderWay)
        countCharacters()
        byId("open-mailbox", HTMLButtonElement).disabled = false
    }

    private on(form: string, act: () => Promise<void>): void {
        byId(form, HTMLFormElement).addEventListener("submit", (event) => {
            event.preventDefault()
            void act()
        })
    }

    private async open(): Promise<void> {
        const words = this.typed.value
        byId("nearest", HTMLDivElement).replaceChildren()
        await this.doing("open-mailbox", "opening", "opening", async () => {
            if (!(await this.areRight(words))) return
            this.draw(await this.client.open(words))
            this.typed.value = ""
            show("box")
            void this.learnLimit()
        })
    }

    /** Looked at on the device: a slip of the pen is found without asking anybody. */
    private async areRight(words: string): Promise<boolean> {
        try {
            ;(await readWords(words)).fill(0)
            return true
        } catch (error) {
            if (!(error instanceof ReceiptError)) throw new Failure("no-word-list")
            await this.explain(error, words)
            return false
        }
    }

    private async explain(error: ReceiptError, typed: string): Promise<void> {
        const { reason, position } = error
        const near = await meantWords(typed, error)
        const words = await splitWords(typed)
        const key = near.length > 0 ? "words-nearest" : `words-${reason}`
        const sentence = word(key, { n: position ?? 0, words: near.join(word("between")) })
        showMistakes([{ place: "typed", sentence }])
        const offers = near.map((better) =>
            button(
                better,
                () => {
                    words[(position ?? 1) - 1] = better
                    this.typed.value = words.join(" ").normalize("NFC")
                    byId("nearest", HTMLDivElement).replaceChildren()
                    clearMistakes()
                    this.typed.focus()
                },
                "button second",
            ),
        )
        byId("nearest", HTMLDivElement).replaceChildren(...offers)
    }

    private draw(mailbox: Mailbox): void {
        byId("state", HTMLParagraphElement).textContent = stateInWords(mailbox.state)
        byId("write-anew", HTMLParagraphElement).hidden = !TO_SEND_ANEW.includes(mailbox.state ?? "")
        const replies = mailbox.replies.map(({ number, day, text }) => {
            const title = make("h3", {}, word("reply", { n: number }), " ", make("time", { dateTime: day }, dayInWords(day)))
            return make("article", {}, title, make("div", { className: "typed", dir: "auto" }, text))
        })
        const mayAnswer = mailbox.choices.some(({ scope, given }) => scope === "contact" && given)
        const none = mailbox.open ? [make("p", {}, word(mayAnswer ? "no-replies" : "no-contact"))] : []
        byId("replies", HTMLDivElement).replaceChildren(...(replies.length > 0 ? replies : none))
        const missing = byId("missing", HTMLParagraphElement)
        missing.hidden = mailbox.missing.length === 0
        missing.textContent = word("missing", { n: mailbox.missing.length })
        byId("not-authentic", HTMLParagraphElement).hidden = mailbox.notAuthentic.length === 0
        byId("sent-before", HTMLSpanElement).textContent =
            mailbox.written > 0 ? word("sent-before", { n: mailbox.written }) : ""
        const days = mailbox.days.map(([day, messages]) => {
            const many = messages > 1 ? [` (${inDigits(messages)})`] : []
            return make("li", {}, make("time", { dateTime: day }, dayInWords(day)), ...many)
        })
        byId("sent-days", HTMLUListElement).replaceChildren(...days)
        byId("sent-days", HTMLUListElement).hidden = days.length === 0
        byId("when-open", HTMLDivElement).hidden = !mailbox.open
        tickChoices(this.choices, mailbox.choices, this.before)
        this.before = mailbox.choices
    }

    private async write(): Promise<void> {
        const picked = this.files.picked()
        if (this.message.value.trim() === "" && picked.length === 0) {
            showMistakes([{ place: "text", sentence: word("nothing-to-send") }])
            return
        }
        if (isTooLong(this.message)) {
            showMistakes([{ place: "text", sentence: word("too-long") }])
            return
        }
        const [writing, stop] = [byId("writing", HTMLDivElement), byId("stop", HTMLButtonElement)]
        const waiting = new Waiting(picked.map(({ name }) => name))
        this.stopping = new AbortController()
        writing.hidden = stop.hidden = false
        await this.doing("send", "doing", "sending", async () => {
            const typed = this.message.value
            this.draw(await this.client.answer(typed.trim(), picked, waiting.step.bind(waiting), this.stopping.signal))
            // What was written or added while it was on its way has not been sent.
            if (this.message.value === typed) this.message.value = ""
            this.message.dispatchEvent(new Event("input"))
            this.files.remove(picked)
            this.say("answer-sent")
            void this.following.follow(picked)
        }, picked)
        writing.hidden = stop.hidden = true
    }

    private async choose(): Promise<void> {
        await this.doing("save-choices", "saving", "saving", async () => {
            let changed: Mailbox | undefined
            for (const { scope, given } of changedChoices(this.choices, this.before)) {
                changed = await this.client.consent(scope, given)
                this.before = changed.choices
            }
            if (changed) this.draw(changed)
            this.say("choices-saved")
        })
    }

    private async withdraw(): Promise<void> {
        await this.doing("withdraw", "withdrawing", "withdrawing", async () => {
            await this.client.withdraw()
            show("withdrawn")
        })
    }

    private say(key: string): void {
        show("box")
        byId("done", HTMLParagraphElement).textContent = word(key)
    }

    /** How large a file may be is not needed to read; where it cannot be learnt, sending says it. */
    private async learnLimit(): Promise<void> {
        const intake = await this.client.intake().catch(() => null)
        if (intake) this.files.setLimit(intake.attachmentBytes)
    }

    /** Runs `act` while its button rests and `key` is said; a failure is told, and what was typed stays. */
    private async doing(
        buttonId: string,
        place: string,
        key: string,
        act: () => Promise<void>,
        picked: readonly Picked[] = [],
    ): Promise<void> {
        const [pressed, said] = [byId(buttonId, HTMLButtonElement), byId(place, HTMLParagraphElement)]
        pressed.disabled = true
        said.textContent = word(key)
        byId("done", HTMLParagraphElement).textContent = ""
        clearMistakes()
        try {
            await act()
        } catch (error) {
            if (!(error instanceof Failure)) throw error
            showMistakes([{ place: null, sentence: told(error, picked) }])
        } finally {
            pressed.disabled = false
            said.textContent = ""
        }
    }
}

function stateInWords(state: string | null): string {
    if (state === null) return word("state-none")
    // Nobody learns that somebody else reported the same.
    return word(`state-${state === "duplicate" ? "accepted" : state}`)
}

const client = connect()
watchForLeaving(() => {
    client.forget()
})
void introduce()
new MailboxPage(client)
