/**
 * One module of `protocol/` under its tests: `node mutants/run.mjs app/web/protocol/intake.ts [every Nth change alone]`.
 * Tells a line of JSON for each change: its key, its fate (`killed`, `endless`, `survived`, `untested`), and the
 * seconds of a processor that it took.
 *
 * Module and tests are one bundle with all changes in it. It runs once to learn which tests pass which change, then for each
 * change until the first test fails: many in one process, and in one of its own what is passed only when the module is loaded,
 * what ends its process, and what no test noticed, which may be for what another change left behind or for what was loaded.
 */

import { spawnSync } from "node:child_process"
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { resolve } from "node:path"
import { build } from "esbuild"

import { withMutants } from "./operators.mjs"

// Of processor time, so that a busy machine fails nothing, and beyond three times what all tests take without a change. What
// takes longer does not end.
const MOST_SECONDS = 5
const MOST_SECONDS_OF_LEARNING = 120
// When a process that tries one change after another leaves the others to the next, well before it is ended.
const LONG_SECONDS = 20
const WEB = resolve(import.meta.dirname, "..")

const [, , module, sample = "1"] = process.argv
const target = resolve(WEB, "../..", module)
const { text, mutants } = withMutants(readFileSync(target, "utf8"), target)
// Beside the modules, so that the tests find their vectors from here too.
const directory = mkdtempSync(resolve(WEB, ".mutants-"))
try {
    await bundle(directory)
    const [learnt, learning] = inProcess(MOST_SECONDS_OF_LEARNING, ["learn"])
    if (learnt.status !== 0) throw new Error(`the tests fail as the module stands: ${learnt.stderr}`)
    const { loaded, passed } = JSON.parse(learnt.stdout)
    const most = MOST_SECONDS + 3 * learning
    writeFileSync(resolve(directory, "passed.json"), learnt.stdout)
    const chosen = mutants.map(({ number }) => number).filter((number) => number % Number(sample) === 0)
    for (const [number, ...become] of many(chosen.filter((number) => passed[number]), loaded, most)) tell(number, ...become)
    for (const number of chosen.filter((number) => !passed[number]))
        tell(number, ...(loaded.includes(number) ? alone(number, most) : ["untested", 0]))
} finally {
    rmSync(directory, { recursive: true })
}

/** Each number with its fate and seconds. */
function* many(numbers, loaded, most) {
    for (let rest = numbers; rest.length > 0; ) {
        const [{ status, signal, stdout }] = inProcess(LONG_SECONDS + most, ["each", String(LONG_SECONDS), ...rest.map(String)])
        const told = stdout.split("\n").filter(Boolean).map((line) => JSON.parse(line))
        for (const [place, { number, fate, seconds }] of told.entries())
            yield fate === "survived" && (place > 0 || loaded.includes(number)) ? [number, ...alone(number, most)] : [number, fate, seconds]
        rest = rest.slice(told.length)
        if (status !== 0 && rest.length > 0) {
            const [breaking, ...others] = rest
            // It had as long as it would have alone.
            yield [breaking, ...(signal ? ["endless", most] : alone(breaking, most))]
            rest = others
        }
    }
}

function alone(number, most) {
    const [{ status, signal, stdout }, seconds] = inProcess(most, ["alone", String(number)])
    if (signal || status > 128) return ["endless", seconds]
    return [status === 0 ? JSON.parse(stdout).fate : "killed", seconds]
}

/** What the process answered, which is ended at `most` seconds of a processor, and the seconds that it took. */
function inProcess(most, given) {
    const one = resolve(import.meta.dirname, "one.mjs")
    const command = `ulimit -t ${Math.ceil(most)}; exec node ${JSON.stringify(one)} "$@"`
    const answer = spawnSync("bash", ["-c", command, "node", directory, ...given], { encoding: "utf8", maxBuffer: 2 ** 28 })
    // The last thing that it says; it says nothing where it was ended.
    return [answer, Number(answer.stderr.split("\n").at(-1)) || most]
}

function tell(number, fate, seconds) {
    const { key } = mutants[number - 1]
    process.stdout.write(`${JSON.stringify({ key, fate, seconds: Number(seconds.toFixed(2)) })}\n`)
}

async function bundle(directory) {
    const files = readdirSync(resolve(WEB, "protocol")).filter((name) => name.endsWith(".test.ts"))
    const imported = [...files.map((name) => `protocol/${name}`), "reporter/thread.test.ts"]
    await build({
        stdin: { contents: imported.map((name) => `import "./${name}"`).join("\n"), resolveDir: WEB },
        bundle: true,
        format: "esm",
        platform: "node",
        outfile: resolve(directory, "bundle.mjs"),
        alias: { vitest: resolve(import.meta.dirname, "vitest.mjs") },
        banner: { js: "const __m = globalThis.__m;" },
        logLevel: "error",
        plugins: [
            {
                name: "mutants",
                setup(building) {
                    building.onLoad({ filter: /\.ts$/ }, ({ path }) =>
                        path === target ? { contents: text, loader: "ts" } : undefined,
                    )
                },
            },
        ],
    })
}
