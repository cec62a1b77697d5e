/**
 * The tests of a bundle with one change in force: `node mutants/one.mjs DIRECTORY NUMBER`. Ends with 1 at the first test that
 * fails. Number 0 is no change: it tells which changes stand in code that is loaded, and which each test passes.
 */

import { readFileSync } from "node:fs"
import { resolve } from "node:path"

const [, , directory, given] = process.argv
const number = Number(given)
let hits = new Set()
globalThis.__m = number === 0 ? (each) => (hits.add(each), false) : (each) => each === number

process.on("exit", () => {
    const { user, system } = process.cpuUsage()
    process.stderr.write(`\n${(user + system) / 1e6}`)
})
try {
    await import(resolve(directory, "bundle.mjs"))
} catch (error) {
    process.stderr.write(String(error))
    process.exit(1)
}
const tests = globalThis.__tests
if (number === 0) await learn()
else await tryOut()

async function learn() {
    const loaded = [...hits]
    const passed = {}
    const seconds = []
    for (const [place, test] of tests.entries()) {
        hits = new Set()
        const before = performance.now()
        await runOrEnd(test)
        seconds.push(performance.now() - before)
        for (const each of hits) (passed[each] ??= []).push(place)
    }
    for (const places of Object.values(passed)) places.sort((one, other) => seconds[one] - seconds[other])
    process.stdout.write(JSON.stringify({ loaded, passed }))
}

async function tryOut() {
    const { loaded, passed } = JSON.parse(readFileSync(resolve(directory, "passed.json"), "utf8"))
    const first = passed[number] ?? []
    // What changed while it was loaded can be seen in any test.
    const rest = loaded.includes(number) ? [...tests.keys()].filter((place) => !first.includes(place)) : []
    for (const place of [...first, ...rest]) await runOrEnd(tests[place])
}

async function runOrEnd(test) {
    try {
        await test.run()
    } catch (error) {
        process.stderr.write(`${test.name}: ${error}`)
        process.exit(1)
    }
}
