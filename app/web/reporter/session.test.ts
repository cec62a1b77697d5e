/** Page and worker over a real channel of messages; what the client does is told by a small one. */

import { MessageChannel, type MessagePort } from "node:worker_threads"
import { expect, test, vi } from "vitest"

import { Failure, type Mailbox, type Picked, type ReporterClient, type Step, type Submitted } from "./api.ts"
import { Host } from "./host.ts"
import type { FromWorker, ToWorker } from "./messages.ts"
import { Session, startSession, type Port } from "./session.ts"

const FORM = { language: "en", text: "words", answers: { danger_now: "days" } }
const MAILBOX: Mailbox = { state: "received", open: true, written: 0, days: [], replies: [], missing: [], notAuthentic: [], choices: [] }
const STEP: Step = { doing: "sealing", file: 0, done: 1, whole: 2 }
const QUIET = () => undefined

class Small implements ReporterClient {
    readonly files: Picked[][] = []
    hasForgotten = false

    intake() {
        return Promise.resolve({ languages: ["en"], attachmentBytes: 10, notice: "" })
    }
    submit(_form: unknown, files: Picked[], progress: (step: Step) => void, cancel?: AbortSignal): Promise<Submitted> {
        this.files.push(files)
        progress(STEP)
        return new Promise((resolve, reject) => {
            cancel?.addEventListener("abort", () => {
                reject(new Failure("cancelled"))
            })
            if (files.length) resolve({ words: "twelve words", language: "en", earlier: false })
        })
    }
    sendFiles = () => Promise.resolve({ places: [1], why: "busy" as const })
    perhapsStored = () => Promise.resolve(null)
    open(words: string): Promise<Mailbox> {
        if (words === "ours") throw new TypeError("a mistake")
        return words === "right" ? Promise.resolve(MAILBOX) : Promise.reject(new Failure("no-mailbox", "why"))
    }
    answer = () => Promise.resolve(MAILBOX)
    consent = (scope: string, given: boolean) => Promise.resolve({ ...MAILBOX, choices: [{ scope, given }] })
    withdraw = () => Promise.resolve({ ...MAILBOX, open: false })
    forget(): void {
        this.hasForgotten = true
    }
}

function connected() {
    const { port1, port2 } = new MessageChannel()
    const client = new Small()
    const host = new Host(
        () => Promise.resolve(client),
        (message: FromWorker) => {
            port2.postMessage(message)
        },
    )
    port2.on("message", (message: ToWorker) => void host.hear(message))
    const port = portOf(port1)
    return { session: new Session(() => port), client, port, port1 }
}

const ended: MessagePort[] = []

function portOf(port: MessagePort): Port {
    const found: Port = {
        postMessage: (message) => {
            port.postMessage(message)
        },
        terminate: () => {
            ended.push(port)
            port.close()
        },
        onmessage: null,
        onerror: null,
    }
    port.on("message", (data: FromWorker) => found.onmessage?.({ data } as MessageEvent<FromWorker>))
    return found
}

test("what is asked for is answered, with its steps", async () => {
    const { session } = connected()
    const heard: Step[] = []

    const blob = new Blob(["x"])
    const sent = await session.submit(FORM, [{ name: "a", type: "", blob }], (step) => heard.push(step))

    expect(sent.words).toBe("twelve words")
    expect(heard).toEqual([STEP])
    expect(await session.sendFiles(QUIET)).toEqual({ places: [1], why: "busy" })
    expect(await session.perhapsStored()).toBeNull()
    expect(await session.consent("contact", false)).toMatchObject({ choices: [{ scope: "contact", given: false }] })
    expect((await session.withdraw()).open).toBe(false)
    expect((await session.intake()).languages).toEqual(["en"])
    session.forget()
})

