// Writes a Brotli copy beside each file that is named on its input, where it saves a tenth at least.

import { readFileSync, writeFileSync } from "node:fs"
import { brotliCompressSync, constants } from "node:zlib"

for (const path of readFileSync(0, "utf8").split("\n").filter(Boolean)) {
    const content = readFileSync(path)
    const params = { [constants.BROTLI_PARAM_QUALITY]: 11, [constants.BROTLI_PARAM_SIZE_HINT]: content.length }
    const compressed = brotliCompressSync(content, { params })
    if (compressed.length < 0.9 * content.length) writeFileSync(`${path}.br`, compressed)
}
