// Reads a report with nothing of Tern's: a chain of grants from a person's own identity, then the body.
// Standard input: {"identity", "grants": [base64url, …], "body": base64url}; prints each grant's header, the report's line 1.
import { Decrypter } from "age-encryption"
import { createPublicKey, verify } from "node:crypto"
import { readFileSync } from "node:fs"

const { identity, grants, body } = JSON.parse(readFileSync(0, "utf8"))
const open = (file, key) => {
    const decrypter = new Decrypter()
    decrypter.addIdentity(key)
    return decrypter.decrypt(Buffer.from(file, "base64url"), "text")
}
const holds = (line, { key, sig }) => {
    const publicKey = createPublicKey({ key: { kty: "OKP", crv: "Ed25519", x: key }, format: "jwk" })
    return verify(null, Buffer.from(`tern/v1/grant\n${line}`), publicKey, Buffer.from(sig, "base64url"))
}

let key = identity
const headers = []
for (const grant of grants) {
    const [head, sigs, secret] = (await open(grant, key)).split("\n")
    const line = head.slice("# tern-grant ".length)
    const signatures = JSON.parse(sigs.slice("# sigs ".length))
    headers.push({ ...JSON.parse(line), signed: signatures.map((each) => holds(line, each) && each.key) })
    key = secret
}
const report = JSON.parse((await open(body, key)).split("\n")[0])
process.stdout.write(JSON.stringify({ headers, report }))
