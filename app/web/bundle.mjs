// Bundles scripts and style into the directory that is the one argument; says in JSON which file became of which.

import { build } from "esbuild"
import { basename, join } from "node:path"

const [, , outdir] = process.argv
const LISTS = /^@scure\/bip39\/wordlists\/(?<name>.+)\.js$/

/** Bundle each entry into one file without chunks, so that a page's integrity covers all that it runs at once. */
async function bundle(entryPoints, plugins = []) {
    const { metafile } = await build({
        absWorkingDir: import.meta.dirname,
        entryPoints,
        outdir: join(outdir, "assets"),
        entryNames: "[name]-[hash]",
        bundle: true,
        minify: true,
        format: "esm",
        // The oldest that run modules in workers, which the client needs.
        target: ["es2020", "chrome87", "firefox114", "safari15"],
        charset: "utf8",
        legalComments: "linked",
        loader: { ".svg": "copy" },
        logLevel: "warning",
        metafile: true,
        plugins,
    })
    const outputs = Object.entries(metafile.outputs).filter(([, { entryPoint }]) => entryPoint)
    return Object.fromEntries(outputs.map(([path, { entryPoint }]) => [basename(entryPoint), basename(path)]))
}

// Ten lists of words, of which a page fetches the one that it needs.
const names = "english simplified-chinese traditional-chinese french spanish japanese korean italian portuguese czech"
const lists = await bundle(names.split(" ").map((name) => `@scure/bip39/wordlists/${name}.js`))
const fetched = {
    name: "word lists are fetched when they are needed",
    setup: ({ onResolve }) => {
        onResolve({ filter: LISTS }, ({ path }) => ({ path: `./${lists[basename(path)]}`, external: true }))
    },
}
const built = {
    ...lists,
    ...(await bundle(["pages/report.ts", "pages/mailbox.ts", "reporter/worker.ts"], [fetched])),
    ...(await bundle(["../site/style/reporter.css", "../site/style/icon.svg"])),
}
process.stdout.write(JSON.stringify(built))
