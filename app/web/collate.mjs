// Reads {language: {code: name}} and answers {language: [code]}, each in the order of its alphabet (CLDR).

import { readFileSync } from "node:fs"

const names = JSON.parse(readFileSync(0, "utf8"))
const ordered = Object.entries(names).map(([language, byCode]) => {
    const { compare } = new Intl.Collator(language)
    return [language, Object.keys(byCode).sort((one, other) => compare(byCode[one], byCode[other]))]
})
process.stdout.write(JSON.stringify(Object.fromEntries(ordered)))
