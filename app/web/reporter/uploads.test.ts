import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http"
import type { AddressInfo } from "node:net"
import { afterEach, expect, test } from "vitest"

import { Failure } from "./api.ts"
import { upload, type Sending } from "./uploads.ts"

const TOKEN = "a-token"
const ATTACHMENT = `att_${"0".repeat(32)}`
const SEALED = Uint8Array.from({ length: 1_300_000 }, (_, place) => (place * 7919) % 251)

/** What a request is answered with instead of being taken; `cut` breaks the connection after some bytes of its body. */
type Mishap = { status: number; type?: string } | { cut: number } | "lose the answer" | "lead elsewhere"

/** A service that takes uploads by tus 1.0, core and creation, and what was asked of it. */
class Uploads {
    readonly asked: { method: string; headers: IncomingMessage["headers"]; size: number }[] = []
    readonly stored = new Map<string, Buffer>()
    private readonly lengths = new Map<string, number>()
    private readonly mishaps: Partial<Record<string, Mishap[]>>
    private readonly server: Server

    constructor(mishaps: Partial<Record<string, Mishap[]>> = {}) {
        this.mishaps = mishaps
        this.server = createServer((request, response) => void this.take(request, response))
    }

    async start(): Promise<string> {
        await new Promise<void>((started) => this.server.listen(0, "127.0.0.1", started))
        return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`
    }

    stop(): void {
        this.server.closeAllConnections()
        this.server.close()
    }

    get whole(): Buffer | undefined {
        return [...this.stored.values()].at(-1)
    }

    private async take(request: IncomingMessage, response: ServerResponse): Promise<void> {
        const { method = "", headers, url = "" } = request
        const mishap = this.mishaps[method]?.shift()
        const body = await this.body(request, mishap)
        this.asked.push({ method, headers, size: body.length })
        const at = url.replace("/v1/uploads/", "")
        const has = this.stored.get(at) ?? Buffer.alloc(0)
        if (typeof mishap === "object" && "status" in mishap) {
            response.writeHead(mishap.status, { "Content-Type": "application/problem+json" })
            response.end(JSON.stringify({ type: `/problems/${mishap.type ?? "internal-error"}` }))
            return
        }
        if (method === "PATCH") this.stored.set(at, Buffer.concat([has, body]))
        if (mishap === "lead elsewhere") {
            response.writeHead(201, { Location: `http://localhost:1/v1/uploads/${"0".repeat(32)}` }).end()
            return
        }
        if (mishap !== undefined) {
            request.socket.destroy()
            return
        }
        if (headers.authorization !== `Bearer ${TOKEN}` || headers["tus-resumable"] !== "1.0.0") {
            response.writeHead(412).end()
        } else if (method === "POST") {
            const name = String(this.stored.size).padStart(32, "0")
            this.stored.set(name, Buffer.alloc(0))
            this.lengths.set(name, Number(headers["upload-length"]))
            response.writeHead(201, { Location: `/v1/uploads/${name}` }).end()
        } else if (!this.stored.has(at)) {
            response.writeHead(404).end()
        } else if (method === "PATCH" && Number(headers["upload-offset"]) !== has.length) {
            response.writeHead(409).end()
        } else {
            const offset = this.stored.get(at)?.length ?? 0
            response.writeHead(method === "HEAD" ? 200 : 204, {
                "Upload-Offset": String(offset),
                "Upload-Length": String(this.lengths.get(at)),
            })
            response.end()
        }
    }

    private body(request: IncomingMessage, mishap: Mishap | undefined): Promise<Buffer> {
        return new Promise((resolve) => {
            const blocks: Buffer[] = []
            let size = 0
            request.on("data", (block: Buffer) => {
                blocks.push(block)
                size += block.length
                if (typeof mishap === "object" && "cut" in mishap && size >= mishap.cut) {
                    request.removeAllListeners("data")
                    resolve(Buffer.concat(blocks))
                }
            })
            request.on("end", () => {
                resolve(Buffer.concat(blocks))
            })
        })
    }
}

let uploads: Uploads | undefined
afterEach(() => {
    uploads?.stop()
})

async function sending(mishaps?: Partial<Record<string, Mishap[]>>): Promise<[Uploads, Sending, string[], number[]]> {
    uploads = new Uploads(mishaps)
    const addresses: string[] = []
    const heard: number[] = []
    const asked: Sending = {
        server: await uploads.start(),
        token: TOKEN,
        attachment: ATTACHMENT,
        address: null,
        begun: (address) => addresses.push(address),
        progress: (done) => heard.push(done),
        pausesMs: [0, 10, 10],
    }
    return [uploads, asked, addresses, heard]
}

