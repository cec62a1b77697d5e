// The reporter's client of the web pages, one call a line: what a page would ask of it, asked from Python.
// Its arguments are the bundle of app/web/reporter/client.ts and the settings of the client as JSON. A call is
// {"method","args","files"} with the paths of files; its answer {"result"} or {"failure","reason"}.
import { readFileSync } from "node:fs"
import { basename } from "node:path"
import { createInterface } from "node:readline"

const [bundle, settings] = process.argv.slice(2)
const { Client } = await import(bundle)
const { now, ...others } = JSON.parse(settings)
const client = new Client({ ...others, clock: () => now })
const picked = new Map()

// A file that was picked once stays the same Blob, as it does on a page.
function pick(path) {
    if (!picked.has(path))
        picked.set(path, { name: basename(path), type: "image/jpeg", blob: new Blob([readFileSync(path)]) })
    return picked.get(path)
}

function ask({ method, args = [], files = [] }) {
    const quiet = () => undefined
    if (method === "submit" || method === "answer") return client[method](...args, files.map(pick), quiet)
    return method === "sendFiles" ? client.sendFiles(quiet) : client[method](...args)
}

async function answerTo(line) {
    try {
        return { result: (await ask(JSON.parse(line))) ?? null }
    } catch (error) {
        if (error.kind === undefined) throw error
        return { failure: error.kind, reason: error.reason }
    }
}

// Calls begin when they come, as on a page; they are answered in their order.
let last = Promise.resolve()
for await (const line of createInterface({ input: process.stdin })) {
    const answer = answerTo(line)
    last = last.then(async () => process.stdout.write(`${JSON.stringify(await answer)}\n`))
}
await last
