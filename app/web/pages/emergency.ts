/** The numbers of the country that was chosen; where it is none of the list, what works in many others. */

import { byId } from "./elements.ts"

export function showNumbers(): void {
    const country = byId("emergency-country", HTMLSelectElement)
    country.addEventListener("change", () => {
        const numbers = country.selectedOptions[0]?.dataset ?? {}
        byId("numbers", HTMLUListElement).hidden = numbers.police === undefined
        byId("elsewhere", HTMLDivElement).hidden = country.value !== "elsewhere"
        for (const link of document.querySelectorAll<HTMLAnchorElement>("[data-number]")) {
            const number = numbers[link.dataset.number ?? ""] ?? ""
            link.href = `tel:${number}`
            link.textContent = number
        }
    })
}
