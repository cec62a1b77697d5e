import { defineConfig } from "vitest/config"

export default defineConfig({
    test: {
        include: ["{protocol,reporter,pages}/**/*.test.ts"],
        environment: "node",
        // Its modules have no extension or type by which Node would know that they are modules.
        server: { deps: { inline: ["tus-js-client"] } },
    },
})
