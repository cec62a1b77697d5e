/** The check before sending: every question with its answer in the words of the page, and a way back to it. */

import { button, byId, make, nameAfter } from "./elements.ts"
import type { Files } from "./files.ts"
import { word } from "./words.ts"

/** `change` leads to the screen of a question. */
export function drawReview(skipped: ReadonlySet<string>, files: Files, change: (screen: string) => void): void {
    const rows = [...document.querySelectorAll<HTMLElement>("#report [data-question]")].map((question) => {
        const key = question.dataset.question ?? ""
        const screen = question.closest<HTMLElement>("[data-screen]")?.dataset.screen ?? ""
        const title = byId(`${key}-title`, HTMLElement).textContent.trim()
        const answer = skipped.has(key) ? "" : key === "files" ? countOf(files) : answerIn(question)
        const asked = make("dt", { id: `asked-${key}` }, title)
        const again = button(word("change"), () => {
            change(screen)
        })
        nameAfter(again, asked)
        const said = make("dd", { dir: "auto" }, answer || word("skipped"))
        said.classList.toggle("skipped", answer === "")
        return make("div", {}, asked, said, make("dd", { className: "change" }, again))
    })
    byId("review", HTMLDListElement).replaceChildren(...rows)
}

function countOf(files: Files): string {
    return files.count === 0 ? "" : word("files", { n: files.count })
}

function answerIn(question: HTMLElement): string {
    const field = question.querySelector<HTMLTextAreaElement | HTMLSelectElement>("textarea, select")
    if (field instanceof HTMLSelectElement) return field.value ? (field.selectedOptions[0]?.text ?? "") : ""
    if (field) return field.value.trim()
    const ticked = [...question.querySelectorAll<HTMLInputElement>("input:checked")].filter((box) => box.value !== "")
    const isServiceAlone = question.dataset.question === "consent" && ticked.length === 1
    if (isServiceAlone) return word("only-service")
    return ticked.map((box) => box.labels?.[0]?.textContent.trim() ?? "").join(word("between"))
}
