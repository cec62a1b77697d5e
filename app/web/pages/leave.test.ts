import { expect, test } from "vitest"

import { Presses } from "./leave.ts"

test("three presses in a row leave", () => {
    const presses = new Presses()

    expect([0, 400, 900].map((time) => presses.enough(time))).toEqual([false, false, true])
})

test("presses that are far apart do not", () => {
    const presses = new Presses()

    expect([0, 2_000, 4_000, 6_000].map((time) => presses.enough(time))).toEqual([false, false, false, false])
})
