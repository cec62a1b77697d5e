/**
 * The tests of a bundle with one change in force: `node mutants/one.mjs DIRECTORY each SECONDS NUMBER…`, one change after
 * another once all is loaded, or `alone NUMBER`, in force from the beginning. Tells a line of JSON for each: its number, its
 * fate, and the seconds of a processor that it took. It ends early where a change left something behind that would be blamed
 * on the next, and when it has run so many seconds of a processor. `learn` tells which changes stand in code that is loaded,
 * and which each test passes. Ends with 1 where the bundle cannot be loaded.
 */

import { readFileSync, writeSync } from "node:fs"
import { resolve } from "node:path"

const NONE = 0

const [, , directory, how, ...given] = process.argv
const [longSeconds, ...numbers] = how === "each" ? given.map(Number) : [Infinity, ...given.map(Number)]
let inForce = how === "alone" ? numbers[0] : NONE
let hits = new Set()
globalThis.__m = how === "learn" ? (each) => (hits.add(each), false) : (each) => each === inForce

process.on("exit", () => process.stderr.write(`\n${seconds()}`))
try {
    await import(resolve(directory, "bundle.mjs"))
} catch (error) {
    process.stderr.write(String(error))
    process.exit(1)
}
const tests = globalThis.__tests
if (how === "learn") await learn()
else await tryAll()

async function learn() {
    const loaded = [...hits]
    const passed = {}
    const durations = []
    for (const [place, test] of tests.entries()) {
        hits = new Set()
        const before = performance.now()
        if (!(await passes(test))) process.exit(1)
        durations.push(performance.now() - before)
        for (const each of hits) (passed[each] ??= []).push(place)
    }
    for (const places of Object.values(passed)) places.sort((one, other) => durations[one] - durations[other])
    process.stdout.write(JSON.stringify({ loaded, passed }))
}

async function tryAll() {
    const { loaded, passed } = JSON.parse(readFileSync(resolve(directory, "passed.json"), "utf8"))
    for (const number of numbers) {
        const first = passed[number] ?? []
        // What changed while it was loaded can be seen in any test.
        const rest = how === "alone" && loaded.includes(number) ? [...tests.keys()].filter((place) => !first.includes(place)) : []
        const before = seconds()
        inForce = number
        const failed = await firstToFail([...first, ...rest])
        inForce = NONE
        const told = { number, fate: failed ? "killed" : "survived", seconds: seconds() - before }
        writeSync(1, `${JSON.stringify(told)}\n`)
        if ((failed && !(await passes(failed))) || seconds() > longSeconds) break
    }
    process.exit(0)
}

async function firstToFail(places) {
    for (const place of places) if (!(await passes(tests[place]))) return tests[place]
    return undefined
}

async function passes(test) {
    try {
        await test.run()
        return true
    } catch (error) {
        process.stderr.write(`${test.name}: ${error}`)
        return false
    }
}

function seconds() {
    const { user, system } = process.cpuUsage()
    return (user + system) / 1e6
}