test("a file that is sent twice is the same file to the client", async () => {
    const { session, client } = connected()
    const picked = { name: "a", type: "", blob: new Blob(["x"]) }

    await session.submit(FORM, [picked], QUIET)
    await session.submit(
        FORM,
        [
            { ...picked, name: "b" },
            { ...picked, blob: new Blob(["y"]) },
        ],
        QUIET,
    )

    const [[first], [again, other]] = client.files as [Picked[], Picked[]]
    expect(again?.blob).toBe(first?.blob)
    expect(again?.name).toBe("b")
    expect(other?.blob).not.toBe(first?.blob)
    session.forget()
})

test("a failure is told as one, and a mistake of ours is one too", async () => {
    const { session } = connected()

    await expect(session.open("wrong")).rejects.toMatchObject({ kind: "no-mailbox", reason: "why" })
    await expect(session.open("ours")).rejects.toMatchObject({ kind: "refused", reason: "client" })
    expect(await session.open("right")).toEqual(MAILBOX)
    session.forget()
})

test("a call is cancelled in the worker", async () => {
    const { session } = connected()
    const control = new AbortController()

    const waiting = session.submit(FORM, [], QUIET, control.signal)
    control.abort()

    await expect(waiting).rejects.toBeInstanceOf(Failure)
    session.forget()
})

test("forgetting ends everything: the client's keys, what was under way, the worker", async () => {
    const { session, client, port1 } = connected()
    const answered = vi.fn()
    session.submit(FORM, [], QUIET).then(answered, answered)

    session.forget()

    await vi.waitFor(() => {
        expect(ended.includes(port1)).toBe(true)
    })
    expect(client.hasForgotten).toBe(true)
    expect(answered).not.toHaveBeenCalled()
    await expect(session.intake()).rejects.toMatchObject({ kind: "cancelled" })
})

test("a worker that stops in its work is said to be out of reach, and no other takes its place", async () => {
    const { session, port } = connected()
    await session.intake()
    const waiting = session.submit(FORM, [], QUIET)

    port.onerror?.({} as ErrorEvent)

    await expect(waiting).rejects.toMatchObject({ kind: "unreachable", reason: "worker" })
    await expect(session.open("right")).rejects.toMatchObject({ kind: "unreachable", reason: "worker" })
    port.terminate()
})

test("a worker whose script did not come is started again with the next call", async () => {
    const silent: Port = { postMessage: QUIET, terminate: QUIET, onmessage: null, onerror: null }
    const { port } = connected()
    const ports = [silent, port]
    const session = new Session(() => ports.shift() ?? silent)
    const waiting = session.open("right")

    silent.onerror?.({} as ErrorEvent)

    await expect(waiting).rejects.toMatchObject({ kind: "unreachable", reason: "worker" })
    expect(await session.open("right")).toEqual(MAILBOX)
    expect(ports).toEqual([])
    port.terminate()
})

test("the worker's address goes through the one policy, which lets no other address through", () => {
    const started = stubbedWorkers()
    const names: string[] = []
    vi.stubGlobal("trustedTypes", {
        createPolicy: (name: string, { createScriptURL }: { createScriptURL: (address: string) => string }) => {
            names.push(name)
            return { createScriptURL: (address: string) => ({ trusted: createScriptURL(address) }) }
        },
    })

    startSession("/assets/worker-0a1B2c.js")

    expect(names).toEqual(["tern"])
    expect(started).toEqual([{ trusted: "/assets/worker-0a1B2c.js" }])
    for (const address of ["https://elsewhere.example/assets/worker-0a.js", "/assets/worker-0a.js?x", "/other.js", ""])
        expect(() => startSession(address)).toThrow(TypeError)
    vi.unstubAllGlobals()
})

test("a browser without Trusted Types starts the same worker", () => {
    const started = stubbedWorkers()

    startSession("/assets/worker-0a1B2c.js")

    expect(started).toEqual(["/assets/worker-0a1B2c.js"])
    vi.unstubAllGlobals()
})

/** The addresses that workers are started with from now on. */
function stubbedWorkers(): unknown[] {
    const started: unknown[] = []
    const worker = function (address: unknown) {
        started.push(address)
    }
    vi.stubGlobal("Worker", worker)
    return started
}
