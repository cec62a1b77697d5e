/** The words of the page, by key. They stand in its template `words`, translated; scripts have none of their own. */

import { byId } from "./elements.ts"

export type Values = Record<string, string | number>

let template: DocumentFragment | undefined

export function language(): string {
    return document.documentElement.lang
}

/** The words of `key`, with `{n}` and the like filled in; `n` chooses the plural form where there are several. */
export function word(key: string, values: Values = {}): string {
    template ??= byId("words", HTMLTemplateElement).content
    const forms = [...template.querySelectorAll<HTMLElement>(`[data-word="${key}"]`)].map(
        (form) => [form.dataset.plural ?? "other", form.textContent] as const,
    )
    if (forms.length === 0) throw new Error(`there are no words for ${key}`)
    return fill(pluralForm(new Map(forms), values.n, language()), values, language())
}

/** The form that a number takes; languages that have it for fractions alone may lack "other". */
export function pluralForm(forms: ReadonlyMap<string, string>, n: string | number | undefined, locale: string): string {
    const name = typeof n === "number" ? new Intl.PluralRules(locale).select(n) : "other"
    return forms.get(name) ?? forms.get("other") ?? [...forms.values()][0] ?? ""
}

/** Values in the place of their names, numbers in the digits of the language, words so that they turn nothing around them. */
export function fill(words: string, values: Values, locale: string): string {
    return words.replace(/\{(\w+)\}/g, (whole, name: string) => {
        const value = values[name]
        if (value === undefined) return whole
        return typeof value === "number" ? new Intl.NumberFormat(locale).format(value) : `\u2068${value}\u2069`
    })
}

/** "2.5 MB", as the language writes it. */
export function size(bytes: number, locale = language()): string {
    const [unit, each] = bytes < 1_000_000 ? ["kilobyte", 1_000] : ["megabyte", 1_000_000]
    const amount = Math.max(bytes / each, 0.1)
    const digits = amount < 10 ? 1 : 0
    return new Intl.NumberFormat(locale, { style: "unit", unit, maximumFractionDigits: digits }).format(amount)
}

export function inDigits(number: number, locale = language()): string {
    return new Intl.NumberFormat(locale).format(number)
}

/** A day that is written `2026-06-15`, as the language writes it; as it is where the browser does not know the language. */
export function dayInWords(day: string, locale = language()): string {
    const known = locale === "kmr" ? "ku" : locale // as CLDR calls it
    if (Intl.DateTimeFormat.supportedLocalesOf(known).length === 0) return day
    // The service's pages write the same calendar.
    const form = new Intl.DateTimeFormat(known, { dateStyle: "long", timeZone: "UTC", calendar: "gregory" })
    return form.format(new Date(`${day}T00:00Z`))
}

export function percent(share: number, locale = language()): string {
    return new Intl.NumberFormat(locale, { style: "percent" }).format(share)
}
