// What somebody does with the client that openapi-fetch is with the types that openapi-typescript made, beside this file:
// the same as foreign.py.

import createClient from "openapi-fetch"
import type { components, paths } from "./tern.js"

declare const process: { argv: [string, string, string, string, string] }

const [, , baseUrl, person, password] = process.argv
const { data: session } = await createClient<paths>({ baseUrl }).POST("/v1/sessions", { body: { person, password } })
if (!session) throw new Error("not signed in")
const client = createClient<paths>({ baseUrl, headers: { Authorization: `Bearer ${session.token}` } })

const listed: string[][] = []
let cursor: string | null | undefined
do {
    const { data: page } = await client.GET("/v1/reports", { params: { query: { limit: 2, ...(cursor && { cursor }) } } })
    if (!page) throw new Error("no page")
    listed.push(page.items.map(({ id }) => id))
    cursor = page.next
} while (cursor)

const report_id = listed[0]?.[0] ?? ""
const { response } = await client.GET("/v1/reports/{report_id}", { params: { path: { report_id } } })
const seen = response.headers.get("ETag") ?? ""
const claim: components["schemas"]["ReportTransitionIn"] = { to: "in_triage", reason: "decided" }

async function move(key: string) {
    const header = { "Idempotency-Key": key, "If-Match": seen }
    const { data, error } = await client.POST("/v1/reports/{report_id}/transitions", {
        params: { path: { report_id }, header },
        body: claim,
    })
    return data ?? error
}

const answers = { claimed: await move("a"), repeated: await move("a"), refused: await move("b") }
console.log(JSON.stringify({ listed, ...answers }))
