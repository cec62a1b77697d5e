import { defineConfig } from "vitest/config"

export default defineConfig({ test: { include: ["{protocol,reporter,pages}/**/*.test.ts"], environment: "node" } })
