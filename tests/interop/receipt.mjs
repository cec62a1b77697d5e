// Derives the keys of the receipts in a vector file with node's crypto and npm's age-encryption alone.
import { identityToRecipient } from "age-encryption"
import { strict as assert } from "node:assert"
import { hkdfSync } from "node:crypto"
import { readFileSync } from "node:fs"

const { receipts } = JSON.parse(readFileSync(process.argv[2], "utf8"))
for (const { secret, token, identity, recipient, thread_key } of receipts) {
    const derive = (label) =>
        Buffer.from(hkdfSync("sha256", Buffer.from(secret, "hex"), "", `tern/v1/${label}`, 32)).toString("base64url")
    assert.equal(derive("mailbox-token"), token)
    assert.equal(derive("thread-mac"), thread_key)
    assert.equal(await identityToRecipient(identity), recipient)
}
console.log(JSON.stringify({ receipts: receipts.length }))
