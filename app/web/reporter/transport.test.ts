/** What a refusal of the service means for a reporter. */

import { expect, test } from "vitest"

import { ANSWER_LIMIT, refusal, whole } from "./transport.ts"

function problem(type: string): Uint8Array {
    return new TextEncoder().encode(JSON.stringify({ type: `/problems/${type}` }))
}

test.each([
    { status: 429, type: "enough-for-today", kind: "enough-for-today" },
    { status: 429, type: "too-many-requests", kind: "busy" },
    { status: 503, type: "intake-busy", kind: "busy" },
    { status: 503, type: "busy", kind: "busy" },
    { status: 503, type: "storage-unavailable", kind: "unreachable" },
    { status: 409, type: "epoch-closed", kind: "closed" },
    { status: 413, type: "too-large", kind: "too-large" },
    { status: 413, type: "", kind: "too-large" },
    { status: 500, type: "internal-error", kind: "unreachable" },
    { status: 422, type: "invalid-request", kind: "refused" },
    { status: 422, type: "constructor", kind: "refused" },
])("$status $type is $kind", ({ status, type, kind }) => {
    expect(refusal(status, problem(type))).toMatchObject({ kind, reason: type })
})

test("what is no problem of ours goes by its status", () => {
    expect(refusal(429, new TextEncoder().encode("<html>"))).toMatchObject({ kind: "busy", reason: "" })
})

test("an answer is read to its end, and one that is longer than any of the service's is not", async () => {
    const block = new Uint8Array(1024 * 1024)
    let blocks = 0
    const endless = new ReadableStream<Uint8Array>({
        pull(controller) {
            blocks += 1
            controller.enqueue(block)
        },
    })

    expect(await whole(new Response("words"))).toEqual(new TextEncoder().encode("words"))
    expect(await whole(new Response(null, { status: 204 }))).toEqual(new Uint8Array())
    await expect(whole(new Response(endless))).rejects.toMatchObject({ kind: "refused", reason: "length" })
    expect(blocks * block.length).toBeLessThan(ANSWER_LIMIT + 4 * block.length)
})
