/** What a refusal of the service means for a reporter. */

import { expect, test } from "vitest"

import { refusal } from "./transport.ts"

function problem(type: string): Uint8Array {
    return new TextEncoder().encode(JSON.stringify({ type: `/problems/${type}` }))
}

test.each([
    { status: 429, type: "enough-for-today", kind: "enough-for-today" },
    { status: 429, type: "too-many-requests", kind: "busy" },
    { status: 503, type: "intake-busy", kind: "busy" },
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
