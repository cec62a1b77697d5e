// `age -d -i FILE`: opens standard input with the keys in FILE.
import { Decrypter } from "age-encryption"
import { readFileSync } from "node:fs"

const decrypter = new Decrypter()
const lines = readFileSync(process.argv[2], "utf8").split("\n")
for (const line of lines.filter((each) => each && !each.startsWith("#"))) decrypter.addIdentity(line)
process.stdout.on("error", () => process.exit(1)) // whoever reads has enough
process.stdout.write(await decrypter.decrypt(readFileSync(0)))