function failureOf(attempt: Promise<unknown>): Promise<unknown> {
    return attempt.then(
        () => "it arrived",
        (error: unknown) => (error instanceof Failure ? error.kind : error),
    )
}

test("a sealed file arrives whole, and nothing is said of it but its size and its id", async () => {
    const [service, asked, , heard] = await sending()

    await upload(new Blob([SEALED]), asked)

    expect(service.whole?.equals(SEALED)).toBe(true)
    expect(heard.at(-1)).toBe(SEALED.length)
    expect(heard).toEqual([...heard].sort((one, other) => one - other))
    const [created] = service.asked
    expect(created?.headers["upload-length"]).toBe(String(SEALED.length))
    for (const { headers } of service.asked) {
        expect(headers["tern-attachment"]).toBe(ATTACHMENT)
        for (const name of ["upload-metadata", "upload-defer-length", "upload-concat", "cookie", "referer"])
            expect(headers[name]).toBeUndefined()
    }
})

test("after the connection broke in the middle it goes on where the service has its end", async () => {
    const [service, asked] = await sending({ PATCH: [{ cut: 100_000 }] })

    await upload(new Blob([SEALED]), asked)

    expect(service.whole?.equals(SEALED)).toBe(true)
    expect(service.asked.map(({ method }) => method).filter((method) => method === "POST")).toHaveLength(1)
    const sent = service.asked.reduce((sum, { size }) => sum + size, 0)
    expect(sent).toBe(SEALED.length)
})

test("an answer that was lost is asked for again", async () => {
    const [service, asked] = await sending({
        PATCH: ["lose the answer"],
        POST: ["lose the answer"],
        HEAD: ["lose the answer"],
    })

    await upload(new Blob([SEALED]), asked)

    expect(service.whole?.equals(SEALED)).toBe(true)
})

test("a busy service is asked again", async () => {
    const [service, asked] = await sending({ POST: [{ status: 503 }], PATCH: [{ status: 429 }, { status: 423 }] })

    await upload(new Blob([SEALED]), asked)

    expect(service.whole?.equals(SEALED)).toBe(true)
})

test("what the service will not take is not sent again and again", async () => {
    for (const [refused, kind] of [
        [{ status: 413, type: "too-large" }, "too-large"],
        [{ status: 507, type: "no-room-for-files" }, "no-room"],
        [{ status: 404, type: "not-found" }, "refused"],
        [{ status: 409, type: "attachment-exists" }, "refused"],
        [{ status: 422, type: "not-an-envelope" }, "refused"],
    ] as const) {
        const [service, asked] = await sending({ POST: [refused] })

        expect(await failureOf(upload(new Blob([SEALED]), asked))).toBe(kind)
        expect(service.asked).toHaveLength(1)
        service.stop()
    }
})

test("when the network stays away it fails, and a later try goes on", async () => {
    const away: Mishap[] = [{ cut: 1 }, { cut: 1 }, { cut: 1 }, { cut: 1 }]
    const [service, asked, addresses] = await sending({ PATCH: [{ cut: 600_000 }, ...away], HEAD: [...away] })
    const blob = new Blob([SEALED])
    expect(await failureOf(upload(blob, asked))).toBe("unreachable")

    const [address = null] = addresses
    await upload(blob, { ...asked, address, pausesMs: [0, 0, 0, 0, 0, 0] })

    expect(service.whole?.equals(SEALED)).toBe(true)
    expect(service.asked.filter(({ method }) => method === "POST")).toHaveLength(1)
})

test("an upload that the service has forgotten is begun anew", async () => {
    const [service, asked] = await sending()

    await upload(new Blob([SEALED]), { ...asked, address: `${asked.server}/v1/uploads/${"f".repeat(32)}` })

    expect(service.whole?.equals(SEALED)).toBe(true)
})

test("the token goes to no address but the service's", async () => {
    const [service, asked] = await sending({ POST: ["lead elsewhere"] })

    await expect(upload(new Blob([SEALED]), asked)).rejects.toMatchObject({ kind: "refused", reason: "address" })

    expect(service.asked).toHaveLength(1)
})

test("it stops when it is cancelled", async () => {
    const [service, asked] = await sending()
    const control = new AbortController()
    const progress = (done: number) => {
        if (done > 0) control.abort()
    }

    expect(await failureOf(upload(new Blob([SEALED]), { ...asked, progress, cancel: control.signal }))).toBe(
        "cancelled",
    )
    const before = service.asked.length
    await new Promise((resolve) => setTimeout(resolve, 100))

    expect(service.asked.length).toBe(before)
    expect(await failureOf(upload(new Blob([SEALED]), { ...asked, cancel: control.signal }))).toBe("cancelled")
})
