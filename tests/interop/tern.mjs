// Reads what Tern seals, signs and logs with nothing of Tern's: npm's age-encryption and node's crypto.
// Its argument is the directory of the vectors; it prints what it has read as JSON, and throws where something is wrong.
import { Decrypter, identityToRecipient } from "age-encryption"
import { strict as assert } from "node:assert"
import { createHash, createHmac, createPublicKey, hkdfSync, verify } from "node:crypto"
import { readFileSync } from "node:fs"

const vectors = (name) => JSON.parse(readFileSync(`${process.argv[2]}/${name}.json`, "utf8"))
const sha256 = (text) => createHash("sha256").update(text).digest("hex")

async function open(file, identity) {
    const decrypter = new Decrypter()
    decrypter.addIdentity(identity)
    return decrypter.decrypt(Buffer.from(file, "base64url"), "text")
}

function assertSigned(type, line, { key, sig }) {
    const publicKey = createPublicKey({ key: { kty: "OKP", crv: "Ed25519", x: key }, format: "jwk" })
    assert(verify(null, Buffer.from(`tern/v1/${type}\n${line}`), publicKey, Buffer.from(sig, "base64url")))
}

function assertSignedDocument(text) {
    const [line, proof] = text.split("\n")
    const { type } = JSON.parse(line)
    for (const signature of JSON.parse(proof).sigs) assertSigned(type, line, signature)
    return JSON.parse(line)
}

// A grant to a person, and the document that its key opens.
const { grant, first_grant, document } = vectors("sealed")
const [head, sigs, secret] = (await open(grant.file, grant.identity)).split("\n")
const header = head.replace("# tern-grant ", "")
assertSigned("grant", header, JSON.parse(sigs.replace("# sigs ", ""))[0])
assert.equal(sha256(await identityToRecipient(secret)), JSON.parse(header).recipient)
const case_ = assertSignedDocument(await open(document.file, secret))
assert.equal(case_.sealed_to, JSON.parse(header).recipient)

// A reporter's grant, which has no signature.
const first = (await open(first_grant.file, first_grant.identity)).split("\n")
assert.equal(first[1], "# sigs []")

// Something under the MAC of a thread.
const { asked, vectors: documents } = vectors("documents")
const [line, proof] = documents.find(({ name }) => name === "under a MAC").text.split("\n")
const mac = createHmac("sha256", Buffer.from(asked.thread_key, "base64url")).update(`tern/v1/thread-state\n${line}`)
assert.equal(mac.digest("base64url"), JSON.parse(proof).mac)

// The public log: its chain, its documents, its head.
const log = vectors("key_log")
let previous = null
for (const [index, line] of log.lines.entries()) {
    const entry = JSON.parse(line)
    assert.deepEqual([entry.n, entry.previous], [index + 1, previous])
    assertSignedDocument(entry.document)
    previous = sha256(line)
}
assert.equal(sha256(JSON.parse(log.lines[0]).document.split("\n")[0]), log.pin)
assert.equal(log.head.hash, previous)
assertSigned("key-log-head", log.head_line, log.head)
for (const certificate of vectors("organisation").certificates) assertSignedDocument(certificate)

// A key that was replaced asks which are in its place, and objects to them.
const { org, asked: question, objection } = vectors("objections")
assertSigned("replaced", JSON.stringify({ org, person: question.person }), question)
const { person, by_key, recipient, key, signature } = objection
assertSigned("objection", JSON.stringify({ org, person, recipient, key }), { key: by_key, sig: signature })

// Two manifests of the pages.
const manifest = vectors("manifest")
for (const [text, previous] of [[manifest.first, null], [manifest.second, sha256(manifest.first)]]) {
    const signed = assertSignedDocument(text)
    assert.equal(signed.previous, previous)
    assert.equal(signed.body.files["organisation.json"], sha256(manifest.organisation))
}

// What is derived from a receipt.
const hkdf = (secret, label) => Buffer.from(hkdfSync("sha256", secret, "", `tern/v1/${label}`, 32))
for (const each of vectors("receipt").vectors) {
    const secret = Buffer.from(each.secret, "hex")
    assert.equal(hkdf(secret, "mailbox-token").toString("base64url"), each.token)
    assert.equal(sha256(each.token), each.token_sha256)
    assert.equal(hkdf(secret, "thread-mac").toString("base64url"), each.thread_key)
    assert.equal(await identityToRecipient(each.identity), each.recipient)
}

process.stdout.write(JSON.stringify({ secret, body: case_.body, danger_now: JSON.parse(first[0].slice(13)).danger_now }))
