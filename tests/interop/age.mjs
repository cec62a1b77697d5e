// Seals or opens standard input with npm's age-encryption, as its JSON argument says:
// {"task": "seal" | "open" | "recipient_of", and what the task needs of the fields below}.
import { Decrypter, Encrypter, armor, identityToRecipient } from "age-encryption"
import { readFileSync } from "node:fs"

const wanted = JSON.parse(process.argv[2])

async function seal(plaintext) {
    const encrypter = new Encrypter()
    if (wanted.work_factor) encrypter.setScryptWorkFactor(wanted.work_factor)
    if (wanted.passphrase) encrypter.setPassphrase(wanted.passphrase)
    for (const recipient of wanted.recipients ?? []) encrypter.addRecipient(recipient)
    const file = await encrypter.encrypt(plaintext)
    return wanted.armored ? armor.encode(file) : file
}

async function open(file) {
    const decrypter = new Decrypter()
    if (wanted.passphrase) decrypter.addPassphrase(wanted.passphrase)
    for (const identity of wanted.identities ?? []) decrypter.addIdentity(identity)
    return decrypter.decrypt(wanted.armored ? armor.decode(file.toString("latin1")) : file)
}

const input = () => readFileSync(0)
const tasks = {
    seal: () => seal(new Uint8Array(input())),
    open: () => open(input()),
    recipient_of: () => identityToRecipient(wanted.identity),
}
process.stdout.write(await tasks[wanted.task]())
